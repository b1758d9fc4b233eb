"""A plate of 96 wells, a fault at the 37th, and a daemon that is killed: what was measured is kept, the rest goes into
another run."""

import asyncio
from random import Random

from labd.domain import events as e
from labd.domain.command import Failed, FailureKind, Order, Outcome, Succeeded
from labd.domain.problem import Measurement
from labd.domain.workcell import Workcell
from labd.lifecycles import Laboratory
from labd.simulation.clock import VirtualClock, run_virtual
from labd.simulation.journal import SimulatedJournal
from tests.plates import PLATE_WORKCELL, WELLS, fill, heat, plates, read
from tests.scenario.night import Bench, check_books, night

keep_warm = heat.model_copy(update={"name": "keep_warm", "after": ("heat",)})
DURATIONS_S = {"fill": 5.0, "read": 20.0, "heat": 600.0}


class Plates(Bench):
    """The stove breaks down while the reader is at well 37, which it cannot read then."""

    def __init__(self, clock: VirtualClock, tasks: asyncio.TaskGroup, chance: Random, room: Workcell) -> None:
        super().__init__(clock, tasks, chance, room)
        self.cold = asyncio.Event()

    async def perform(self, order: Order) -> Outcome:
        first = order.run.endswith(".1.1")
        if first and order.step == "keep_warm":
            await self.cold.wait()
            return Failed(failure=FailureKind.DEFINED, message="the stove is cold")
        if first and order.step == "read__37":
            self.cold.set()
        await asyncio.sleep(DURATIONS_S[order.capability])
        if first and order.step == "read__37":
            return Failed(failure=FailureKind.DEFINED, message="the plate is cold")
        match order.capability:
            case "fill":
                return Succeeded(result={"dispensed": order.arguments["volume"]})
            case "read":
                return Succeeded(result={"signal": signal(str(order.arguments["well"]))})
        return Succeeded()


def signal(well: str) -> float:
    """What is read in a well."""
    return 0.02 + WELLS.index(well) / 100


def test_a_fault_at_well_37_of_96_keeps_36_results_and_plans_60_again() -> None:
    journal = SimulatedJournal()

    async def days() -> Laboratory:
        async with night(journal, room=PLATE_WORKCELL, bench=Plates) as it:
            await it.begin(plates(WELLS, trials=96, runs=2, steps=(fill, heat, read, keep_warm)))
            await it.until_observed(36)
            kept = {each.trial: each.outcomes["signal"] for each in it.mixing.observations}
            assert len(kept) == 36
            (again,) = it.lab.state.runs.values()
            assert len(again.samples) == 60
            assert not kept.keys() & set(again.trials)
            used = {trial.id for trial in it.lab.state.trials.values() if trial.used}
            assert len(used) == 1, "only the trial whose own well failed has used up a run"
            await it.until_true(lambda: f"{again.id}.read__30.1" in it.bench.performed)
            await it.kill()
            await it.start(journal.survivor())
            await it.until("finished")
            await it.settle_down()
            await check_books(it)
            assert_taken_apart(it.lab.state, await it.history(), kept)
            return it.lab.state

    state = run_virtual(days())
    assert {trial.status for trial in state.trials.values()} == {"observed"}
    assert not state.runs
    assert not state.commands


def assert_taken_apart(state: Laboratory, history: list[e.Event], kept: dict[str, Measurement]) -> None:
    """Each trial has what was read in its own well, of the run in which it was measured."""
    started = {each.run: each for each in history if isinstance(each, e.RunStarted)}
    assert [len(each.samples) for each in started.values()] == [96, 60]
    for trial in state.trials.values():
        run = started[trial.in_runs[0 if trial.id in kept else 1]]
        (well,) = [each.well for each in run.samples if each.trial == trial.id]
        assert trial.outcomes == {"signal": Measurement(mean=signal(well))}
