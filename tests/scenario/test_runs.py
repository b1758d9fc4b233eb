"""Runs on virtual time: windows that are broken and gaps that are kept, recoveries, persons, and a clean-up."""

import asyncio
from datetime import timedelta

import pytest

from labd.domain import events as e
from labd.domain.command import Failed, FailureKind
from labd.domain.protocol import Protocol
from labd.domain.step_events import PersonAnswered, PersonAsked, WindowBroken
from labd.domain.steps import PERSON, Gap, Prompt, Step
from labd.simulation.clock import run_virtual
from labd.simulation.journal import SimulatedJournal
from tests.scenario.night import Night, check_books, long_protocol, night

WINDOW_S = 15 * 60.0
DELAY_S = 20 * 60.0
STALLED = Failed(failure=FailureKind.DEFINED, message="stalled")


def with_steps(*steps: Step, trials: int) -> Protocol:
    return long_protocol(trials, parallel=1).model_copy(update={"steps": steps})


def step(name: str, **more: object) -> Step:
    """One of the long protocol's steps, changed."""
    known = {each.name: each for each in long_protocol(1).steps}
    base = known["read" if name == "read" else "mix"]
    return base.model_copy(update={"name": name, "after": (), **more})


async def delay(it: Night, instrument: str) -> None:
    """Nothing reaches the instrument for twenty minutes, from the moment on at which the first step is over."""
    it.bench.deaf.add(instrument)
    await it.until_true(lambda: any(each.steps["read"].attempts for each in it.lab.state.runs.values()))
    await asyncio.sleep(DELAY_S)
    it.bench.deaf.remove(instrument)


async def until_asked(it: Night, run: str) -> None:
    await it.until_true(lambda: run in it.lab.state.runs and bool(it.lab.state.runs[run].steps["look"].asked))


async def answer(it: Night, run: str) -> None:
    await it.lab.submit(lambda _, at: PersonAnswered(at=at, run=run, step="look", result={"option": "done"}))


def test_a_delay_of_twenty_minutes_breaks_a_window_of_fifteen_and_nothing_is_learnt_from_that_trial() -> None:
    async def play() -> None:
        async with night(SimulatedJournal()) as it:
            read = step("read", after=("mix",), gaps={"mix": Gap(at_most_s=WINDOW_S)})
            await it.begin(with_steps(step("mix"), read, trials=3))
            await it.until_observed(1)
            await delay(it, "meter_1")
            await it.until("finished")
            history = await it.history()
            (broken,) = [each for each in history if isinstance(each, WindowBroken)]
            assert broken.run.startswith(f"{it.campaign}.2.")
            assert broken.gap_s == pytest.approx(DELAY_S, rel=0.3), "and until the daemon asks again"
            observed = [each for each in history if isinstance(each, e.TrialObserved)]
            assert [each.flags for each in observed] == [(), ("timing_violation",), ()]
            assert all(each.outcomes for each in observed)
            assert [each.trial for each in it.mixing.observations] == [f"{it.campaign}.1", f"{it.campaign}.3"]
            await it.settle_down()
            await check_books(it)

    run_virtual(play())


def test_a_gap_is_kept_through_the_death_of_the_daemon() -> None:
    async def play() -> None:
        async with night(SimulatedJournal()) as it:
            read = step("read", after=("mix",), gaps={"mix": Gap(at_least_s=3600)})
            await it.begin(with_steps(step("mix"), read, trials=1))
            await it.until_true(lambda: any(each.steps["mix"].ended for each in it.lab.state.runs.values()))
            (run,) = it.lab.state.runs.values()
            ended = run.steps["mix"].ended
            assert ended is not None
            await asyncio.sleep(600)
            await it.kill()
            await asyncio.sleep(600)
            await it.start(it.journal)
            await it.until("finished")
            issued = [each for each in await it.history() if isinstance(each, e.CommandIssued)]
            (begun,) = [each.at for each in issued if each.order.step == "read"]
            assert timedelta(0) <= begun - ended - timedelta(hours=1) < timedelta(seconds=1)
            await it.settle_down()
            await check_books(it)

    run_virtual(play())


def test_a_night_with_recoveries_a_person_and_a_clean_up() -> None:
    async def play() -> None:
        async with night(SimulatedJournal()) as it:
            it.bench.fate = lambda order: STALLED if order.step == "rinse" or order.command.endswith(".mix.1") else None
            made = with_steps(
                step("prime", phase="preparation"),
                step("mix", retries=1, cool_down_s=7000),
                step("flush", recovers="mix"),
                Step(name="look", role=PERSON, capability="answer", prompt=Prompt(text="Is it clear?"), after=("mix",)),
                step("read", after=("look",)),
                step("rinse", phase="clean_up", retries=0),
                step("wipe", instead_of="rinse"),
                trials=2,
            )
            await it.begin(made)
            for number in (1, 2):
                run = f"{it.campaign}.{number}.1"
                await until_asked(it, run)
                await it.kill()
                await it.start(it.journal)
                await answer(it, run)
                await it.until_observed(number)
            await it.until_true(lambda: not it.lab.state.runs)
            history = await it.history()
            orders = [each.order for each in history if isinstance(each, e.CommandIssued)]
            done = ["prime.1", "mix.1", "flush.1", "mix.2", "read.1", "rinse.1", "wipe.1"]
            for number in (1, 2):
                mine = [f"{each.step}.{each.attempt}" for each in orders if each.run == f"{it.campaign}.{number}.1"]
                assert mine == done
            at = {each.order.command: each.at for each in history if isinstance(each, e.CommandIssued)}
            ended = {each.command: each.at for each in history if isinstance(each, e.CommandFinished)}
            for number in (1, 2):
                run = f"{it.campaign}.{number}.1"
                assert at[f"{run}.mix.2"] - ended[f"{run}.mix.1"] >= timedelta(seconds=7000)
            assert len([each for each in history if isinstance(each, PersonAsked)]) == 2, "each is asked once"
            await it.settle_down()
            await check_books(it)

    run_virtual(play())
