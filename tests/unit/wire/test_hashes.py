"""Content hashes cover the JSON: what an older driver says keeps its hash, whatever this release has added."""

import hashlib
import json

import pytest

from labd.wire.messages import Report, content_hash

OLDER = {
    "succeeded": {"kind": "succeeded", "result": {"volume": 1.0}},
    "failed": {"kind": "failed", "failure": "defined", "message": "stalled"},
    "refused": {"kind": "refused", "message": "busy"},
    "unknown": {"kind": "unknown", "message": "died in the middle"},
}
"""Outcomes as protocol 1.0 has them."""


def by_hand(outcome: object) -> str:
    """The hash as a driver that knows nothing of labd's models works it out."""
    said = {"command": "C.1.1.mix.1", "outcome": outcome}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@pytest.mark.parametrize("kind", OLDER)
def test_an_outcome_of_protocol_1_0_has_the_hash_that_its_driver_gave_it(kind: str) -> None:
    said = {
        "command": "C.1.1.mix.1",
        "session": "S1",
        "sequence": 3,
        "device_time": "2026-01-05T08:00:00Z",
        "outcome": OLDER[kind],
        "content_hash": by_hand(OLDER[kind]),
    }
    report = Report.model_validate(said)
    assert report.outcome is not None
    assert content_hash(report.command, report.outcome) == report.content_hash


def test_a_reason_that_is_said_is_covered() -> None:
    refused = {"kind": "refused", "message": "locked", "reason": "not_ready"}
    report = Report.model_validate(
        {
            "command": "C.1.1.mix.1",
            "session": "S1",
            "sequence": 3,
            "device_time": "2026-01-05T08:00:00Z",
            "outcome": refused,
        }
    )
    assert report.outcome is not None
    assert content_hash("C.1.1.mix.1", report.outcome) == by_hand(refused)
