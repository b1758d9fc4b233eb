"""Why a point was chosen: what the model can say of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from labd.domain.problem import Explanation, Observation, Parameters, Prediction, Problem
from labd.planning.explanations.active import active
from labd.planning.explanations.caveats import caveats
from labd.planning.explanations.neighbours import distances, extrapolates, nearest
from labd.planning.explanations.shapley import attributions, is_exact
from labd.planning.spaces.axes import Array
from labd.planning.spaces.space import Space
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.outcomes import Standard

FAR = "It lies outside what was tried, further than the model's lengthscales reach."
SAMPLED = "There are many parameters: their parts are averaged over some of the orders of changing them."
LARGEST = 1e12
"""A difference beyond this is of numbers that ran out: nothing is told of it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one outcome is expected to be, everywhere."""

    outcome: str
    belief: Belief
    standard: Standard

    def mean(self, at: Tensor) -> Array:
        """The expected outcome, in its own unit, of features `k x columns`; `k`."""
        expected = self.belief.expected(at).cpu().numpy()
        return np.array([self.standard.value(float(each)) for each in expected])

    def predict(self, at: Tensor) -> list[Prediction]:
        """What is expected at features `k x columns`."""
        mean, deviation = self.belief.predict(at)
        return [self.standard.prediction(float(m), float(s)) for m, s in zip(mean, deviation, strict=True)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there was to learn from, and what was made of it."""

    problem: Problem
    space: Space
    observations: Sequence[Observation]
    tried: Array
    """The rows of all observations."""
    belief: Belief
    """Of what is wanted."""
    outlooks: Sequence[Outlook]
    best: Array
    """The row of the best point that is known."""

    def features(self, rows: Array) -> Tensor:
        """What the model sees of rows, where it can see it."""
        return self.space.features(rows).to(self.belief.main.x.device)

    def explain(
        self,
        row: Array,
        point: Parameters,
        acquisition: Callable[[Tensor], Tensor],
        predicted: Mapping[str, Prediction],
    ) -> Explanation:
        """Why this row, which is this point: `acquisition` is what made it the best."""
        at = self.features(row[None])[0]
        parts = self._attributions(row, acquisition)
        far = extrapolates(self.belief, at, self.belief.main.x)
        names, compared = self.space.names, self._best_point()
        said = {name: parts[:, k] for k, name in enumerate(["", *(each.outcome for each in self.outlooks)])}
        told = {name: _finite(names, each) for name, each in said.items()}
        attributed = told.pop("")
        return Explanation(
            attributions=attributed,
            difference=math.fsum(attributed.values()) if attributed else None,
            effects={name: each for name, each in told.items() if each},
            compared_with=dict(compared),
            nearest=nearest(self.observations, distances(self.belief, at, self.features(self.tried))),
            active=active(self.problem, point, predicted, self.observations),
            extrapolates=far,
            caveats=(
                *caveats(self.problem, self.observations, self.belief),
                *([FAR] if far else []),
                *([] if is_exact(self.best, row) else [SAMPLED]),
            ),
        )

    def _best_point(self) -> Parameters:
        """The best as it was tried: it may lie outside what may be tried now."""
        same = np.flatnonzero((self.tried == self.best).all(1))
        return self.observations[int(same[0])].parameters if len(same) else self.space.parameters(self.best)

    def _attributions(self, row: Array, acquisition: Callable[[Tensor], Tensor]) -> Array:
        """Each parameter's part in the acquisition, and in what is expected of each outcome; one column each."""

        def value(rows: Array) -> Array:
            at = self.features(self.space.feasible.canonical(rows))
            promise = acquisition(at).cpu().numpy()
            return np.stack([promise, *(each.mean(at) for each in self.outlooks)], axis=1)

        return attributions(value, self.best, row)


def _finite(names: Sequence[str], parts: Array) -> dict[str, float]:
    """Parts by name; none where the numbers ran out."""
    if not (np.abs(parts) < LARGEST).all():
        return {}
    return dict(zip(names, parts.tolist(), strict=True))
