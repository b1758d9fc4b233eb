"""How long the scheduler takes for an event, and how good its plans are beside a look ahead.

`event_ms_p99`, by the number of steps that wait: from an event to the orders that can leave upon it, in a laboratory of
four campaigns. `cases`: ten generated job shops with windows, done greedily and as the look ahead plans them; both
against `bound_s`, under which nothing can be.
"""

import asyncio
import time
from collections import deque
from datetime import timedelta

from labd.domain import events as e
from labd.domain.capability import Capability, Descriptor, Slot
from labd.domain.command import Succeeded
from labd.domain.effects import Record
from labd.domain.problem import Continuous, Objective, PlannerSettings, Problem, Suggestion
from labd.domain.protocol import Analysis, OutcomeSpec, Protocol, Stopping
from labd.domain.steps import Gap, Step
from labd.domain.workcell import Role, Workcell, WorkcellInstrument
from labd.lifecycles import Laboratory, follow, receive, settle
from labd.lifecycles.dispatch import schedule
from labd.scheduling.look_ahead import look_ahead
from labd.wire.messages import Birth, State
from tests.bench.shop import Greedy, generated, judged, problem
from tests.bench.stage import percentile
from tests.scenery import MORNING

SIZES = (10, 100, 1000)
EVENTS = 200
CASES = 10
DEADLINE_S = 10.0
ROLES = ("mixer", "oven", "washer", "reader", "arm")


async def measure() -> dict[str, object]:
    """The figures, as `python -m tests.bench schedule` prints them."""
    took = {size: await asyncio.to_thread(_timed, size) for size in SIZES}
    cases = [await asyncio.to_thread(_case, seed) for seed in range(CASES)]
    return {
        "event_ms_p50": {size: round(percentile(each, 50), 3) for size, each in took.items()},
        "event_ms_p99": {size: round(percentile(each, 99), 3) for size, each in took.items()},
        "cases": cases,
        "clean": not any(each["greedy_broken"] or each["look_ahead_broken"] for each in cases),
    }


# --- the time for an event


def _workcell() -> Workcell:
    does = Capability(name="work", arguments={"x": Slot()}, results={"y": Slot()}, typical_s=60, maximum_s=600)
    return Workcell(
        name="bench",
        roles={role: Role(capabilities=(does,)) for role in ROLES},
        instruments={f"{role}_{n}": WorkcellInstrument(roles=(role,)) for role in ROLES for n in range(4)},
    )


def _protocol(name: str) -> Protocol:
    """Five steps; the second pair has a window, the last one needs an arm, too."""
    steps = [
        Step(
            name=f"s{n}",
            role=ROLES[n % 4],
            capability="work",
            arguments={"x": "${x}"},
            after=(f"s{n - 1}",) if n else (),
        )
        for n in range(5)
    ]
    steps[1] = steps[1].model_copy(update={"gaps": {"s0": Gap(at_most_s=600)}})
    steps[4] = steps[4].model_copy(update={"also": ("arm",)})
    return Protocol(
        name=name,
        problem=Problem(
            parameters=(Continuous(name="x", low=0, high=1),),
            objectives=(Objective(outcome="y"),),
            settings=PlannerSettings(parallel=1_000),
        ),
        steps=tuple(steps),
        analysis=(Analysis(function="value", inputs={"measurements": "s4.y"}, outcomes={"y": "value"}),),
        outcomes={"y": OutcomeSpec()},
        stopping=Stopping(trials=10_000),
    )


def _laboratory(waiting: int) -> Laboratory:
    """So many runs that wait, of four campaigns, on twenty instruments that work."""
    state, room = Laboratory(), _workcell()
    events: list[e.Event] = [
        e.DaemonStarted(at=MORNING, epoch=1, version="bench"),
        e.WorkcellLoaded(at=MORNING, workcell=room),
        e.LinkConnected(at=MORNING),
    ]
    for number in range(4):
        key, count = f"C{number}", waiting // 4 + (waiting % 4 > number)
        points = tuple(Suggestion(parameters={"x": n / 10_000}, method="sobol") for n in range(count))
        events += [
            e.CampaignDrafted(at=MORNING, campaign=key, name=key.lower(), protocol=_protocol(key.lower())),
            e.CampaignStarted(at=MORNING, campaign=key),
            e.SuggestionsMade(at=MORNING, campaign=key, request=1, first=1, suggestions=points),
        ]
    for event in events:
        state = settle(state, event).state
    for name, instrument in room.instruments.items():
        capabilities = room.roles[instrument.roles[0]].capabilities
        born = Birth(descriptor=Descriptor(instrument=name, session="S1", capabilities=capabilities))
        for body in (born, State(session="S1", sequence=1, status="idle")):
            for effect in receive(state, name, body, MORNING, None):
                state = settle(state, effect.event).state  # type: ignore[union-attr]
    return state


def _timed(waiting: int) -> list[float]:
    """The scheduler's milliseconds for each of a row of events: an order ends, and what can begin is looked for."""
    took: list[float] = []
    while len(took) < EVENTS:
        state, at = _laboratory(waiting), MORNING
        out = deque(state.commands)
        for _ in range(max(waiting // 2, 5)):  # then half as many wait
            at += timedelta(seconds=10)
            order = state.commands[out.popleft()].order
            done = Succeeded(result={"y": 1.0})
            event = e.CommandFinished(
                at=at, command=order.command, instrument=order.instrument, outcome=done, content_hash="h"
            )
            state = follow(state, event).state
            begin = time.thread_time()
            decided = list(schedule(state, at))
            took.append(1e3 * (time.thread_time() - begin))
            records = [each.event for each in decided if isinstance(each, Record)]
            out.extend(each.order.command for each in records if isinstance(each, e.CommandIssued))
            state = follow(state, *records).state
            if len(took) == EVENTS:
                break
    return took


# --- the plans


def _case(seed: int) -> dict[str, object]:
    shop = generated(seed)
    greedy = Greedy(shop).run()
    begin = time.perf_counter()
    ahead = look_ahead(problem(shop, greedy), DEADLINE_S)
    took_s = time.perf_counter() - begin
    makespan_s, broken = judged(shop, greedy)
    ahead_s, ahead_broken = judged(shop, ahead) if ahead is not None else (makespan_s, broken)
    return {
        "case": seed,
        "bound_s": round(shop.bound_s),
        "greedy_s": round(makespan_s),
        "look_ahead_s": round(ahead_s),
        "greedy_over_bound": round(makespan_s / shop.bound_s, 3),
        "look_ahead_over_bound": round(ahead_s / shop.bound_s, 3),
        "greedy_broken": broken,
        "look_ahead_broken": ahead_broken,
        "look_ahead_took_s": round(took_s, 2),
    }
