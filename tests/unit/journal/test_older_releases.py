"""What an older release has written is read: every event, and the laboratory that it comes to."""

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from labd.adapters.journal.upgrades import UPGRADES, upgraded
from labd.domain.events import CampaignFinished, Event, SuggestionsRequested
from labd.domain.problem import Goal, PlannerSettings
from labd.lifecycles import Laboratory, evolve
from labd.lifecycles.asked_again import answered
from labd.lifecycles.trial import TrialStatus
from labd.lifecycles.turns import PLANNER

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
BEFORE_GOALS = Path(__file__).parent / "older" / "before_goals.jsonl"
"""Written before there were limits, proposers, earlier campaigns and rules of stopping: four trials, one of them a
person's, an edit, an observation from elsewhere."""


@pytest.fixture
def events() -> list[Event]:
    lines = BEFORE_GOALS.read_text(encoding="utf-8").splitlines()
    assert not any(word in line for line in lines for word in ("proposer", '"earlier"', "improvement"))
    payloads = map(json.loads, lines)
    return [EVENT.validate_python(upgraded(each["kind"], 1, each, UPGRADES)) for each in payloads]


def test_a_journal_of_before_comes_to_the_same_campaign(events: list[Event]) -> None:
    state = Laboratory()
    for event in events:
        state = evolve(state, event)
    campaign = state.campaigns["C"]
    assert (campaign.status, campaign.trials, len(campaign.observations), campaign.told) == ("finished", 4, 5, 1)
    assert {each.status for each in state.trials_of("C")} == {TrialStatus.OBSERVED}
    assert {each.suggestion.proposer for each in state.trials_of("C")} == {"planner"}
    assert campaign.best is not None
    assert campaign.best.outcomes["signal"].mean == 0.6
    problem = campaign.protocol.problem
    assert (problem.limits, problem.earlier, problem.context, campaign.earlier) == ((), (), {}, ())
    assert problem.settings == PlannerSettings(parallel=2)
    assert (problem.objectives[0].goal, problem.objectives[0].target) == (Goal.MAXIMISE, 3.0)
    assert campaign.proposers == (PLANNER,)


def test_what_was_not_said_then_is_as_it_was(events: list[Event]) -> None:
    assert {each.proposer for each in events if isinstance(each, SuggestionsRequested)} == {"planner"}
    assert [each.rule for each in events if isinstance(each, CampaignFinished)] == [None]


def test_its_questions_can_be_asked_again(events: list[Event]) -> None:
    found = [each for key, each in answered(events) if key == "C"]
    assert [len(each.suggestions) for each in found] == [2, 1]
    assert all(each.is_repeatable for each in found)
    assert len(found[1].question.observations) == 1
    assert len(found[1].question.pending) == 1
