"""Campaigns with the true planner: the same journal gives the same suggestions, bit for bit, in this process and in a
fresh one; and a campaign of which nothing more is to be expected ends."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from labd.domain import edits
from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.problem import Categorical, Continuous, Limit, PlannerSettings, Share
from labd.domain.protocol import OutcomeSpec, Protocol, Stopping
from labd.lifecycles.asked_again import answered
from labd.planning import suggest
from tests.scenery import protocol
from tests.unit.lifecycles.room import Room

TRIALS = 11
EVENT: TypeAdapter[e.Event] = TypeAdapter(e.Event)
FRESH = """
import sys
from pydantic import TypeAdapter
from labd.domain.events import Event
from labd.lifecycles.asked_again import answered
from labd.planning import suggest
known = TypeAdapter(Event)
for _, each in answered(known.validate_json(line) for line in open(sys.argv[1], encoding="utf-8")):
    it = each.question
    again = suggest(it.problem, it.observations, it.pending, it.count, it.seed)
    for one in again:
        print(one.model_copy(update={"proposer": it.share.name}).model_dump_json())
"""


def mixed() -> Protocol:
    """A number and options, a limit, two proposers."""
    made = protocol(parallel=2, trials=TRIALS, runs=1)
    settings = PlannerSettings(
        parallel=2,
        initial=3,
        proposers=(Share(name="planner", kind="planner", share=4), Share(name="chance", kind="random", share=1)),
    )
    parameters = (Continuous(name="share", low=0, high=1), Categorical(name="base", options=("a", "b")))
    problem = made.problem.model_copy(update={"parameters": parameters, "settings": settings})
    return made.model_copy(update={"problem": problem, "outcomes": {"signal": OutcomeSpec()}})


class Planned(Room):
    """A room whose planner is the true one."""

    def answer(self) -> None:
        """Whoever is asked answers."""
        while self.mixing.request is not None:
            asked = [each for each in self.effects if isinstance(each, f.RequestSuggestions)][-1]
            made = suggest(asked.problem, asked.observations, asked.pending, asked.count, asked.seed)
            self.take(
                e.SuggestionsMade,
                campaign="C",
                request=asked.request,
                first=self.mixing.trials + 1,
                suggestions=tuple(each.model_copy(update={"proposer": asked.share.name}) for each in made),
            )


@pytest.fixture(scope="module")
def journal() -> list[str]:
    """A campaign that was edited, with a daemon that began anew between a question and its answer."""
    room = Planned()
    room.furnished()
    room.campaign(mixed())
    for number in range(1, TRIALS + 1):
        if number == 4:
            room.take(e.DaemonStarted, epoch=2, version="test")
            room.take(e.LinkConnected)
            room.furnished()
        if number == 6:
            limited = room.mixing.protocol.problem.model_copy(update={"limits": (Limit(outcome="signal", high=0.9),)})
            room.take(edits.CampaignEdited, campaign="C", by="ann", problem=limited)
        room.answer()
        point = room.trial(number).suggestion.parameters
        share = float(point["share"])
        room.observe(f"C.{number}.1", 1 - (share - 0.6) ** 2 - 0.2 * (point["base"] == "b"))
    assert room.status() == "finished"
    return [each.model_dump_json() for each in room.events]


def test_every_question_is_answered_the_same(journal: list[str]) -> None:
    asked = [each for _, each in answered(map(EVENT.validate_json, journal))]
    assert sum(len(each.suggestions) for each in asked) == TRIALS
    assert {each.suggestions[0].method.partition("-")[0] for each in asked} > {"random", "sobol"}, "a model spoke, too"
    for each in asked:
        it = each.question
        assert each.is_repeatable
        again = suggest(it.problem, it.observations, it.pending, it.count, it.seed)
        assert [one.model_copy(update={"proposer": it.share.name}) for one in again] == list(each.suggestions)


def test_so_does_a_fresh_process(journal: list[str], tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text("\n".join(journal), encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-c", FRESH, str(file)], capture_output=True, text=True, timeout=120, check=False
    )
    assert told.returncode == 0, told.stderr
    made = [each for _, each in answered(map(EVENT.validate_json, journal))]
    assert told.stdout.split("\n")[:-1] == [one.model_dump_json() for each in made for one in each.suggestions]


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_a_campaign_of_which_nothing_more_is_to_be_expected_ends(scale: float) -> None:
    made = protocol(parallel=1, runs=1)
    stopping = Stopping(trials=40, improvement_below=0.005 * scale, improvement_for=3)
    room = Planned()
    room.furnished()
    room.campaign(made.model_copy(update={"stopping": stopping}))
    while room.status() == "running":
        room.answer()
        number = room.mixing.trials
        if room.status() == "running":
            share = float(room.trial(number).suggestion.parameters["share"])
            room.observe(f"C.{number}.1", scale * (1 - (share - 0.6) ** 2))
    assert [each.rule for each in room.happened(e.CampaignFinished)] == ["improvement"]
    assert room.mixing.trials < 20, "long before its budget"
    assert room.mixing.best is not None
    assert room.mixing.best.outcomes["signal"].mean > 0.99 * scale
