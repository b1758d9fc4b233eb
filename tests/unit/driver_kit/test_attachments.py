"""What a driver attaches is on its disk until the daemon has it, and is sent as it was."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labd.domain.blob import MAXIMUM_BLOB_BYTES, Blob
from labd.domain.capability import Capability, Slot
from labd.domain.command import Failed, Order, Succeeded
from labd.driver_kit import Context, DeviceError, Driver, action
from labd.driver_kit.attachments import Attachments
from labd.driver_kit.driver import INLINE_BYTES, carried_out
from labd.driver_kit.ledger import Ledger
from labd.driver_kit.results import reported
from labd.wire.messages import Fetch

AT = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)
CONTENT = b"pixels" * 1000


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    made = Ledger(tmp_path / "camera.sqlite")
    yield made
    made.close()


def names(ledger: Ledger) -> list[str]:
    return sorted(path.name for path in ledger.data.iterdir())


def ended(ledger: Ledger, command: str, *blobs: Blob) -> str:
    """The command has that outcome; its hash."""
    order = Order(command=command, run="r", step="s", attempt=1, instrument="camera", capability="shoot")
    ledger.begin(order, AT)
    ledger.finish(command, Succeeded(result={f"image_{i}": each.model_dump() for i, each in enumerate(blobs)}), AT)
    entry = ledger.find(command)
    assert entry is not None
    assert entry.ended is not None
    return entry.ended.content_hash


async def test_bytes_files_and_arrays_are_kept_under_their_hash(ledger: Ledger, tmp_path: Path) -> None:
    file = tmp_path / "scan.png"
    file.write_bytes(CONTENT)
    attachments = Attachments(ledger)
    of_bytes = await attachments.attach(CONTENT, "image/x-raw", "scan")
    of_file = await attachments.attach(file, "", "")
    of_array = await attachments.attach(np.arange(12.0).reshape(3, 4), "", "")
    assert of_bytes.sha256 == of_file.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (of_bytes.media_type, of_bytes.name, of_bytes.size_bytes) == ("image/x-raw", "scan", 6000)
    assert (of_file.media_type, of_file.name) == ("image/png", "scan.png")
    assert (of_array.media_type, of_array.name) == ("application/x-npy", "array.npy")
    assert file.read_bytes() == CONTENT
    assert np.load(ledger.data / of_array.sha256).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert names(ledger) == sorted([of_bytes.sha256, of_array.sha256])


async def test_a_part_is_what_is_there_and_nothing_where_nothing_is(ledger: Ledger) -> None:
    attachments = Attachments(ledger)
    blob = await attachments.attach(CONTENT, "", "")
    assert await attachments.part(Fetch(blob=blob.blob, offset=3, length=6)) == b"elspix"
    assert await attachments.part(Fetch(blob=blob.blob, offset=5998, length=100)) == b"ls"
    assert await attachments.part(Fetch(blob=f"sha256:{'0' * 64}", offset=0, length=100)) == b""


async def test_what_an_unacknowledged_outcome_needs_is_kept(ledger: Ledger) -> None:
    attachments = Attachments(ledger)
    first, both, lost = [await attachments.attach(each, "", "") for each in (b"first", b"both", b"lost")]
    one, two = ended(ledger, "c1", first, both), ended(ledger, "c2", both)
    attachments.prune()
    assert names(ledger) == sorted([first.sha256, both.sha256]), "what no outcome refers to goes"
    assert ledger.acknowledge("c1", one)
    attachments.prune()
    assert names(ledger) == [both.sha256]
    again = Attachments(ledger)
    assert ledger.acknowledge("c2", two)
    again.prune()
    assert names(ledger) == []
    assert lost.size_bytes == 4


async def test_what_cannot_be_kept_is_a_failed_measurement(ledger: Ledger, tmp_path: Path) -> None:
    attachments = Attachments(ledger)
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(MAXIMUM_BLOB_BYTES + 1)
    with pytest.raises(DeviceError, match="more than 100,000,000 bytes cannot be sent"):
        await attachments.attach(large, "", "")
    with pytest.raises(DeviceError, match="No such file"):
        await attachments.attach(tmp_path / "nothing", "", "")
    assert names(ledger) == []


class Camera(Driver):
    @action(results={"spectrum": Slot(type="array"), "small": Slot(type="array")})
    async def look(self, context: Context) -> dict[str, Any]:
        """Look."""
        return {"spectrum": np.zeros(INLINE_BYTES // 8 + 1), "small": np.zeros(3)}


async def test_a_large_array_is_attached_by_itself() -> None:
    outcome = reported(Camera.declaration.capabilities[0], await carried_out(Camera(), "look", Context(), {}))
    assert isinstance(outcome, Succeeded)
    assert outcome.result["small"] == [0.0, 0.0, 0.0]
    spectrum = Blob.model_validate(outcome.result["spectrum"])
    assert spectrum.name == "spectrum.npy"


@pytest.mark.parametrize("given", [None, "a.png", {"blob": "sha256:short", "size_bytes": 3}])
async def test_a_result_that_is_no_reference_is_none(given: object) -> None:
    shoot = Capability(name="shoot", results={"image": Slot(type="blob")})
    assert isinstance(reported(shoot, {"image": await Context().attach(b"x", name="a.png")}), Succeeded)
    assert isinstance(reported(shoot, {"image": given}), Failed)
