"""The answer of a campaign: which of the points that were tried is best, as the model sees it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Goal,
    Objective,
    Observation,
    Prediction,
    Problem,
    Recommendation,
    is_same,
)
from labd.planning.arguments import observed
from labd.planning.explanations.explain import listed, number
from labd.planning.spaces.axes import Array
from labd.planning.strategies.data import Data, having
from labd.planning.strategies.question import Question, question_of
from labd.planning.surrogates.outcomes import direction
from labd.planning.threads import one_thread
from labd.planning.validity import check


def recommend(problem: Problem, observations: Sequence[Observation]) -> Recommendation:
    """The best point that was tried: of all that were measured, the one of the best posterior mean, so that one lucky
    or wrong measurement does not make a best.

    Several objectives are weighed as their weights say. Points at which the model expects a limit to be broken come
    after all others; with a fidelity, those that were measured at the target come first. Raises `InvalidInput` as
    `labd.planning.suggest` does, where no trial has every outcome that is wanted, and where no best is sought (`level`,
    `map`).
    """
    check(problem)
    observations = observed(observations)
    sought = [each for each in problem.objectives if each.goal in {Goal.LEVEL, Goal.MAP}]
    if sought:
        raise InvalidInput(f"There is no best {sought[0].outcome}.", f"Its goal is to {sought[0].goal} it.")
    with one_thread():
        question = question_of(problem, observations)
        wanted = [each.outcome for each in problem.objectives]
        places = having(question, wanted)
        known, rows = [observations[place] for place in places], question.tried[places]
        if not known:
            raise InvalidInput(f"No trial has given {listed(wanted)} yet.", "A recommendation needs one that has.")
        data = Data(Question(problem, question.space, known, rows))
        at = data.features(data.here(rows))
        predicted = {
            each.outcome: data.outcome(each.outcome, direction(each)).predict(at) for each in problem.objectives
        }
        worth = _worth(problem.objectives, predicted)
        broken = _broken(Data(question), rows)
        true = _at_target(problem, known)
        best = int(np.lexsort((-worth, broken, ~true))[0])
        return Recommendation(
            trial=known[best].trial,
            parameters=dict(known[best].parameters),
            predicted={name: each[best] for name, each in predicted.items()},
            reason=_reason(problem, known, best, predicted, broken, true),
        )


def _worth(objectives: Sequence[Objective], predicted: dict[str, list[Prediction]]) -> Array:
    """Of each point, larger is better; each of several objectives counts by its weight, over what its points span."""
    total = np.zeros(len(next(iter(predicted.values()))))
    for objective in objectives:
        means = np.array([each.mean for each in predicted[objective.outcome]])
        if objective.goal is Goal.MATCH and objective.target is not None:
            means = -np.abs(means - objective.target)
        elif objective.goal is Goal.MINIMISE:
            means = -means
        if len(objectives) > 1:
            means = (means - means.min()) / (float(np.ptp(means)) or 1.0)
        total += objective.weight * means
    return total


def _broken(data: Data, rows: Array) -> Array:
    """Of each row: by how many deviations the model expects limits to be broken there, in sum; 0 where all are kept."""
    excess = np.zeros(len(rows))
    for limit in data.question.problem.limits:
        if not data.measured([limit.outcome]):
            continue
        for at, expected in enumerate(data.outcome(limit.outcome, 1.0).predict(data.features(rows))):
            low = expected.mean if limit.low is None else limit.low
            high = expected.mean if limit.high is None else limit.high
            beyond = max(low - expected.mean, expected.mean - high)
            excess[at] += beyond / max(expected.deviation, 1e-300) if beyond > 0 else 0.0
    return excess


def _at_target(problem: Problem, known: Sequence[Observation]) -> NDArray[np.bool_]:
    fidelity = problem.fidelity
    if fidelity is None:
        return np.ones(len(known), dtype=bool)
    return np.array([is_same(each.parameters[fidelity.parameter], fidelity.target) for each in known])


def _reason(
    problem: Problem,
    known: Sequence[Observation],
    best: int,
    predicted: dict[str, list[Prediction]],
    broken: Array,
    true: NDArray[np.bool_],
) -> str:
    told = listed([f"{name} {number(p[best].mean)} ± {number(p[best].deviation)}" for name, p in predicted.items()])
    count = f"{len(known)} trials that were measured" if len(known) > 1 else "the one trial that was measured"
    text = f"The best of {count}, as the model sees it: it expects {told}"
    if len(problem.objectives) == 1:
        objective = problem.objectives[0]
        means = np.array([each.outcomes[objective.outcome].mean for each in known])
        raw = _worth([objective], {objective.outcome: [Prediction(mean=m, deviation=0) for m in means]})
        lucky = int(np.where(true == true[best], raw, -np.inf).argmax())
        if lucky != best and raw[lucky] > raw[best]:
            there = predicted[objective.outcome][lucky]
            text += f"; {known[lucky].trial} measured {number(means[lucky])}, where it expects {number(there.mean)}"
            text += ", and breaks a limit" if broken[lucky] > 0 else ""
    if broken[best] > 0:
        text += "; it expects every one of them to break a limit, this one by the least"
    if not true[best] and problem.fidelity is not None:
        text += f"; none was measured at the full {problem.fidelity.parameter}"
    return text + "."
