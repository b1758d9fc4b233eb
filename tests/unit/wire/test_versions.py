"""Speakers of other versions: what is ignored, what is not, and what a person is told."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from labd.domain.errors import InvalidInput
from labd.wire.decoding import Reader
from labd.wire.messages import Birth, Command, Heartbeat, State
from labd.wire.topics import PROTOCOL
from labd.wire.versions import validated

PUMP = "labd/1/room/pump"
LATER = "1.99"
OLDER_BIRTH = {"descriptor": {"instrument": "pump", "session": "S1"}}
STATE = {"session": "S1", "sequence": 1, "status": "idle"}
ORDER = {"command": "c", "run": "r", "step": "s", "attempt": 1, "instrument": "pump", "capability": "dose"}


def read(reader: Reader, leaf: str, said: dict[str, Any]) -> object:
    return reader.read(f"{PUMP}/{leaf}", json.dumps(said).encode())[1]


def test_a_driver_of_protocol_1_0_is_understood() -> None:
    reader = Reader()
    birth = read(reader, "descriptor", OLDER_BIRTH)
    assert isinstance(birth, Birth)
    assert (birth.protocol, birth.epoch, birth.ledger) == ("1.0", 0, "")
    state = read(reader, "state", STATE)
    assert isinstance(state, State)
    assert (state.stop, state.lock) == ("", "")


def test_what_a_newer_driver_adds_is_ignored_once_it_is_born() -> None:
    reader = Reader()
    with pytest.raises(InvalidInput, match="mood: Extra inputs"):
        read(reader, "state", STATE | {"mood": "fine"})
    read(reader, "descriptor", OLDER_BIRTH | {"protocol": LATER, "colour": "green"})
    assert read(reader, "state", STATE | {"mood": "fine"}) == State.model_validate(STATE)
    with pytest.raises(InvalidInput, match="status: Input should be"):
        read(reader, "state", STATE | {"status": "elsewhere"})


@pytest.mark.parametrize("protocol", ["1.0", PROTOCOL])
def test_what_an_equal_or_older_driver_adds_is_rubbish(protocol: str) -> None:
    reader = Reader()
    with pytest.raises(InvalidInput, match="colour: Extra inputs"):
        read(reader, "descriptor", OLDER_BIRTH | {"protocol": protocol, "colour": "green"})
    read(reader, "descriptor", OLDER_BIRTH | {"protocol": protocol})
    with pytest.raises(InvalidInput, match="mood: Extra inputs"):
        read(reader, "state", STATE | {"mood": "fine"})


def test_one_that_was_upgraded_and_downgraded_again_is_read_as_what_it_is() -> None:
    reader = Reader()
    read(reader, "descriptor", OLDER_BIRTH | {"protocol": LATER})
    read(reader, "descriptor", OLDER_BIRTH)
    with pytest.raises(InvalidInput, match="mood: Extra inputs"):
        read(reader, "state", STATE | {"mood": "fine"})


def test_an_outcome_has_no_unknown_keys_whoever_reports_it() -> None:
    reader = Reader()
    read(reader, "descriptor", OLDER_BIRTH | {"protocol": LATER})
    report = {"command": "c", "session": "S1", "sequence": 2, "device_time": "2026-01-05T08:00:00Z"}
    outcome = {"kind": "succeeded", "result": {}}
    read(reader, "report", report | {"outcome": outcome, "mood": "fine"})
    with pytest.raises(InvalidInput, match="mood: Extra inputs"):
        read(reader, "report", report | {"outcome": outcome | {"mood": "fine"}})


def test_a_driver_ignores_what_a_newer_daemon_adds_but_for_the_order() -> None:
    command = {"epoch": 1, "order": ORDER}
    later = json.dumps(command | {"priority": 3}).encode()
    assert validated(Command, later, LATER) == Command.model_validate(command)
    with pytest.raises(ValidationError):
        validated(Command, later, PROTOCOL)
    with pytest.raises(ValidationError):
        validated(Command, json.dumps({"epoch": 1, "order": ORDER | {"hold_s": 3}}).encode(), LATER)


def test_a_heartbeat_says_itself_what_it_speaks() -> None:
    beat = {"epoch": 1, "number": 1, "every_s": 5, "at": "2026-01-05T08:00:00Z"}
    later = beat | {"protocol": LATER, "mood": "fine"}
    assert validated(Heartbeat, json.dumps(later).encode()).protocol == LATER
    with pytest.raises(ValidationError):
        validated(Heartbeat, json.dumps(beat | {"protocol": PROTOCOL, "mood": "fine"}).encode())


def test_a_driver_of_another_major_version_is_named() -> None:
    with pytest.raises(InvalidInput, match="pump speaks labd/2"):
        Reader().read("labd/2/room/pump/descriptor", b"{}")
