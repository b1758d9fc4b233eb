"""The sentences of `labd watch`, and which events concern a campaign."""

import pytest

from labd.cli.client import StreamedEvent
from labd.cli.watching import concerns, sentence

KEY = "01JD3Z0000000000000000000A"


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        (
            "trial_observed",
            {"trial": f"{KEY}.7", "outcomes": {"yield": {"mean": 71.234}}},
            "trial 7 observed: yield 71.23",
        ),
        ("campaign_paused", {"campaign": KEY, "by": "ada", "reason": "lunch"}, "campaign paused by ada: lunch"),
        (
            "command_finished",
            {"command": f"{KEY}.7.1.mix.2", "outcome": {"kind": "failed", "message": "stalled"}},
            "7.1.mix.2 failed: stalled",
        ),
        ("link_lost", {}, "link lost"),
    ],
)
def test_an_event_in_a_few_words(kind: str, data: dict[str, object], says: str) -> None:
    assert sentence(StreamedEvent(1, kind, data)) == says


@pytest.mark.parametrize(
    "data",
    [
        {"campaign": KEY},
        {"trial": f"{KEY}.1"},
        {"run": f"{KEY}.1.1"},
        {"command": f"{KEY}.1.1.mix.1"},
        {"order": {"run": f"{KEY}.1.1"}},
    ],
)
def test_the_ids_say_whose_an_event_is(data: dict[str, object]) -> None:
    assert concerns(StreamedEvent(1, "any", data), KEY)
    assert not concerns(StreamedEvent(1, "any", data), "01JD3Z0000000000000000000B")
    assert not concerns(StreamedEvent(1, "link_lost", {}), KEY)
