"""Whatever arrives: the daemon stays up, works on, and keeps it with its reason for a person."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from labd.domain.command import Succeeded
from labd.wire.messages import MAXIMUM_BYTES, Report, State, content_hash
from labd.wire.topics import topic
from tests.system.lab_process import LabProcess, furnish, journal
from tests.system.mqtt_client import client

WORKCELL = "flow_bench"


def on(instrument: str, leaf: str) -> str:
    return topic(WORKCELL, instrument, leaf)


ITS_OWN = "the session of this instrument's driver"


def as_its_driver(lab: LabProcess, where: str, payload: bytes) -> bytes:
    """The payload with the session that the instrument was born in, which everybody can overhear."""
    if ITS_OWN.encode() not in payload:
        return payload
    born = {
        each["instrument"]: each["descriptor"]["session"] for each in journal(lab.directory) if "descriptor" in each
    }
    return payload.replace(ITS_OWN.encode(), born.get(where.split("/")[3], "").encode())


def final_report(command: str, result: str, digest: str | None = None, session: str = ITS_OWN) -> bytes:
    """A report as an instrument would send it, of any result."""
    outcome = Succeeded.model_validate_json(f'{{"result": {result}}}')
    report = Report(
        command=command,
        session=session,
        sequence=1,
        device_time=datetime.now(UTC),
        content_hash=content_hash(command, outcome) if digest is None else digest,
    )
    # By hand: pydantic would write null for what is no number.
    return json.dumps({**report.model_dump(mode="json"), "outcome": outcome.model_dump()}).encode()


def descriptor_of(instrument: str) -> bytes:
    return json.dumps({"descriptor": {"instrument": instrument, "session": "S9"}}).encode()


def state(**more: object) -> bytes:
    return json.dumps({"session": "S9", "sequence": 1, "status": "idle", **more}).encode()


BAD: list[tuple[str, str, bytes, str]] = [
    ("rubbish", on("hplc_1", "state"), bytes(range(256)), "Invalid JSON"),
    ("no JSON", on("hplc_1", "report"), b"<report>done</report>", "Invalid JSON"),
    ("half a JSON", on("hplc_1", "report"), b'{"command": "C.1.1.mix.1", "session"', "Invalid JSON"),
    ("another JSON", on("hplc_1", "answer"), b"[1, 2, 3]", "Input should be an object"),
    ("a number", on("hplc_1", "answer"), b"42", "Input should be an object"),
    ("unknown keys", on("hplc_1", "state"), state(mood="grumpy"), "mood: Extra inputs are not permitted"),
    ("missing keys", on("hplc_1", "state"), b'{"status": "idle"}', "Field required (and 1 more)"),
    ("an unknown status", on("hplc_1", "state"), state(status="sleepy"), "status: Input should be 'idle'"),
    ("a negative count", on("hplc_1", "state"), state(sequence=-1), "greater than or equal to 0"),
    ("ten megabytes", on("hplc_1", "report"), b"x" * 10_000_000, f"more than the {MAXIMUM_BYTES}"),
    ("too deep", on("hplc_1", "report"), b'{"outcome":' * 5000, "recursion limit"),
    ("a command that never was", on("hplc_1", "report"), final_report("C.9.9.measure.1", "{}"), "was ever issued"),
    ("a hash that lies", on("hplc_1", "report"), final_report("C.9.9.measure.2", "{}", "0" * 64), "does not fit"),
    ("nobody's session", on("hplc_1", "report"), final_report("C.9.9.measure.3", "{}", session="S9"), "who speaks"),
    ("another's name", on("hplc_1", "descriptor"), descriptor_of("reactor_1"), "is of 'reactor_1' and came as"),
    ("a stranger", on("toaster", "state"), state(), "the workcell has no instrument 'toaster'"),
    ("no name", on("HPLC one!", "state"), state(), "is no name of an instrument"),
]
UNHEARD = [
    ("labd/1/other_bench/hplc_1/state", state(status="error")),
    (on("hplc_1", "reports"), b"{}"),
    (on("hplc_1", "command"), b"{}"),
    ("labd/2/flow_bench/hplc_1/state", state(status="error")),
    ("nonsense", b"\x00"),
]


def say(lab: LabProcess, messages: list[tuple[str, bytes]]) -> None:
    """Publish all of these as one client."""
    broker = json.loads((lab.directory / ".labd" / "broker" / "broker.json").read_text())

    async def publish() -> None:
        async with client(f"mqtt://127.0.0.1:{broker['port']}", "somebody") as it:
            for where, payload in messages:
                assert await it.publish(where, as_its_driver(lab, where, payload))

    asyncio.run(publish())


def until_idle(lab: LabProcess) -> None:
    """Until every instrument is heard."""
    here = set()
    for event in lab.events():
        if event["kind"] == "instrument_state_reported" and event["status"] == "idle":
            here.add(event["instrument"])
        if len(here) == 4:
            return


def until(lab: LabProcess, kind: str, count: int = 1, after: int = 0) -> list[Mapping[str, object]]:
    """The first so many events of a kind."""
    found: list[Mapping[str, object]] = []
    for event in lab.events(after):
        assert event["kind"] != "campaign_paused", event
        if event["kind"] == kind:
            found.append(event)
            if len(found) == count:
                break
    assert len(found) == count
    return found


@pytest.mark.needs("mosquitto")
def test_bad_messages_are_kept_with_their_reasons_and_the_work_goes_on(tmp_path: Path) -> None:
    protocol = furnish(tmp_path, speed=1000.0, seed=2, trials=4)
    with LabProcess(tmp_path) as lab:
        until_idle(lab)
        daemon = psutil.Process(lab.pid)
        say(lab, UNHEARD)
        say(lab, [(where, payload) for _, where, payload, _ in BAD])
        kept = until(lab, "message_quarantined", len(BAD))
        for name, where, payload, reason in BAD:  # each speaker's in its order, and the speakers in turn
            rewritten = "hplc_1" not in where or b'"sequence": 1, "device_time"' in payload
            assert [
                it
                for it in kept
                if reason in str(it["reason"])
                and str(it["topic"]) in where
                and (rewritten or it["size_bytes"] == len(payload))
            ], name
        assert all(len(str(it["excerpt"])) <= 65_536 for it in kept)

        body = {"protocol": protocol.read_text(), "file": protocol.name, "seed": 1, "start": True, "by": "test"}
        key = lab.post("campaigns", body)["id"]
        until(lab, "campaign_finished")
        final = lab.get(f"campaigns/{key}")["campaign"]
        assert (final["status"], final["observed"]) == ("finished", 4)

        now = lab.get("now")
        assert now["laboratory"]["quarantined"] == len(BAD)
        assert [each["reason"] for each in now["quarantine"]] == [each["reason"] for each in reversed(kept)]
        assert {each["status"] for each in now["instruments"]} == {"idle"}
        assert daemon.is_running()
        assert lab.pid == daemon.pid
    on_disk = [each for each in journal(tmp_path) if each["kind"] == "message_quarantined"]
    assert [each["reason"] for each in on_disk] == [each["reason"] for each in kept]
    assert len([each for each in journal(tmp_path) if each["kind"] == "daemon_started"]) == 1


@pytest.mark.needs("mosquitto")
def test_a_result_that_is_no_number_is_a_failed_measurement_and_never_zero(tmp_path: Path) -> None:
    protocol = furnish(tmp_path, speed=1000.0, seed=2, trials=2)
    with LabProcess(tmp_path) as lab:
        until_idle(lab)
        (pump,) = lab.children("labd.driver_kit", "pump_station:")
        pump.suspend()  # the true driver says nothing, until the false report is taken
        try:
            body = {"protocol": protocol.read_text(), "file": protocol.name, "seed": 1, "start": True, "by": "test"}
            key = lab.post("campaigns", body)["id"]
            (issued,) = until(lab, "command_issued")
            order = issued["order"]
            assert isinstance(order, dict)
            assert order["instrument"] == "pump_station"
            say(lab, [(on("pump_station", "report"), final_report(order["command"], '{"loading": NaN}'))])
            (kept,) = until(lab, "message_quarantined")
            assert kept["reason"] == "loading is not a number"
            (finished,) = until(lab, "command_finished")
            assert finished["command"] == order["command"]
            assert finished["outcome"] == {
                "kind": "failed",
                "failure": "validation",
                "message": "loading is not a number",
            }
        finally:
            pump.resume()
        until(lab, "campaign_finished")
        assert lab.get(f"campaigns/{key}")["campaign"]["observed"] == 2
    events = journal(tmp_path)
    commands = [each["order"]["command"] for each in events if each["kind"] == "command_issued"]
    assert f"{order['run']}.prepare.2" in commands, "the step is ordered again, under a new attempt"
    finals = [each["command"] for each in events if each["kind"] == "command_finished"]
    assert sorted(finals) == sorted(commands)
    contradictions = [each["reason"] for each in events if each["kind"] == "message_quarantined"][1:]
    assert set(contradictions) == {"another outcome of this command is recorded already"}


def test_the_states_here_are_good_but_for_what_is_said_to_be_wrong() -> None:
    assert State.model_validate_json(state()).status == "idle"
