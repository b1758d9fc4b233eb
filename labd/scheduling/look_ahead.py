"""A look ahead: when each step should begin, so that all windows hold and everything is over early.

The greedy scheduler sees what can begin now; this one sees what is to come. It solves the whole as a job shop with time
windows, alternative instruments and minimal and maximal gaps, with OR-tools' CP-SAT. It is deterministic: one worker, a
fixed seed, and a limit that is counted in work and not in seconds; the deadline in seconds is there for the worst day.
Source: P. Baptiste, C. Le Pape and W. Nuijten, "Constraint-Based Scheduling", 2001.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labd.domain.identifiers import InstrumentName
from labd.scheduling.windows import Behind

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, CpSolver, IntervalVar, IntVar

TICK_S = 0.1
"""Time is counted in these."""
TICKS = 1_000_000
"""No plan is longer than so many ticks: a long one is counted in longer ones."""
WORK_PER_S = 0.25
"""Of the solver's own measure of work, so much is done in a second of a slow machine: the work ends the search, and the
clock only where the machine is slower still."""


@dataclass(frozen=True, slots=True)
class Task:
    """A step that is to be planned."""

    key: str
    needs: tuple[tuple[InstrumentName, ...], ...]
    """For each instrument that it takes, those that would do."""
    duration_s: float
    behind: tuple[Behind, ...] = ()
    """The tasks that it waits for, by key."""
    from_s: float = 0.0
    """Not before this, in seconds from now."""
    due_s: float | None = None
    """Not after this: the clock of its window runs already."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be planned, from now on."""

    tasks: tuple[Task, ...]
    """In an order in which they can be done."""
    free_s: Mapping[InstrumentName, float] = field(default_factory=dict)
    """When each instrument is done with what it has; missing: now."""
    hint_s: Mapping[str, float] = field(default_factory=dict)
    """By task: a plan that is known, to begin with."""


def look_ahead(problem: Problem, deadline_s: float) -> dict[str, float] | None:
    """By task: in how many seconds it should begin. None where no plan was found in time, or none exists.

    >>> bake = Task("bake", (("oven",),), 60.0)
    >>> read = Task("read", (("hplc",),), 30.0, (Behind("bake", 0.0, 10.0),))
    >>> look_ahead(Problem((bake, read), {"hplc": 100.0}), 5.0)
    {'bake': 30.0, 'read': 100.0}
    """
    from ortools.sat.python import cp_model

    if not problem.tasks:
        return {}
    tick_s = max(TICK_S, _horizon_s(problem) / TICKS)
    model = cp_model.CpModel()
    starts = _Model(model, problem, tick_s).starts
    solver = cp_model.CpSolver()
    _limited(solver, deadline_s)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return {key: solver.value(start) * tick_s for key, start in starts.items()}


def _limited(solver: CpSolver, deadline_s: float) -> None:
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = deadline_s * WORK_PER_S
    solver.parameters.max_time_in_seconds = deadline_s


def _horizon_s(problem: Problem) -> float:
    """By then everything can be over, one thing after the other."""
    latest_s = max([0.0, *problem.free_s.values(), *(each.from_s for each in problem.tasks)])
    gaps_s = sum(max((it.at_least_s for it in each.behind), default=0.0) for each in problem.tasks)
    hinted_s = max(problem.hint_s.values(), default=0.0)
    return max(latest_s + gaps_s, hinted_s) + sum(each.duration_s for each in problem.tasks) + 1.0


class _Model:
    """A problem as the solver sees it. What takes time is rounded up to ticks, what is allowed down."""

    def __init__(self, model: CpModel, problem: Problem, tick_s: float) -> None:
        self._model, self._problem, self._tick_s = model, problem, tick_s
        self._length = {task.key: self._up(task.duration_s) for task in problem.tasks}
        self._used: dict[InstrumentName, list[IntervalVar]] = {}
        self.starts = {task.key: self._start(task) for task in problem.tasks}
        """Of each task, in ticks."""
        for task in problem.tasks:
            for alternatives in task.needs:
                self._take(task, alternatives)
            for before in task.behind:
                self._follow(task, before)
        for intervals in self._used.values():
            model.add_no_overlap(intervals)
        ends = [start + self._length[key] for key, start in self.starts.items()]
        makespan = model.new_int_var(0, 2 * TICKS, "makespan")
        model.add_max_equality(makespan, ends)
        model.minimize(len(ends) * makespan + sum(ends))

    def _up(self, seconds: float) -> int:
        return math.ceil(seconds / self._tick_s - 1e-6)

    def _down(self, seconds: float) -> int:
        return math.floor(seconds / self._tick_s + 1e-6)

    def _start(self, task: Task) -> IntVar:
        earliest = self._up(task.from_s)
        latest = TICKS if task.due_s is None else max(self._down(task.due_s), earliest)
        start = self._model.new_int_var(earliest, latest, task.key)
        if task.key in self._problem.hint_s:
            self._model.add_hint(start, self._up(self._problem.hint_s[task.key]))
        return start

    def _take(self, task: Task, alternatives: Sequence[InstrumentName]) -> None:
        """One of these, for as long as the task takes."""
        start = self.starts[task.key]
        picked = [self._model.new_bool_var("") for _ in alternatives]
        self._model.add_exactly_one(picked)
        for name, chosen in zip(alternatives, picked, strict=True):
            interval = self._model.new_optional_fixed_size_interval_var(start, self._length[task.key], chosen, "")
            self._used.setdefault(name, []).append(interval)
            free_s = self._problem.free_s.get(name, 0.0)
            if free_s > 0:
                self._model.add(start >= self._up(free_s)).only_enforce_if(chosen)

    def _follow(self, task: Task, before: Behind) -> None:
        end = self.starts[before.step] + self._length[before.step]
        start, at_least = self.starts[task.key], self._up(before.at_least_s)
        self._model.add(start >= end + at_least)
        if before.at_most_s is not None:
            self._model.add(start <= end + max(self._down(before.at_most_s), at_least))
