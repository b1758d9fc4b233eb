"""Problems of all kinds with histories of all kinds, as Hypothesis draws them: all of them valid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from labd.domain.problem import (
    Categorical,
    Condition,
    Constraint,
    Continuous,
    Cost,
    Discrete,
    Earlier,
    Excluded,
    Fidelity,
    Goal,
    Integer,
    Limit,
    Linear,
    Measurement,
    Nonlinear,
    Objective,
    Observation,
    Parameter,
    Parameters,
    PlannerSettings,
    Problem,
    Scalar,
)
from labd.planning.spaces.space import Space
from labd.planning.surrogates.settling import ALL_UP_TO

SCALES = (1e-30, 1e-3, 1.0, 1.0, 1.0, 1e5, 1e30)
FORMULAS = (
    "{a} * {b}",
    "{a} + {b} / 2",
    "max({a}, {b})",
    "sqrt(abs({a})) - {b}",
    "({a} - {b})**2",
    "abs({b}) / (1 + {a}**2)",
)


@dataclass(frozen=True)
class Asked:
    """A question for the planner."""

    problem: Problem
    observations: list[Observation]
    pending: list[Parameters]
    n: int
    seed: int


def continuous(name: str) -> st.SearchStrategy[Parameter]:
    def build(low: float, width: float, scale: float, log: bool, ramp: float | None) -> Parameter:
        if log:
            return Continuous(name=name, low=scale, high=scale * (1 + width), log=True)
        return Continuous(name=name, low=low * scale, high=(low + width) * scale, ramp=ramp and ramp * width * scale)

    ramps = st.none() | st.none() | st.sampled_from([0.05, 0.5])
    return st.builds(build, st.floats(-5, 5), st.floats(0.01, 1000), st.sampled_from(SCALES), st.booleans(), ramps)


def integer(name: str) -> st.SearchStrategy[Parameter]:
    def build(low: int, width: int, log: bool) -> Parameter:
        low = abs(low) + 1 if log else low
        return Integer(name=name, low=low, high=low + width, log=log)

    return st.builds(build, st.integers(-50, 50), st.sampled_from([1, 2, 7, 50, 999, 10**6, 10**12]), st.booleans())


def discrete(name: str) -> st.SearchStrategy[Parameter]:
    values = st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=6, unique=True).map(sorted)
    return values.map(lambda found: Discrete(name=name, values=tuple(value / 16 for value in found)))


@st.composite
def categorical(draw: st.DrawFn, name: str) -> Parameter:
    options = tuple("abcdefgh"[: draw(st.integers(1, 8))])
    kind = draw(st.sampled_from(["plain", "ordered", "described"]))
    if kind != "described":
        return Categorical(name=name, options=options, ordered=kind == "ordered")
    number = st.sampled_from([-1e30, -2.0, 0.0, 0.0, 1e-30, 0.5, 1.0, 3.0])
    described = {each: {"u": draw(number), "v": draw(number)} for each in options}
    return Categorical(name=name, options=options, descriptors=described)


@st.composite
def parameters(draw: st.DrawFn) -> tuple[Parameter, ...]:
    """One to five, of which some hang on an earlier one and some are the same for a batch."""
    made: list[Parameter] = []
    for place in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from([continuous, continuous, integer, discrete, categorical]))
        each = draw(kind(f"p{place}"))
        changes: dict[str, object] = {"per": draw(st.sampled_from(["sample", "sample", "sample", "batch"]))}
        others = [
            it for it in made if not isinstance(it, Continuous) and (it.per == "batch" or changes["per"] == "sample")
        ]
        if others and draw(st.integers(0, 3)) == 0:
            other = draw(st.sampled_from(others))
            values = _some_of(draw, other)
            changes["when"] = Condition(parameter=other.name, values=values)
        made.append(each.model_copy(update=changes))
    return tuple(made)


def _some_of(draw: st.DrawFn, parameter: Parameter) -> tuple[Scalar, ...]:
    match parameter:
        case Categorical(options=options):
            return tuple(draw(st.lists(st.sampled_from(options), min_size=1, unique=True)))
        case Discrete(values=values):
            return tuple(draw(st.lists(st.sampled_from(values), min_size=1, unique=True)))
        case _:
            return (int(parameter.low),)


@st.composite
def constraints(draw: st.DrawFn, among: tuple[Parameter, ...], witness: Parameters) -> tuple[Constraint, ...]:
    """Sums, formulas and exclusions that this point keeps."""
    made: list[Constraint] = []
    plain = [each.name for each in among if not isinstance(each, Categorical) and not getattr(each, "log", False)]
    moving = [each.name for each in among if isinstance(each, Continuous) and not each.log and each.when is None]
    numbers = [each.name for each in among if not isinstance(each, Categorical)]
    few = [each for each in among if isinstance(each, Categorical | Discrete) and each.when is None]
    for kind in draw(st.lists(st.sampled_from(["sum", "total", "formula", "exclusion"]), max_size=2)):
        if kind == "total" and len(moving) > 1:
            total = math.fsum(float(witness[name]) for name in moving)
            made.append(Linear(weights=dict.fromkeys(moving, 1.0), low=total, high=total))
        elif kind == "sum" and plain:
            names = draw(st.lists(st.sampled_from(plain), min_size=1, unique=True))
            weights = {name: draw(st.sampled_from([1.0, 1.0, -2.0, 0.5])) for name in names}
            total = math.fsum(weight * float(witness[name]) for name, weight in weights.items())
            room = 0.2 * math.fsum(abs(weight * float(witness[name])) for name, weight in weights.items())
            low, high = draw(
                st.sampled_from([(total - room, None), (None, total + room), (total - room, total + room)])
            )
            made.append(Linear(weights=weights, low=low, high=high))
        elif kind == "formula" and numbers:
            one, other = draw(st.sampled_from(numbers)), draw(st.sampled_from(numbers))
            formula = draw(st.sampled_from(FORMULAS)).format(a=one, b=other)
            total = Nonlinear(expression=formula, low=0).total(witness)
            if math.isfinite(total):
                high = total + 0.3 * abs(total) + 1e-3 * draw(st.sampled_from(SCALES))
                made.append(Nonlinear(expression=formula, high=high))
        elif kind == "exclusion" and few:
            chosen = draw(st.lists(st.sampled_from(few), min_size=1, unique_by=lambda each: each.name))
            values = {each.name: _some_of(draw, each) for each in chosen}
            if not Excluded(values=values).excludes(witness):
                made.append(Excluded(values=values))
    return tuple(made)


@st.composite
def objectives(draw: st.DrawFn, scale: float) -> tuple[Objective, ...]:
    first = draw(st.sampled_from([*Goal, Goal.MAXIMISE, Goal.MAXIMISE]))
    count = draw(st.integers(1, 3)) if first not in (Goal.LEVEL, Goal.MAP) else 1
    others = st.sampled_from([Goal.MAXIMISE, Goal.MINIMISE, Goal.MATCH])
    goals = [first, *(draw(others) for _ in range(count - 1))]
    return tuple(
        Objective(
            outcome=f"y{k}",
            goal=goal,
            weight=k + 1,
            target=scale * draw(st.sampled_from([-1.0, 0.0, 0.5]))
            if goal in (Goal.MATCH, Goal.LEVEL)
            else draw(st.none() | st.just(2 * scale)),
            tolerance=0.1 * scale if goal is Goal.MATCH and draw(st.booleans()) else None,
            reference=draw(st.none() | st.just(0.0)) if goal in (Goal.MAXIMISE, Goal.MINIMISE) else None,
        )
        for k, goal in enumerate(goals)
    )


@st.composite
def limits(draw: st.DrawFn, scale: float) -> tuple[Limit, ...]:
    """Of an outcome that is wanted, or of one that is only measured."""
    names = draw(st.lists(st.sampled_from(["y0", "z0", "z1"]), max_size=2, unique=True))
    safe = draw(st.none() | st.none() | st.just(0.9))
    return tuple(Limit(outcome=name, high=scale * draw(st.sampled_from([-3.0, 0.0, 1.0])), safe=safe) for name in names)


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """A problem of any kind, what was observed of it, what is open, and how many are wanted."""
    among = draw(parameters())
    chance = np.random.default_rng(draw(st.integers(0, 2**20)))
    scale = draw(st.sampled_from([1e-30, 1.0, 1.0, 1e30]))
    aims = draw(objectives(scale))
    bare = Space(Problem(parameters=among, objectives=aims))
    witness = _points(bare, chance, 1)[0]
    kept = draw(constraints(among, witness))
    problem = Problem(
        parameters=among,
        objectives=aims,
        constraints=kept,
        limits=draw(limits(scale)),
        batch=draw(st.sampled_from([1, 1, 3])),
        settings=PlannerSettings(
            deadline_s=600,
            initial=draw(st.none() | st.integers(1, 4)),
            robust=draw(st.none() | st.booleans()),
            apart=draw(_apart),
        ),
    )
    problem = _with_pool(draw, problem, bare, chance, witness)
    problem = _with_context_or_fidelity(draw, problem, witness)
    measured = _points(bare, chance, draw(_counts))
    measured = [*measured, *measured[: draw(st.integers(0, 2))]]
    history = [_observation(draw, place, point, problem, scale, chance) for place, point in enumerate(measured)]
    if draw(st.integers(0, 4)) == 0:
        told = tuple(_observation(draw, place, point, problem, scale, chance) for place, point in enumerate(measured))
        problem = problem.model_copy(update={"earlier": (Earlier(name="before", observations=told),)})
    pending: list[Parameters] = [*_points(bare, chance, draw(st.integers(0, 2)))]
    return Asked(problem, history, pending, draw(st.integers(1, 3)), draw(st.integers(0, 2**31 - 1)))


_counts = st.one_of(*[st.integers(0, 14)] * 7, st.integers(ALL_UP_TO + 1, ALL_UP_TO + 6))
"""Beyond the first milestone what was learnt is held (decision 24)."""
_apart = st.sampled_from([0.0, 0.0, 0.0, 0.05])


def _points(space: Space, chance: np.random.Generator, count: int) -> list[dict[str, Scalar]]:
    rows = space.feasible.canonical(space.spread(chance.random((count, len(space.axes)))))
    return [space.parameters(row) for row in rows]


def _with_pool(
    draw: st.DrawFn, problem: Problem, bare: Space, chance: np.random.Generator, witness: Parameters
) -> Problem:
    if draw(st.integers(0, 3)):
        return problem
    rows = [*_points(bare, chance, draw(st.integers(0, 12))), dict(witness)]
    outside = [
        {**row, **{each.name: each.high * 3 + 1 for each in problem.parameters if isinstance(each, Integer)}}
        for row in rows
    ]
    return problem.model_copy(update={"pool": (*rows, *rows[:2], *outside[:2])})


def _with_context_or_fidelity(draw: st.DrawFn, problem: Problem, witness: Parameters) -> Problem:
    """One parameter is given, or says how true a measurement is; trials may differ in cost."""
    free = [each for each in problem.parameters if each.when is None]
    depended = {each.when.parameter for each in problem.parameters if each.when is not None}
    kind = draw(st.sampled_from(["neither", "neither", "context", "fidelity"]))
    changes: dict[str, object] = {}
    if kind != "neither" and len(problem.parameters) > 1 and free:
        chosen = draw(st.sampled_from(free))
        if kind == "context" and not problem.constraints and chosen.name not in depended:
            given = chosen.model_copy(update={"context": True, "per": "sample"})
            changes["parameters"] = tuple(given if each is chosen else each for each in problem.parameters)
            changes["context"] = {chosen.name: witness[chosen.name]}
        elif kind == "fidelity" and not isinstance(chosen, Categorical):
            top = chosen.values[-1] if isinstance(chosen, Discrete) else chosen.high
            changes["fidelity"] = Fidelity(parameter=chosen.name, target=top)
            low = chosen.values[0] if isinstance(chosen, Discrete) else chosen.low
            width = float(top) - float(low)
            changes["cost"] = Cost(fixed=1.0, weights={chosen.name: 3 / width} if width else {})
    return problem.model_copy(update=changes)


def _observation(
    draw: st.DrawFn, place: int, point: Parameters, problem: Problem, scale: float, chance: np.random.Generator
) -> Observation:
    """Known, noisy, failed, without some outcomes or all, beyond a limit, far outside today's bounds, all the same."""
    kind = draw(
        st.sampled_from(
            ["known", "known", "known", "noisy", "failed", "missing", "partial", "censored", "outside", "same"]
        )
    )
    where = dict(point)
    if kind == "outside":
        where = {name: value if isinstance(value, str) else value * 2 + 1 for name, value in point.items()}
        where |= {each.name: "gone" for each in problem.parameters if isinstance(each, Categorical)}
    if kind in ("failed", "missing"):
        return Observation(trial=str(place), parameters=where, failed=kind == "failed")
    names = list(
        dict.fromkeys([*(each.outcome for each in problem.objectives), *(each.outcome for each in problem.limits)])
    )
    names = names[: len(names) - 1] if kind == "partial" else names
    outcomes = {}
    for name in names:
        value = scale * (3.0 if kind == "same" else chance.normal())
        outcomes[name] = Measurement(
            mean=value,
            standard_error=abs(value) / 10 if kind == "noisy" else None,
            censored=draw(st.sampled_from(["below", "above"])) if kind == "censored" else None,
        )
    return Observation(trial=str(place), parameters=where, outcomes=outcomes, cost=draw(st.none() | st.just(2.0)))
