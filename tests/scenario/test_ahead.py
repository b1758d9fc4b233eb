"""A slow planner on virtual time: what is made ready beforehand keeps no instrument waiting."""

import pytest

from labd.domain import events as e
from labd.domain.problem import PlannerSettings
from labd.domain.protocol import Protocol
from labd.simulation.clock import run_virtual
from labd.simulation.journal import SimulatedJournal
from tests.scenario.night import check_books, long_protocol, night

SLOW_S = 30.0
TRIALS = 8


def planned_ahead(ahead: int, parallel: int = 1) -> Protocol:
    made = long_protocol(TRIALS, parallel)
    settings = PlannerSettings(parallel=parallel, ahead=ahead)
    return made.model_copy(update={"problem": made.problem.model_copy(update={"settings": settings})})


def waits_s(history: list[e.Event]) -> list[float]:
    """For each trial but the first: from the end of the one before it to its own first order."""
    ends = {each.trial: each.at for each in history if isinstance(each, e.TrialObserved)}
    begins = {
        each.order.run: each.at for each in history if isinstance(each, e.CommandIssued) if each.order.step == "mix"
    }
    campaign = next(iter(ends)).partition(".")[0]
    return [
        (begins[f"{campaign}.{number}.1"] - ends[f"{campaign}.{number - 1}"]).total_seconds()
        for number in range(2, TRIALS + 1)
    ]


async def history_of(made: Protocol) -> list[e.Event]:
    async with night(SimulatedJournal()) as it:
        it.planner.takes_s = SLOW_S
        await it.begin(made)
        await it.until("finished")
        assert it.mixing.trials == TRIALS
        await it.settle_down()
        await check_books(it)
        return await it.history()


def test_what_is_ready_begins_the_moment_there_is_a_place() -> None:
    assert waits_s(run_virtual(history_of(planned_ahead(0)))) == [pytest.approx(SLOW_S, abs=0.1)] * (TRIALS - 1)
    assert max(waits_s(run_virtual(history_of(planned_ahead(1))))) < 0.1


def test_no_more_are_under_way_than_may_be_at_once() -> None:
    under_way, most = set(), 0
    for each in run_virtual(history_of(planned_ahead(2, parallel=2))):
        if isinstance(each, e.RunStarted):
            under_way.add(each.trial)
        elif isinstance(each, e.TrialObserved):
            under_way.remove(each.trial)
        most = max(most, len(under_way))
    assert most == 2


def test_what_was_ready_is_ready_after_a_crash() -> None:
    async def broken() -> None:
        journal = SimulatedJournal()
        async with night(journal) as it:
            await it.begin(planned_ahead(1))
            await it.until_true(lambda: it.mixing.trials == 2)
            await it.kill()
            await it.start(journal.survivor())
            second = it.lab.state.trials[f"{it.campaign}.2"]
            assert (second.runs, second.status) == (0, "pending")
            await it.until("finished")
            assert it.mixing.trials == TRIALS
            await it.settle_down()
            await check_books(it)

    run_virtual(broken())
