"""Pictures of many megabytes, from a true driver through a true broker into the store of a true daemon."""

import asyncio
import hashlib
import json
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from labd.domain.blob import Blob
from labd.mqtt import Arrived
from labd.orchestrator.fetching import CHUNK_BYTES, WINDOW
from tests.system.lab_process import LabProcess, journal
from tests.system.mqtt_client import Client, client

MEGABYTE = 1_000_000
WORKCELL = """
workcell: studio
roles:
  camera:
    capabilities:
      shoot:
        arguments: {{size: {{type: integer}}, number: {{type: integer, low: 0}}}}
        results: {{picture: {{type: blob}}, sharpness: {{}}}}
        recovery: repeat
instruments:
{cameras}
"""
CAMERA = "  {name}:\n    roles: [camera]\n    driver: {{type: camera:Camera}}\n"
PROTOCOL = """
protocol: portrait
workcell: studio
parameters:
  light: {{type: continuous, low: 0, high: 1}}
steps:
  shoot: {{role: camera, capability: shoot, arguments: {{size: {size}, number: 7}}}}
outcomes:
  sharpness: {{}}
analysis:
  - {{function: value, inputs: {{measurements: shoot.sharpness}}, outcomes: {{sharpness: value}}}}
objectives:
  - maximise: sharpness
stopping: {{trials: {trials}}}
planner: {{initial: {trials}, parallel: {trials}}}
"""


def studio(directory: Path, size: int, cameras: int = 1) -> str:
    """Put a studio into a directory; the protocol that takes a picture with each of its cameras."""
    names = [f"camera_{i}" for i in range(1, cameras + 1)]
    made = WORKCELL.format(cameras="".join(CAMERA.format(name=name) for name in names))
    (directory / "workcell.yaml").write_text(made, encoding="utf-8")
    shutil.copy(Path(__file__).with_name("camera.py"), directory / "camera.py")
    return PROTOCOL.format(size=size, trials=cameras)


def begin(lab: LabProcess, protocol: str) -> None:
    lab.post("campaigns", {"protocol": protocol, "start": True})


def finished(lab: LabProcess, count: int = 1) -> list[dict[str, Any]]:
    """The first so many outcomes."""
    found = []
    for event in lab.events():
        assert event["kind"] not in ("campaign_paused", "message_quarantined"), event
        if event["kind"] == "command_finished":
            found.append(event)
            if len(found) == count:
                return found
    raise AssertionError(f"the daemon ended after {found}")


def picture(event: dict[str, Any]) -> Blob:
    return Blob.model_validate(event["outcome"]["result"]["picture"])


def check_stored(directory: Path, blob: Blob, size: int) -> None:
    """The picture is in the store, once, as it was taken, and nowhere else."""
    content = random.Random(7).randbytes(size)
    assert (blob.sha256, blob.size_bytes) == (hashlib.sha256(content).hexdigest(), size)
    file = directory / ".labd" / "data" / blob.sha256[:2] / blob.sha256
    assert file.read_bytes() == content
    assert not list((directory / ".labd" / "data" / "partial").iterdir())


def taken_once(directory: Path) -> None:
    ended = [each for each in journal(directory) if each["kind"] == "command_finished"]
    issued = [each for each in journal(directory) if each["kind"] == "command_issued"]
    assert len(ended) == len(issued) == 1


class Ears:
    """Counts the bytes of data on the wire."""

    def __init__(self, it: Client) -> None:
        self._client = it
        self.heard = 0

    async def until(self, enough: int) -> None:
        while self.heard < enough:
            self._count(await self._client.next())

    def all(self) -> int:
        """How many bytes there were until now."""
        while (happened := self._client.waiting()) is not None:
            self._count(happened)
        return self.heard

    def _count(self, happened: object) -> None:
        if isinstance(happened, Arrived):
            self.heard += len(happened.payload)


@asynccontextmanager
async def ears(lab: LabProcess) -> AsyncIterator[Ears]:
    port = json.loads((lab.directory / ".labd" / "broker" / "broker.json").read_text())["port"]
    async with client(f"mqtt://127.0.0.1:{port}", "ears", "labd/1/studio/+/chunk/#") as it:
        yield Ears(it)


@pytest.mark.needs("mosquitto")
async def test_killed_in_the_midst_of_it_both_sides_go_on_where_they_were(tmp_path: Path) -> None:
    size = 20 * MEGABYTE
    protocol = studio(tmp_path, size)
    with LabProcess(tmp_path) as lab:
        async with ears(lab) as wire:
            await asyncio.to_thread(begin, lab, protocol)
            await wire.until(4 * MEGABYTE)
            (driver,) = lab.children("camera:Camera", "labd.driver_kit")
            driver.kill()
            await wire.until(10 * MEGABYTE)
            lab.kill()
            (partial,) = (tmp_path / ".labd" / "data" / "partial").iterdir()
            begun, here = partial.stat(), wire.all()
            assert not list((tmp_path / ".labd" / "data").glob("??/*"))
            assert here - 3 * WINDOW * CHUNK_BYTES <= begun.st_size < size
            await asyncio.to_thread(lab.start)
            (event,) = await asyncio.to_thread(finished, lab)
            check_stored(tmp_path, picture(event), size)
            taken_once(tmp_path)
            # It grew on from there: it is the same file. The ears may have lost the broker, and so some of it.
            assert (tmp_path / ".labd" / "data" / partial.name[:2] / partial.name).stat().st_ino == begun.st_ino
            assert wire.all() <= here + size - begun.st_size + WINDOW * CHUNK_BYTES


@pytest.mark.needs("mosquitto")
def test_a_full_disk_acknowledges_nothing_and_goes_on_by_itself(tmp_path: Path) -> None:
    size = 9 * MEGABYTE
    protocol = studio(tmp_path, size)
    with LabProcess(tmp_path) as lab:
        daemon = psutil.Process(lab.pid)
        unlimited = daemon.rlimit(psutil.RLIMIT_FSIZE)
        daemon.rlimit(psutil.RLIMIT_FSIZE, (5 * MEGABYTE, unlimited[1]))
        begin(lab, protocol)
        assert "File too large" in lab.logged("store_takes_nothing")["reason"]
        assert "Large results cannot be written" in lab.get("now")["laboratory"]["trouble"]
        assert not [each for each in journal(tmp_path) if each["kind"] == "command_finished"]
        daemon.rlimit(psutil.RLIMIT_FSIZE, unlimited)
        (event,) = finished(lab)
        check_stored(tmp_path, picture(event), size)
        taken_once(tmp_path)
        assert lab.get("now")["laboratory"]["trouble"] == ""


@pytest.mark.soak
@pytest.mark.needs("mosquitto")
def test_a_hundred_megabytes_arrive_as_they_are(tmp_path: Path) -> None:
    size = 100 * MEGABYTE
    protocol = studio(tmp_path, size)
    with LabProcess(tmp_path) as lab:
        begin(lab, protocol)
        (event,) = finished(lab)
        check_stored(tmp_path, picture(event), size)


def test_some_megabytes_over_the_slow_broker_and_what_is_made_of_them(tmp_path: Path) -> None:
    size = 2 * MEGABYTE
    protocol = studio(tmp_path, size)
    with LabProcess(tmp_path, "--broker", "amqtt") as lab:
        begin(lab, protocol)
        (event,) = finished(lab)
        blob = picture(event)
        check_stored(tmp_path, blob, size)
        (listed,) = lab.get("data?campaign=portrait")["data"]
        assert (listed["trial"], listed["step"], listed["result"]) == (1, "shoot", "picture")
        assert (listed["sha256"], listed["name"], listed["size_bytes"]) == (blob.sha256, "picture-7.raw", size)
        (trial,) = lab.get("campaigns/portrait")["trials"]
        assert trial["data"][0]["url"] == f"/api/v1/data/{blob.sha256}"
        _look_at_it_over_http(f"{lab.url}{trial['data'][0]['url']}", blob, size)
        _look_at_it_by_command(tmp_path, blob, size)


def _look_at_it_over_http(url: str, blob: Blob, size: int) -> None:
    content = random.Random(7).randbytes(size)
    whole = httpx.get(url)
    assert whole.content == content
    assert whole.headers["content-type"] == "image/x-raw"
    assert whole.headers["content-disposition"] == 'attachment; filename="picture-7.raw"'
    assert "sandbox" in whole.headers["content-security-policy"]
    part = httpx.get(url, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, content[1000:2000])
    assert httpx.get(url, headers={"If-None-Match": f'"{blob.sha256}"'}).status_code == 304
    assert httpx.get(url[:-64] + "0" * 64).status_code == 404
    assert httpx.get(url[:-64] + "..%2F..%2Flab.sqlite").status_code in (404, 422)


def labd(lab: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "labd.cli", "data", *words, "--lab", str(lab)]
    return subprocess.run(command, cwd=lab, capture_output=True, text=True, check=False)


def _look_at_it_by_command(lab: Path, blob: Blob, size: int) -> None:
    assert "picture-7.raw" in labd(lab, "list").stdout
    assert labd(lab, "get", blob.sha256[:10]).returncode == 0
    assert (lab / "picture-7.raw").read_bytes() == random.Random(7).randbytes(size)
    assert "is there already" in labd(lab, "get", blob.sha256[:10]).stderr
    assert labd(lab, "get", "abc").returncode == 2
    assert "1 file as they were, 0 changed." in labd(lab, "verify").stdout
    file = lab / ".labd" / "data" / blob.sha256[:2] / blob.sha256
    file.chmod(0o644)
    file.write_bytes(b"?")
    assert (done := labd(lab, "verify")).returncode == 1
    assert f"changed  {blob.sha256}" in done.stdout
    file.unlink()
    assert f"missing  {blob.sha256}" in labd(lab, "verify").stdout
