"""What has been learnt of a problem, and the proposals that follow from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import torch
from torch import Tensor

from labd.domain.problem import Objective, Observation, Prediction, Problem, Suggestion
from labd.planning.acquisitions.acquisition import Acquisition, SuccessModel, improvement_over
from labd.planning.acquisitions.search import SCATTERED, Search, nearest_rows
from labd.planning.device import choose_device
from labd.planning.explanations.explain import driver, importance, listed, number
from labd.planning.explanations.explanation import Evidence, Outlook
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.censoring import beyond_limits, sides
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.outcomes import Standard, measured, objective_standard, standardise, weighted_sum

GOOD = 4
"""The best points, near which the search looks closer."""


class Model:
    """Gaussian processes for what is wanted, for each outcome, and for success, over one set of observations.

    `tried` are the rows of all observations; at least one of them must have every objective's outcome.
    """

    def __init__(self, problem: Problem, space: Space, observations: Sequence[Observation], tried: Array) -> None:
        self.space, self.objectives = space, problem.objectives
        places = measured(observations, problem.objectives)
        known = [observations[i] for i in places]
        candidates = SCATTERED if space.table is None else len(space.table)
        self.device = choose_device(len(places), candidates)
        self.groups = torch.as_tensor(space.groups, device=self.device)
        self.rows = tried[places]
        self.parts = [self._part(known, objective) for objective in problem.objectives]
        self.limits = sum(
            any(each.outcomes[objective.outcome].censored for objective in problem.objectives) for each in known
        )
        single = len(self.parts) == 1
        self.wanted = self.parts[0] if single else weighted_sum(self.parts, problem.objectives)
        self.belief = self._learn(self.rows, self.wanted)
        self.beliefs = [self.belief] if single else [self._learn(self.rows, part) for part in self.parts]
        self.success = self._success(observations, tried)
        self.importance = importance(space, self.belief, 0)
        self.evidence = Evidence(
            *(problem, space, observations, tried, self.belief),
            [
                Outlook(objective.outcome, belief, part)
                for objective, belief, part in zip(problem.objectives, self.beliefs, self.parts, strict=True)
            ],
            self.rows[int(self.believed().argmax())],
        )

    def _features(self, rows: Array) -> Tensor:
        return self.space.features(rows).to(self.device)

    def _learn(self, rows: Array, standard: Standard) -> Belief:
        target = torch.tensor(standard.targets, device=self.device)
        noise = torch.tensor(standard.noise, device=self.device)
        return learn(self._features(rows), target, noise, self.groups)

    def _part(self, known: Sequence[Observation], objective: Objective) -> Standard:
        """The objective's outcome, with what the model expects in place of what is only known to lie beyond a limit."""
        standard = objective_standard(known, objective)
        return beyond_limits(
            standard, sides(known, objective), lambda filled: self._learn(self.rows, filled).main.left_out()
        )

    def _success(self, observations: Sequence[Observation], tried: Array) -> SuccessModel | None:
        if not any(each.failed for each in observations):
            return None
        told = [place for place, each in enumerate(observations) if each.failed or each.outcomes]  # others were not run
        labels = np.array([-1.0 if observations[place].failed else 1.0 for place in told])
        standard = standardise(labels, np.zeros(len(labels)), 1.0)
        return SuccessModel(self._learn(tried[told], standard).main, -standard.mean / standard.spread)

    def believed(self) -> Tensor:
        """What the model thinks of the points that were measured, standardised; `n`."""
        return self.belief.predict(self.belief.main.x)[0]

    def propose(
        self, space: Space, waiting: Array, taken: AbstractSet[bytes], seed: int
    ) -> tuple[Array, Suggestion] | None:
        """The best free row of the space, or of the part of it that is still open, while `waiting` rows are being
        measured; None when none is free."""
        acquisition = improvement_over(self.belief, self._features(waiting), seed, self.success)
        search = Search(space, acquisition, taken, seed)
        if space.table is not None:
            place = search.best_of(space.table)
            if place is None:
                return None
            row = space.table[place]
            pool = space.pool
            point = dict(pool[place]) if pool is not None else space.parameters(row)
        else:
            means = self.believed().cpu().numpy()
            good = nearest_rows(space, self.rows[np.argsort(-means, kind="stable")[:GOOD]])
            found = search.best_anywhere(good)
            if found is None:
                return None
            row, point = found, space.parameters(found)
        return row, self._suggestion(row, point, acquisition, len(waiting))

    def _suggestion(
        self, row: Array, point: dict[str, str | int | float], acquisition: Acquisition, waiting: int
    ) -> Suggestion:
        at = self._features(row[None])
        predicted = {
            objective.outcome: _predict(belief, part, at)
            for objective, belief, part in zip(self.objectives, self.beliefs, self.parts, strict=True)
        }
        exploration = acquisition.exploration(at[0])
        return Suggestion(
            parameters=point,
            method="gp-logei"
            + ("+weighted-sum" if len(self.parts) > 1 else "")
            + ("+feasibility" if self.success else ""),
            reason=self._reason(at, predicted, exploration, waiting),
            predicted=predicted,
            acquisition=float(acquisition(at)[0]),
            exploration=exploration,
            importance=self.importance,
            explanation=self.evidence.explain(row, point, acquisition, predicted),
        )

    def _reason(self, at: Tensor, predicted: dict[str, Prediction], exploration: float, waiting: int) -> str:
        told = [f"{number(p.mean)} ± {number(p.deviation)}" for p in predicted.values()]
        if len(self.parts) == 1:
            best = self.parts[0].value(float(self.believed().max()))
            text = f"Highest expected improvement on {number(best)}, the model's best estimate so far"
            text += f"; the model expects {told[0]}"
        else:
            total = math.fsum(objective.weight for objective in self.objectives)
            shares = listed([_share_of(objective, total) for objective in self.objectives])
            named = listed([f"{name} {value}" for name, value in zip(predicted, told, strict=True)])
            text = f"Highest expected improvement of the weighted sum of {shares}; the model expects {named}"
        text += f"; {100 * exploration:.0f} % of the appeal is uncertainty{driver(self.importance)}"
        if self.success is not None:
            chance = math.exp(float(self.success.log_probability(at)[0]))
            text += f"; {100 * chance:.0f} % chance that it succeeds"
        if self.limits:
            text += f"; {self.limits} result{'s lie' if self.limits > 1 else ' lies'} beyond a limit"
        if waiting:
            text += f"; {waiting} open trial{'s are' if waiting > 1 else ' is'} taken into account"
        return text + (" (computed on the GPU)." if self.device.type == "cuda" else ".")


def _predict(belief: Belief, standard: Standard, at: Tensor) -> Prediction:
    mean, deviation = belief.predict(at)
    return standard.prediction(float(mean[0]), float(deviation[0]))


def _share_of(objective: Objective, total: float) -> str:
    return f"{objective.outcome} ({100 * objective.weight / total:.0f} %)"
