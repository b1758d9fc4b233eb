"""A whole campaign without a laboratory: a planner against a table that was measured, or against a function."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Measurement,
    Objective,
    Observation,
    Parameters,
    Problem,
    Scalar,
    Suggestion,
    is_same,
)
from labd.planning.arguments import observed, whole
from labd.planning.suggesting import suggest

Outcomes = Mapping[str, float | Measurement]
"""By outcome: what is measured at a point. None of them: the trial failed."""


class Planner(Protocol):
    """Who is asked: `labd.planning.suggest`, or anything of its signature."""

    def __call__(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters] = (),
        n: int = 1,
        seed: int = 0,
    ) -> Sequence[Suggestion]:
        """The `n` points to try next, fewer when there are no more."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it."""

    observations: tuple[Observation, ...]
    """All of them in the order in which they came, those that were given first."""
    suggestions: tuple[Suggestion, ...]
    """In the order in which they were made, which is that of their observations."""
    trace: dict[str, tuple[float | None, ...]]
    """By objective's outcome, an entry an observation: the best that was measured so far, in the outcome's unit; of
    trials that failed, broke a limit or were not at the fidelity that counts, nothing. Of an outcome that is to be
    known everywhere, or where it crosses a level, there is no best, and no entry."""


def replay(
    problem: Problem,
    truth: Callable[[dict[str, Scalar]], Outcomes] | Sequence[Observation],
    trials: int,
    *,
    observations: Sequence[Observation] = (),
    batch: int = 1,
    delay: int = 0,
    seed: int = 0,
    planner: Planner = suggest,
) -> Replay:
    """Run a planner until `trials` more were tried, or until it has no more to try.

    `truth` is a function of a point, in the parameters' own units, or a table: rows that were measured, of which those
    with the same parameters are replicates (their mean and its standard error are what is measured). A table is the
    problem's pool, unless the problem has one. So many suggestions are asked for at a time as `batch` says. While the
    planner is asked, `delay` trials are still open, and told to it as pending: 0 is one batch after the other.

    The same question gets the same answer, bit for bit, if `truth` does. Raises `InvalidInput` where the table has no
    row for a point of the pool, where what the function returns are no outcomes or none that the problem asks for, and
    what the planner and the function raise.

    >>> from labd.domain.problem import Continuous, Objective
    >>> problem = Problem(parameters=(Continuous(name="x", low=0, high=1),), objectives=(Objective(outcome="y"),))
    >>> played = replay(problem, lambda point: {"y": -((point["x"] - 0.3) ** 2)}, trials=8)
    >>> len(played.observations), played.trace["y"][-1] > -0.001
    (8, True)
    """
    trials, batch, delay = whole("trials", trials), whole("batch", batch, least=1), whole("delay", delay)
    problem, measure = (problem, _asked_for(problem, truth)) if callable(truth) else _from_table(problem, truth)
    seen, made = observed(observations), list[Suggestion]()
    waiting: list[Suggestion] = []
    while len(made) < trials:
        wanted = min(batch, trials - len(made))
        more = planner(problem, seen, [each.parameters for each in waiting], wanted, seed)
        made += more
        waiting += more
        open_still = delay if more else 0
        while len(waiting) > open_still:
            seen.append(_observed(len(seen), waiting.pop(0), measure))
        if not more:
            break
    seen += [_observed(len(seen) + k, each, measure) for k, each in enumerate(waiting)]
    return Replay(tuple(seen), tuple(made), {each.outcome: _best(problem, each, seen) for each in _sought(problem)})


def _observed(number: int, suggestion: Suggestion, measure: Callable[[dict[str, Scalar]], Outcomes]) -> Observation:
    point = dict(suggestion.parameters)
    found = {name: _measured(name, each, point) for name, each in measure(point).items()}
    return Observation(trial=f"replay-{number}", parameters=point, outcomes=found, failed=not found)


def _measured(name: str, value: float | Measurement, point: Parameters) -> Measurement:
    if isinstance(value, Measurement):
        return value
    try:
        return Measurement(mean=float(value))
    except (TypeError, ValueError):
        raise InvalidInput(
            f"The truth says that {name} is {value!r} at {dict(point)}.",
            "Return a finite number or a Measurement, or nothing at all where the trial fails.",
        ) from None


def _asked_for(
    problem: Problem, truth: Callable[[dict[str, Scalar]], Outcomes]
) -> Callable[[dict[str, Scalar]], Outcomes]:
    """The function, if what it returns are outcomes of which the problem wants at least one: a slip of a name would
    look like a planner that learns nothing."""
    wanted = [*(each.outcome for each in problem.objectives), *(each.outcome for each in problem.limits)]

    def measure(point: dict[str, Scalar]) -> Outcomes:
        found: object = truth(point)
        if not isinstance(found, Mapping):
            hint = f"Return numbers by outcome, as in {{'{wanted[0]}': 1.5}}; {{}} where the trial fails."
            raise InvalidInput(f"The truth says {found!r} at {point}.", hint)
        if found and not found.keys() & wanted:
            told = ", ".join(map(str, found))
            raise InvalidInput(
                f"The truth tells of {told}, and the problem asks for {', '.join(wanted)}.", "Name both alike."
            )
        return found

    return measure


def _from_table(
    problem: Problem, rows: Sequence[Observation]
) -> tuple[Problem, Callable[[dict[str, Scalar]], Outcomes]]:
    """The problem with the table's rows for its pool, and what was measured there."""
    names = [each.name for each in problem.parameters]
    rows = observed(rows)
    for row in rows:
        if missing := [name for name in names if name not in row.parameters]:
            raise InvalidInput(
                f"The row {row.trial} of the table lacks {missing[0]}.", "Every row names all parameters."
            )
    if not rows:
        raise InvalidInput("The table has no rows.", "Give what was measured, a row an Observation.")
    replicates: defaultdict[tuple[Scalar, ...], list[Observation]] = defaultdict(list)
    for row in rows:
        replicates[_key(names, row.parameters)].append(row)

    def measure(point: dict[str, Scalar]) -> Outcomes:
        found = replicates.get(_key(names, point), [])
        if not found:
            raise InvalidInput(f"The table has no row for {point}.", "Leave the problem's pool out: the table is it.")
        return _mean([each for each in found if not each.failed])

    pool = tuple({name: each[0].parameters[name] for name in names} for each in replicates.values())
    return problem if problem.pool is not None else problem.model_copy(update={"pool": pool}), measure


def _key(names: Sequence[str], point: Parameters) -> tuple[Scalar, ...]:
    values = [point[name] for name in names]
    return tuple(value if isinstance(value, str) else float(f"{value:.9g}") for value in values)


def _mean(replicates: Sequence[Observation]) -> Outcomes:
    """Of one replicate what it says; of several their mean, and their scatter where there is some."""
    found: defaultdict[str, list[Measurement]] = defaultdict(list)
    for each in replicates:
        for name, measured in each.outcomes.items():
            found[name].append(measured)
    return {name: each[0] if len(each) == 1 else _joined([one.mean for one in each]) for name, each in found.items()}


def _joined(means: Sequence[float]) -> Measurement:
    error = statistics.stdev(means) / math.sqrt(len(means))
    return Measurement(mean=statistics.fmean(means), standard_error=error or None)


def _sought(problem: Problem) -> list[Objective]:
    return [each for each in problem.objectives if each.has_best]


def _best(problem: Problem, objective: Objective, seen: Sequence[Observation]) -> tuple[float | None, ...]:
    best: float | None = None
    trace: list[float | None] = []
    for each in seen:
        value = each.outcomes.get(objective.outcome)
        if (
            value is not None
            and _counts(problem, each)
            and (best is None or objective.merit(value.mean) > objective.merit(best))
        ):
            best = value.mean
        trace.append(best)
    return tuple(trace)


def _counts(problem: Problem, observation: Observation) -> bool:
    fidelity = problem.fidelity
    if observation.failed or (fidelity and not is_same(observation.parameters[fidelity.parameter], fidelity.target)):
        return False
    measured = ((limit, observation.outcomes.get(limit.outcome)) for limit in problem.limits)
    return all(value is not None and limit.is_kept(value.mean) for limit, value in measured)
