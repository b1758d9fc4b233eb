"""What the look ahead is asked: all steps of all runs that have yet to begin, as a job shop. Pure.

Its answer only orders what waits within a campaign: a step that the plan begins earlier has its turn earlier. What may
begin at all, and windows, places, stock and safety, is decided without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from labd.domain.identifiers import InstrumentName, RunId, StepName
from labd.lifecycles.beginning import may_go_on
from labd.lifecycles.chains import in_order
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run, RunStatus
from labd.lifecycles.step import StepState, StepStatus
from labd.lifecycles.windows import is_usable
from labd.scheduling import Behind
from labd.scheduling.look_ahead import Problem, Task

LEAST, MOST = 12, 400
"""With fewer steps the greedy answer is as good, with more the solver finds nothing better in its time."""

Roles = Mapping[InstrumentName, frozenset[str]]


def key_of(run: RunId, step: StepName) -> str:
    """What a step is called in a plan."""
    return f"{run}/{step}"


def to_plan(state: Laboratory, at: datetime) -> Problem | None:
    """What is to be planned now; None where a plan would not pay: for one run alone, or too few or too many steps."""
    runs = [run for run in state.runs.values() if run.status is RunStatus.RUNNING and may_go_on(state, run)]
    if len(runs) < 2 or not LEAST <= sum(map(_left, runs)) <= MOST:
        return None
    usable = [it for it in state.instruments.values() if is_usable(state, it)]
    roles = {it.name: frozenset(it.roles) for it in usable}
    tasks = tuple(task for run in runs for task in _tasks(run, roles, at))
    if len(tasks) < LEAST:
        return None
    busy = {it.name: it.command or it.serves for it in usable}
    free_s = {name: _left_s(state, command, at) for name, command in busy.items() if command is not None}
    return Problem(tasks, free_s)


def _left(run: Run) -> int:
    return sum(step.status is StepStatus.WAITING for step in run.steps.values())


def _left_s(state: Laboratory, command: str, at: datetime) -> float:
    """How long an instrument will still be busy with an order."""
    known = state.commands.get(command)
    if known is None:
        return 0.0
    plan = state.runs[known.order.run].steps[known.order.step].plan
    return max(plan.typical_s - (at - known.issued).total_seconds(), 0.0)


def _tasks(run: Run, roles: Roles, at: datetime) -> Iterator[Task]:
    """The steps of a run that have yet to begin, in an order in which they can be done; nothing behind one for which
    there is no instrument now."""
    made: set[StepName] = set()
    for name in in_order({name: step.plan for name, step in run.steps.items()}):
        step = run.steps[name]
        if not _is_to_come(run, step):
            continue
        needs = _needs(step, roles)
        waits = [each for each in step.plan.after if each in run.steps and not run.is_settled(each)]
        known = all(each in made or run.steps[each].status is StepStatus.ACTIVE for each in waits)
        if known and all(needs):
            made.add(name)
            yield _task(run, step, needs, made, at)


def _is_to_come(run: Run, step: StepState) -> bool:
    plan = step.plan
    stands_by = plan.instead_of or plan.recovers
    return (
        step.status is StepStatus.WAITING
        and not stands_by
        and run.graph.phase[plan.name] != "clean_up"
        and not run.is_dropped(plan.name)
    )


def _needs(step: StepState, roles: Roles) -> tuple[tuple[InstrumentName, ...], ...]:
    """For each instrument that the step takes, those that would do; none for a person."""
    plan = step.plan
    if plan.prompt is not None:
        return ()
    first = tuple(name for name, its in roles.items() if plan.role in its and plan.instrument in (None, name))
    return (first, *(tuple(name for name, its in roles.items() if role in its) for role in plan.also))


def _task(
    run: Run, step: StepState, needs: tuple[tuple[InstrumentName, ...], ...], made: set[StepName], at: datetime
) -> Task:
    plan = step.plan
    behind, from_s, due_s = [], 0.0, None
    if step.not_before is not None:
        from_s = max((step.not_before - at).total_seconds(), 0.0)
    for other in plan.after:
        gap = plan.gaps.get(other)
        least_s, most_s = (gap.at_least_s, gap.at_most_s) if gap else (0.0, None)
        if other in made:
            behind.append(Behind(key_of(run.id, other), least_s, most_s))
        elif (end_s := _end_s(run, other, at)) is not None:
            from_s = max(from_s, end_s + least_s)
            if most_s is not None:
                due_s = min(end_s + most_s, due_s if due_s is not None else end_s + most_s)
    return Task(
        key=key_of(run.id, plan.name),
        needs=needs,
        duration_s=plan.typical_s,
        behind=tuple(behind),
        from_s=from_s,
        due_s=None if due_s is None else max(due_s, from_s),
    )


def _end_s(run: Run, name: StepName, at: datetime) -> float | None:
    """When an earlier step ended, or is expected to, in seconds from now; None where that is not known."""
    if name not in run.steps:
        return None
    ended = run.settled_at(name)
    if ended is not None:
        return (ended - at).total_seconds()
    step = run.steps[name]
    if step.status is not StepStatus.ACTIVE or step.began is None:
        return None
    return max(step.plan.typical_s - (at - step.began).total_seconds(), 0.0)
