"""Days of a laboratory with plates, an arm and a medium that runs out: no plate hits another, no trial fails."""

import asyncio
from datetime import timedelta

from labd import analysis
from labd.domain import events as e
from labd.domain.command import Failed, FailureKind, Order, Outcome
from labd.domain.room_events import StockRefilled
from labd.lifecycles import Laboratory, evolve
from labd.lifecycles.matter import LabwareStatus
from labd.orchestrator import matter
from labd.protocols import load_protocol, load_workcell
from labd.simulation.clock import run_virtual
from labd.simulation.journal import SimulatedJournal
from tests.scenario.night import Night, check_books, night
from tests.unit.lifecycles.plates import crowded

HOUR_S = 3600.0

WORKCELL = """\
workcell: plates
roles:
  transport:
    capabilities:
      move:
        arguments: {labware: {type: string}, source: {type: string}, destination: {type: string}}
        typical: 1 min
        maximum: 10 min
  reader:
    capabilities:
      read: {results: {signal: {}}, typical: 50 min, maximum: 3 h}
instruments:
  arm: {roles: [transport]}
  reader_1: {roles: [reader], location: nest_1}
  reader_2: {roles: [reader], location: nest_2}
locations:
  hotel: {capacity: 4}
  nest_1: {group: nests, accepts: [plate_96]}
  nest_2: {group: nests, accepts: [plate_96]}
labware:
  plate_96: {rows: 8, columns: 12}
stock:
  medium: {unit: mL, low: 2 mL, capacity: 20 mL, lots: [{lot: M1, amount: 5 mL}]}
"""
PROTOCOL = """\
protocol: plates
workcell: plates
parameters:
  share: {type: continuous, low: 0, high: 1}
labware:
  plate: {type: plate_96, start: hotel}
steps:
  there: {move: plate, to: nests}
  read: {role: reader, capability: read, on: plate, after: [there], consumes: {medium: 1 mL}}
  back: {move: plate, to: hotel, after: [read]}
analysis:
  - {function: value, inputs: {measurements: read.signal}, outcomes: {signal: value}}
outcomes: {signal: {}}
objectives: [{maximise: signal}]
stopping: {trials: 12}
planner: {parallel: 4}
"""
ROOM = load_workcell(WORKCELL, "workcell.yaml")
PLATES = load_protocol(PROTOCOL, "plates.yaml", ROOM, analysis.signatures())


async def check_room(it: Night) -> None:
    """At no event were two plates where one fits, or was less there than nothing."""
    state = Laboratory()
    for event in await it.history():
        state = evolve(state, event)
        if state.workcell is not None:
            assert crowded(state) == []
        for stock in state.stock.values():
            assert stock.amount >= stock.doubtful >= 0
            assert stock.available(event.at) >= 0


def test_twelve_plates_wait_for_medium_and_for_a_person_and_none_is_lost() -> None:
    async def days() -> None:
        async with night(SimulatedJournal(), room=ROOM) as it:
            await it.begin(PLATES)
            await it.until_true(lambda: it.lab.state.stock["medium"].amount == 0)
            empty = it.clock.now()
            await asyncio.sleep(12 * HOUR_S)
            assert it.mixing.status == "running", "it waits, and fails nothing"
            assert len(it.mixing.observations) == 5
            await matter.refill(it.lab, "medium", "M2", "20 mL", by="eva", reason="Monday")
            await it.until("finished")
            assert it.clock.now() - empty > timedelta(hours=12)
            assert [each.failed for each in it.mixing.observations] == [False] * 12
            assert it.lab.state.stock["medium"].amount == 20 - 7
            assert not it.lab.state.labware
            assert len(it.lab.state.removed) == 12
            await it.settle_down()
            await check_books(it)
            await check_room(it)
            (refilled,) = [each for each in await it.history() if isinstance(each, StockRefilled)]
            assert (refilled.by, refilled.reason) == ("eva", "Monday")

    run_virtual(days())


def test_a_dropped_plate_stops_one_reader_until_a_person_finds_it() -> None:
    def drops(order: Order) -> Outcome | None:
        dropped = order.run.endswith(".2.1") and order.step == "there"
        return Failed(failure=FailureKind.DEFINED, message="the grip opened") if dropped else None

    async def days() -> None:
        async with night(SimulatedJournal(), room=ROOM) as it:
            it.bench.fate = drops
            await matter.refill(it.lab, "medium", "M2", "15 mL", by="eva")
            await it.begin(PLATES)
            await it.until_observed(6)
            (lost,) = [each for each in it.lab.state.labware.values() if each.status is LabwareStatus.LOST]
            ways = [each for each in await it.history() if isinstance(each, e.CommandIssued) and each.place]
            used = {each.place for each in ways if each.order.step == "there"}
            assert used == {"nest_1", "nest_2"}
            await matter.move(it.lab, lost.id, "out", by="eva", reason="it lay on the floor")
            await it.until("finished")
            assert sum(each.failed for each in it.mixing.observations) == 1
            assert not it.lab.state.labware
            await it.settle_down()
            await check_books(it)
            await check_room(it)

    run_virtual(days())
