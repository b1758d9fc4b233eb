"""Labware of runs: what is brought into the room and what leaves it, where it stands, where it has yet to go. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from labd.domain.effects import Record
from labd.domain.identifiers import InstrumentName, RunId
from labd.domain.protocol import Protocol
from labd.domain.room_events import LabwareMoved
from labd.domain.samples import RunLabware
from labd.domain.step_events import StepSkipped
from labd.domain.workcell import Workcell
from labd.lifecycles import matter
from labd.lifecycles.beginning import may_go_on
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.matter import Labware, LabwareStatus
from labd.lifecycles.run import OPEN, Run, StepStatus
from labd.lifecycles.step import UNDER_WAY
from labd.scheduling import Claim, Way, can_all_finish

SELF = "labd"
"""Who brings labware in and takes it out by the protocol, and not by a person's word."""
PHASES = ("preparation", "main", "clean_up")


_TO_COME = frozenset({StepStatus.WAITING, StepStatus.RECOVERING})


def labware_id(run: RunId, name: str) -> str:
    """The id of a run's labware."""
    return f"{run}.{name}"


def place_labware(protocol: Protocol, run: RunId) -> tuple[RunLabware, ...]:
    """What a run of the protocol takes into the room, for its `RunStarted`. It is brought in once there is room for all
    of it; until then the run's steps wait, and say so."""
    return tuple(
        RunLabware(labware=labware_id(run, name), name=name, type=each.type, location=each.start)
        for name, each in protocol.labware.items()
    )


def coming(state: Laboratory) -> dict[RunId, tuple[Labware, ...]]:
    """By run, in the order in which they began: labware for which there was no room yet. Until then no step of the run
    can begin."""
    runs: dict[RunId, tuple[Labware, ...]] = {}
    for each in state.labware.values():
        if each.status is LabwareStatus.EXPECTED:
            runs[each.run] = (*runs.get(each.run, ()), each)
    return runs


def instrument_places(workcell: Workcell) -> dict[str, frozenset[InstrumentName]]:
    """The locations at which instruments work, and which."""
    places: dict[str, frozenset[InstrumentName]] = {}
    for name, instrument in workcell.instruments.items():
        for place in workcell.places(instrument.location) if instrument.location else ():
            places[place] = places.get(place, frozenset()) | {name}
    return places


def is_over(run: Run | None) -> bool:
    """Whether nothing more is done with the run's labware."""
    if run is None or run.status in OPEN:
        return run is None
    return run.is_cleaned_up and not any(step.status in UNDER_WAY for step in run.steps.values())


# --- what comes and goes


def come_and_go(state: Laboratory, at: datetime) -> Iterator[Record]:
    """Labware whose run is over leaves the room, and that of runs that begin comes where there is room for it. A
    clean-up of labware that is out of the room is skipped.

    What stands at an instrument stays there after its run, for whoever takes it away: no robot may put the next plate
    on it. Unless that is where fresh ones are put: then whoever brings them takes the used one along.
    """
    if state.workcell is None or not state.workcell.locations:
        return
    for run in state.runs.values():
        if run.status not in OPEN and may_go_on(state, run):
            yield from _in_vain(state, run, at)
    for each in state.labware.values():
        if _has_left(state, state.workcell, each):
            yield Record(LabwareMoved(at=at, labware=each.id, to="", by=SELF, reason="its run is over"))
    yield from _come(state, state.workcell, at)


def _in_vain(state: Laboratory, run: Run, at: datetime) -> Iterator[Record]:
    """The clean-up of labware that is out of the room."""
    for step in run.ready:
        name = step.plan.move.labware if step.plan.move else step.plan.on
        if name and labware_id(run.id, name) not in state.labware:
            reason = f"{name} is out of the room"
            yield Record(StepSkipped(at=at, run=run.id, step=step.plan.name, reason=reason))


def _has_left(state: Laboratory, workcell: Workcell, labware: Labware) -> bool:
    run = state.runs.get(labware.run)
    if labware.status is LabwareStatus.EXPECTED:
        return run is None or run.status not in OPEN
    return is_over(run) and leaves(workcell, labware)


def _come(state: Laboratory, workcell: Workcell, at: datetime) -> Iterator[Record]:
    """The labware of runs that wait for room, where there is. Runs of one campaign go the same ways: where one has to
    wait, so have those behind it."""
    if not (waiting := coming(state)):
        return
    left = matter.room(workcell, state.labware.values())
    granted: dict[RunId, Claim] | None = None
    wait = set()
    for key, expected in waiting.items():
        run = state.runs.get(key)
        campaign = state.campaign_of(run) if run is not None and run.status in OPEN else None
        if run is None or campaign is None or campaign.id in wait or campaign.status is not CampaignStatus.RUNNING:
            continue
        chosen = _room_for(workcell, left, expected)
        if len(chosen) == len(expected):
            granted = claims(state) if granted is None else granted
            claim = _claim(state, workcell, run, {name: (place,) for name, place in chosen.items()})
            after = {place: free - list(chosen.values()).count(place) for place, free in left.items()}
            if is_safe(after, {**granted, key: claim}, left, granted):
                left, granted = after, {**granted, key: claim}
                for labware, place in chosen.items():
                    yield Record(LabwareMoved(at=at, labware=labware, to=place, by=SELF, reason="its run begins"))
                continue
        wait.add(campaign.id)


def is_safe(
    room: Mapping[str, int], after: Mapping[RunId, Claim], room_before: Mapping[str, int], before: Mapping[RunId, Claim]
) -> bool:
    """Whether all can finish; where they could not before, that is no reason to wait: a person is needed anyway."""
    return can_all_finish(room, list(after.values())) or not can_all_finish(room_before, list(before.values()))


def leaves(workcell: Workcell, labware: Labware) -> bool:
    """Whether labware whose run is over goes out of the room by itself."""
    return labware.known and not _stays(workcell, labware, (labware.place,))


def _room_for(workcell: Workcell, room: dict[str, int], expected: tuple[Labware, ...]) -> dict[str, str]:
    """By labware: where there is room for it. What finds none is missing."""
    left = dict(room)
    chosen: dict[str, str] = {}
    for each in expected:
        for place in matter.with_room(workcell, left, each, each.place)[:1]:
            chosen[each.id] = place
            left[place] -= 1
    return chosen


# --- what is claimed


def claims(state: Laboratory) -> dict[RunId, Claim]:
    """By run that has labware in the room: the places that it has, and those that it has yet to take.

    What is lost gives nothing back, as far as anybody knows: the others have to finish without it."""
    if state.workcell is None:
        return {}
    there: dict[RunId, dict[str, tuple[str, ...]]] = {}
    for each in state.labware.values():
        if each.keeps and each.status is not LabwareStatus.LOST:
            there.setdefault(each.run, {})[each.id] = each.keeps
    return {key: _claim(state, state.workcell, state.runs.get(key), holds) for key, holds in there.items()}


def _claim(state: Laboratory, workcell: Workcell, run: Run | None, holds: dict[str, tuple[str, ...]]) -> Claim:
    ways = tuple(_ways(state, workcell, run)) if run else ()
    ends = holds | {way.labware: way.places for way in ways}
    stays = frozenset(name for name, places in ends.items() if _stays(workcell, state.labware[name], places))
    return Claim(holds, ways, stays)


def _ways(state: Laboratory, workcell: Workcell, run: Run) -> Iterator[Way]:
    graph = run.graph
    names = (*graph.work, *graph.clean_up) if run.status in OPEN else graph.clean_up
    steps = ((name, run.steps[name]) for name in names)
    moves = [(name, move) for name, step in steps if (move := step.plan.move) and step.status in _TO_COME]
    for name, move in sorted(moves, key=lambda each: PHASES.index(graph.phase[each[0]])):
        labware = state.labware.get(labware_id(run.id, move.labware))
        if labware is not None and labware.status is not LabwareStatus.LOST:
            yield Way(name, labware.id, matter.fitting(workcell, labware, move.to))


def _stays(workcell: Workcell, labware: Labware, places: tuple[str, ...]) -> bool:
    """Whether labware that ends at one of these places stays there for whoever takes it away."""
    came = next((each.place for each in labware.history if each.place), labware.place)
    return came not in places and set(places) <= instrument_places(workcell).keys()
