"""How often the truth lies within the 95 % intervals that the planner tells.

`elsewhere`: at points drawn at random, after 5 to 50 measurements drawn at random. `suggested`: at the points that the
planner suggests, as it goes, which are those where it is the most hopeful; `measured` asks there whether a measurement,
noisy as it may be, lies within the interval of one. Each over all, by number of measurements, and by function. `clean`:
the coverage is between 88 and 99 %, elsewhere at each number of measurements, and over all of both.
"""

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from labd.domain.problem import (
    Categorical,
    Continuous,
    Integer,
    Measurement,
    Objective,
    Observation,
    Parameters,
    Prediction,
    Problem,
)
from labd.planning import insight, suggest
from labd.planning.spaces.space import Space
from labd.planning.strategies.choosing import choose
from labd.planning.strategies.question import Question
from labd.planning.threads import one_thread

COUNTS = (5, 10, 20, 35, 50)
POINTS = 64
INTERVAL = 1.959964
LEAST, MOST = 0.88, 0.99


@dataclass(frozen=True, slots=True)
class Case:
    """A function over a space, and how noisy it is measured, as a share of how much it varies."""

    name: str
    problem: Problem
    truth: Callable[[Parameters], float]
    noise: float = 0.0


def _cube(size: int) -> Problem:
    parameters = tuple(Continuous(name=f"x{k}", low=0, high=1) for k in range(size))
    return Problem(parameters=parameters, objectives=(Objective(outcome="y"),))


def _at(point: Parameters) -> list[float]:
    return [float(each) for each in point.values()]


def branin(point: Parameters) -> float:
    """Source: L. C. W. Dixon and G. P. Szego, 1978."""
    u, v = _at(point)
    a, b = 15 * u - 5, 15 * v
    valley = (b - 5.1 / (4 * math.pi**2) * a * a + 5 / math.pi * a - 6) ** 2
    return -(valley + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10)


_A3 = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
_P3 = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])


def hartmann3(point: Parameters) -> float:
    """Source: J. K. Hartman, Naval Research Logistics Quarterly 20, 1973."""
    apart = (_A3 * (np.array(_at(point)) - _P3) ** 2).sum(1)
    return float(np.array([1, 1.2, 3, 3.2]) @ np.exp(-apart))


def friedman(point: Parameters) -> float:
    """Source: J. H. Friedman, The Annals of Statistics 19, 1991."""
    x = _at(point)
    return 10 * math.sin(math.pi * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4]


def ridges(point: Parameters) -> float:
    """Waves that a smooth model cannot follow."""
    x = _at(point)
    return math.sin(7 * x[0]) * math.cos(5 * x[1]) + 0.5 * x[0]


def cliff(point: Parameters) -> float:
    """A steep edge between two plains."""
    x = _at(point)
    return math.tanh(15 * (x[0] + 0.5 * x[1] - 0.8)) + 0.3 * x[2]


def reaction(point: Parameters) -> float:
    """A yield with its peak at 80 °C, 7 equivalents, and the third of four catalysts."""
    factor = {"pd": 0.5, "ni": 0.3, "cu": 1.0, "fe": 0.1}[str(point["catalyst"])]
    apart = ((float(point["temperature"]) - 80) / 25) ** 2 + ((float(point["equivalents"]) - 7) / 3) ** 2
    return 90 * factor * math.exp(-apart / 2)


REACTION = Problem(
    parameters=(
        Continuous(name="temperature", low=20, high=150),
        Integer(name="equivalents", low=1, high=20),
        Categorical(name="catalyst", options=("pd", "ni", "cu", "fe")),
    ),
    objectives=(Objective(outcome="y"),),
)
CASES = (
    Case("branin", _cube(2), branin),
    Case("branin, noisy", _cube(2), branin, 0.1),
    Case("hartmann3", _cube(3), hartmann3),
    Case("friedman", _cube(5), friedman),
    Case("friedman, noisy", _cube(5), friedman, 0.1),
    Case("ridges", _cube(2), ridges),
    Case("cliff", _cube(3), cliff),
    Case("reaction", REACTION, reaction),
    Case("reaction, noisy", REACTION, reaction, 0.05),
)


async def measure(seeds: int = 6, campaigns: int = 2) -> dict[str, object]:
    """The figures, as `python -m tests.bench calibration` prints them."""
    found = await asyncio.to_thread(coverage, seeds, campaigns)
    told = [*found["elsewhere"]["by_n"].values(), *(found[each]["all"]["all"] for each in ("elsewhere", "suggested"))]
    return {**found, "seeds": seeds, "campaigns": campaigns, "clean": all(LEAST <= each <= MOST for each in told)}


Shares = dict[str, dict[str, float]]


def coverage(seeds: int, campaigns: int) -> dict[str, Shares]:
    """The share within the intervals, where the planner measures nothing and where it does."""
    elsewhere: Hits = defaultdict(list)
    suggested: Hits = defaultdict(list)
    measured: Hits = defaultdict(list)
    for case in CASES:
        for seed in range(seeds):
            for count in COUNTS:
                elsewhere[case.name, count] += at_random(case, count, seed)
        for seed in range(campaigns):
            for count, truly, as_measured in along(case, seed):
                suggested[case.name, count] += [truly]
                measured[case.name, count] += [as_measured]
    return {"elsewhere": _told(elsewhere), "suggested": _told(suggested), "measured": _told(measured)}


Hits = dict[tuple[str, int], list[bool]]


def _told(hits: Hits) -> Shares:
    """The share over all, by number of measurements, and by case."""
    grouped: dict[str, dict[str, list[bool]]] = {"all": {}, "by_n": {}, "by_case": {}}
    for (case, count), each in sorted(hits.items(), key=lambda item: item[0][1]):
        for group, name in (("all", "all"), ("by_n", str(count)), ("by_case", case)):
            grouped[group].setdefault(name, []).extend(each)
    return {
        group: {name: round(float(np.mean(each)), 3) for name, each in found.items()}
        for group, found in grouped.items()
    }


def at_random(case: Case, count: int, seed: int) -> list[bool]:
    """Whether the truth is within the interval at random points, after so many random measurements."""
    space, seen = Space(case.problem), scattered(case, count, seed)
    question = Question(case.problem, space, seen, space.rows([each.parameters for each in seen]))
    rows = space.sobol(POINTS, seed + 1000)
    with one_thread():
        strategy = choose(case.problem).make(question)
        expected = strategy.outcomes[0].predict(strategy.data.features(rows))
    points = [space.parameters(row) for row in rows]
    return [within(case.truth(point), each) for point, each in zip(points, expected, strict=True)]


def along(case: Case, seed: int) -> Iterator[tuple[int, bool, bool]]:
    """Of a campaign from 5 to 50 measurements: how many there were (of `COUNTS`, the next one), whether the truth is
    within the interval of each suggestion, and whether the measurement is."""
    chance = np.random.default_rng([seed, 7])
    deviation = case.noise * _spread(case)
    seen = scattered(case, COUNTS[0], seed)
    predictions: dict[str, Mapping[str, Prediction]] = {}
    truths: dict[str, tuple[int, float]] = {}
    problem = case.problem.model_copy(update={"settings": case.problem.settings.model_copy(update={"initial": 1})})
    while len(seen) < COUNTS[-1]:
        (made,) = suggest(problem, seen, seed=seed)
        trial, truth = str(len(seen)), case.truth(made.parameters)
        predictions[trial], truths[trial] = made.predicted, (min(c for c in COUNTS if c > len(seen)), truth)
        came = Measurement(mean=truth + deviation * chance.normal())
        seen.append(Observation(trial=trial, parameters=made.parameters, outcomes={"y": came}))
    scores = insight(problem, seen, predictions).outcomes[0].calibration
    for each in scores.scores if scores else ():
        count, truth = truths[each.trial]
        yield count, within(truth, predictions[each.trial]["y"]), abs(each.z) <= INTERVAL


def scattered(case: Case, count: int, seed: int) -> list[Observation]:
    """Measurements at random points."""
    space, chance = Space(case.problem), np.random.default_rng(seed)
    points = [space.parameters(row) for row in space.spread(chance.random((count, len(space.axes))))]
    deviation = case.noise * _spread(case)
    return [
        Observation(
            trial=str(k),
            parameters=point,
            outcomes={"y": Measurement(mean=case.truth(point) + deviation * chance.normal())},
        )
        for k, point in enumerate(points)
    ]


def _spread(case: Case) -> float:
    space = Space(case.problem)
    return float(np.std([case.truth(space.parameters(row)) for row in space.sobol(256, 0)]))


def within(truth: float, expected: Prediction) -> bool:
    """Whether it lies within the 95 % interval."""
    return abs(truth - expected.mean) <= INTERVAL * expected.deviation + 1e-9
