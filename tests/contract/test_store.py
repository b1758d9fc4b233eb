"""One suite for the store of large results: files, and memory."""

import errno
import hashlib
import os
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labd.adapters.store import FileStore
from labd.domain.errors import InvalidInput, NotFound, Unavailable
from labd.ports.store import Store
from labd.simulation.store import SimulatedStore

CONTENT = bytes(range(256)) * 40
NAME = hashlib.sha256(CONTENT).hexdigest()
EMPTY = hashlib.sha256(b"").hexdigest()


class Shelf:
    """A store, its restart, and its full disk."""

    def __init__(self, kind: str, directory: Path) -> None:
        self._directory = directory
        self._simulated = SimulatedStore() if kind == "memory" else None
        self.store: Store = self._simulated or FileStore(directory)

    def restart(self) -> None:
        if self._simulated is None:
            self.store = FileStore(self._directory)

    @contextmanager
    def full(self) -> Iterator[None]:
        """No file may grow beyond 4000 bytes."""
        if self._simulated is not None:
            self._simulated.full = True
            yield
            self._simulated.full = False
            return
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def content(self, name: str = NAME) -> bytes:
        with self.store.open(name) as file:
            return file.read()


@pytest.fixture(params=["files", "memory"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return Shelf(request.param, tmp_path / "data")


async def test_parts_become_a_whole(shelf: Shelf) -> None:
    assert (shelf.store.has(NAME), await shelf.store.begun(NAME)) == (False, 0)
    for offset in range(0, len(CONTENT), 3000):
        here = await shelf.store.append(NAME, offset, CONTENT[offset : offset + 3000])
        assert here == await shelf.store.begun(NAME) == min(offset + 3000, len(CONTENT))
    assert not shelf.store.has(NAME)
    assert await shelf.store.keep(NAME)
    assert (shelf.store.has(NAME), await shelf.store.begun(NAME)) == (True, 0)
    assert shelf.content() == CONTENT


async def test_the_empty_content_is_a_content(shelf: Shelf) -> None:
    assert await shelf.store.keep(EMPTY)
    assert shelf.content(EMPTY) == b""


async def test_only_the_next_part_is_taken(shelf: Shelf) -> None:
    assert await shelf.store.append(NAME, 5, b"later") == 0
    assert await shelf.store.append(NAME, 0, CONTENT[:10]) == 10
    assert await shelf.store.append(NAME, 0, b"again") == 10
    assert await shelf.store.append(NAME, 10, CONTENT[10:]) == len(CONTENT)
    assert await shelf.store.keep(NAME)


async def test_other_content_than_the_name_says_is_thrown_away(shelf: Shelf) -> None:
    await shelf.store.append(NAME, 0, b"something else")
    assert not await shelf.store.keep(NAME)
    assert (shelf.store.has(NAME), await shelf.store.begun(NAME)) == (False, 0)


async def test_what_is_whole_is_never_written_again(shelf: Shelf) -> None:
    await shelf.store.append(NAME, 0, CONTENT)
    assert await shelf.store.keep(NAME)
    await shelf.store.append(NAME, 0, b"something else")
    await shelf.store.append(NAME, len(CONTENT), b"and more")
    assert await shelf.store.keep(NAME)
    assert shelf.content() == CONTENT


async def test_a_restart_goes_on_behind_what_is_here(shelf: Shelf) -> None:
    await shelf.store.append(NAME, 0, CONTENT[:700])
    shelf.restart()
    assert await shelf.store.begun(NAME) == 700
    await shelf.store.append(NAME, 700, CONTENT[700:])
    assert await shelf.store.keep(NAME)
    shelf.restart()
    assert shelf.content() == CONTENT


async def test_a_full_disk_takes_nothing_and_more_later(shelf: Shelf) -> None:
    await shelf.store.append(NAME, 0, CONTENT[:3000])
    with shelf.full():
        with pytest.raises(Unavailable, match="cannot be written"):
            await shelf.store.append(NAME, 3000, CONTENT[3000:])
        assert await shelf.store.begun(NAME) == 3000
    await shelf.store.append(NAME, 3000, CONTENT[3000:])
    assert await shelf.store.keep(NAME)
    assert shelf.content() == CONTENT


async def test_what_is_not_here_is_not_found(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        shelf.store.open(NAME)


# --- files alone


async def _filled(directory: Path) -> FileStore:
    store = FileStore(directory)
    await store.append(NAME, 0, CONTENT)
    assert await store.keep(NAME)
    return store


async def test_a_file_is_read_only_and_under_its_hash(tmp_path: Path) -> None:
    store = await _filled(tmp_path)
    file = tmp_path / NAME[:2] / NAME
    assert store.path(NAME) == file
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
    assert list(store.names()) == [NAME]
    assert not list((tmp_path / "partial").iterdir())


async def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    store = await _filled(tmp_path)
    assert store.is_intact(NAME)
    file = store.path(NAME)
    file.chmod(0o644)
    file.write_bytes(CONTENT[:-1] + b"?")
    assert not store.is_intact(NAME)


@pytest.mark.parametrize("name", ["", "ab", "../" + NAME, NAME.upper(), NAME + "0"])
def test_a_name_that_is_no_hash_leads_nowhere(tmp_path: Path, name: str) -> None:
    calls: list[Callable[[str], object]] = [FileStore(tmp_path).has, FileStore(tmp_path).open]
    for call in calls:
        with pytest.raises(InvalidInput):
            call(name)


async def test_a_part_that_was_written_in_half_before_a_crash_goes_on(tmp_path: Path) -> None:
    """What a kill leaves may end anywhere."""
    (tmp_path / "partial").mkdir(parents=True)
    (tmp_path / "partial" / NAME).write_bytes(CONTENT[:1234])
    store = FileStore(tmp_path)
    assert await store.begun(NAME) == 1234
    await store.append(NAME, 1234, CONTENT[1234:])
    assert await store.keep(NAME)


async def test_why_the_disk_refuses_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the directory should be")
    with pytest.raises(Unavailable, match=os.strerror(errno.ENOTDIR)):
        await FileStore(tmp_path / "data").append(NAME, 0, b"x")
