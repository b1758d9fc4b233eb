"""Windows in a laboratory: reserved before the clock starts, kept from the others, given back."""

from labd.domain import events as e
from labd.domain.problem import Suggestion
from labd.domain.protocol import Protocol
from labd.domain.step_events import InstrumentsReserved
from labd.domain.steps import Gap, PlannedStep, Step
from labd.lifecycles.chains import chains_of
from labd.lifecycles.why import Waits
from labd.lifecycles.windows import reservations
from tests.scenery import protocol
from tests.unit.lifecycles.room import Room
from tests.unit.lifecycles.test_dispatch import issued, room


def windowed(at_most_s: float) -> Protocol:
    """Mix for a minute, then read within so many seconds."""
    made = protocol()
    mix, read = made.steps
    return made.model_copy(update={"steps": (mix, read.model_copy(update={"gaps": {"mix": Gap(at_most_s=at_most_s)}}))})


def reading_first() -> Protocol:
    """A reading and nothing else."""
    made = protocol()
    return made.model_copy(update={"steps": (made.steps[1].model_copy(update={"after": ()}),)})


POINT = (Suggestion(parameters={"share": 0.5}, method="sobol"),)


def reserved(lab: Room) -> dict[str, tuple[str, ...]]:
    return {f"{run.id}.{step}": names for run, step, names in reservations(lab.state)}


def test_the_meter_is_reserved_before_the_mixer_begins_and_the_next_waits_for_its_time() -> None:
    lab = room(("A", 0, windowed(10)))
    assert issued(lab) == ["A.1.1.mix.1"], "a second mixer is free, but the meter will not be"
    assert reserved(lab) == {"A.1.1.read": ("meter_1",)}
    names = [type(each) for each in lab.events]
    assert names.index(InstrumentsReserved) < names.index(e.CommandIssued)
    run = lab.state.runs["A.2.1"]
    why = Waits(lab.state, lab.now).why(run, run.steps["mix"])
    assert why.text == "the steps of its window begin when there will be an instrument for each of them in time"
    assert why.until is not None
    timers = [each for each in lab.effects if getattr(each, "timer", "") == "window/A.2.1/mix"]
    assert timers, "it is looked at again when its time has come"


def test_what_is_reserved_is_given_to_nobody_else_and_is_free_in_the_end() -> None:
    lab = room(("A", 0, windowed(10)))
    lab.tick(30)
    lab.take(e.CampaignDrafted, campaign="B", name="b", protocol=reading_first(), priority=9)
    lab.take(e.CampaignStarted, campaign="B")
    lab.take(e.SuggestionsMade, campaign="B", request=1, first=1, suggestions=POINT)
    assert "B.1.1.read.1" not in issued(lab), "it would not be over when the meter is needed"
    run = lab.state.runs["B.1.1"]
    why = Waits(lab.state, lab.now).why(run, run.steps["read"])
    assert why.text == "meter_1 is reserved for read of trial 1 of a"
    lab.tick(30)
    lab.finish("A.1.1.mix.1")
    lab.tick(30)
    lab.finish("A.1.1.read.1")
    lab.finish("A.2.1.mix.1")
    assert issued(lab)[-1] == "A.2.1.read.1"
    lab.tick(30)
    lab.finish("A.2.1.read.1")
    assert issued(lab)[-1] == "B.1.1.read.1", "now it is its turn"
    assert not reserved(lab)
    assert lab.state == lab.replayed()


def test_an_instrument_that_is_away_keeps_the_clock_from_starting() -> None:
    lab = Room()
    lab.furnished()
    lab.take(e.InstrumentLocked, instrument="meter_1", by="ada", reason="cleaning")
    lab.campaign(windowed(10))
    lab.suggest()
    assert issued(lab) == []
    run = lab.state.runs["C.1.1"]
    why = Waits(lab.state, lab.now).why(run, run.steps["mix"])
    assert why.text == "read must follow in time, and meter_1 is locked by ada: cleaning"
    lab.take(e.InstrumentUnlocked, instrument="meter_1", by="ada", reason="clean")
    assert issued(lab) == ["C.1.1.mix.1"]


def step(name: str, *after: str, **at_most_s: float) -> PlannedStep:
    gaps = {other: Gap(at_most_s=seconds) for other, seconds in at_most_s.items()}
    return PlannedStep(name=name, role="mixer", capability="mix", after=after, gaps=gaps)


def test_a_chain_has_all_that_lies_between_its_steps() -> None:
    steps = [step("a"), step("b", "a"), step("c", "b", "a", a=60), step("d", "c"), step("e", "d", d=0), step("z")]
    chains = chains_of({each.name: each for each in steps})
    assert chains == dict.fromkeys("abc", ("a", "b", "c")) | dict.fromkeys("de", ("d", "e"))
    joined = [*steps, step("f", "e", "a", a=900)]
    assert chains_of({each.name: each for each in joined})["f"] == ("a", "b", "c", "d", "e", "f")


def test_without_windows_there_are_no_chains() -> None:
    assert chains_of({each.name: each for each in (step("a"), step("b", "a"))}) == {}
    assert Step(name="s", role="mixer", capability="mix").gaps == {}
