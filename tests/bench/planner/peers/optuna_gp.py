"""Optuna's Gaussian process sampler.

Shares of a mixture as its FAQ tells it (a Dirichlet draw of uniform numbers), limits by
`constraints_func`; failed trials count as the worst that was measured (told as FAIL they are forgotten, and the same
point is asked for until the end). Full fidelity, the nearest row of a pool, no earlier campaign.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import Trial, TrialState, create_trial

from ..cases import LIMITED, Case, Choice, Point, Tried, with_worst

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
SMALL = 1e-9


class OptunaGp:
    """One study; the first points are added as trials."""

    @staticmethod
    def supports(case: Case) -> bool:
        return not case.earlier

    def __init__(self, case: Case, seed: int) -> None:
        self._case, self._told = case, 0
        self._open: Trial | None = None
        self._space: dict[str, BaseDistribution] = {
            each.name: CategoricalDistribution(list(each.options))
            if isinstance(each, Choice)
            else FloatDistribution(each.low, each.high)
            for each in case.parameters
            if each.name != case.fidelity
        }
        sampler = optuna.samplers.GPSampler(
            seed=seed,
            n_startup_trials=1,
            deterministic_objective=not any(case.noise.values()) and not case.corrupted,
            constraints_func=(lambda trial: trial.user_attrs["limits"]) if case.limited else None,
        )
        self._study = optuna.create_study(sampler=sampler, directions=["maximize"] * len(case.objectives))

    def ask(self, history: Sequence[Tried]) -> Point:
        known = with_worst(history)
        for each in known[self._told :]:
            self._tell(each)
        self._told = len(known)
        self._open = self._study.ask(fixed_distributions=self._space)
        return self._point(self._open.params)

    def _tell(self, tried: Tried) -> None:
        trial, self._open = self._open, None
        values = [tried.measured[name] for name in self._case.objectives]
        limits = (tried.measured[LIMITED],) if self._case.limited else None
        if trial is not None:
            same = self._case.key(self._point(trial.params)) == self._case.key(tried.point)
            if same and limits is not None:
                trial.set_user_attr("limits", limits)
            if same:
                self._study.tell(trial, values)
                return
            self._study.tell(trial, state=TrialState.FAIL)
        self._study.add_trial(
            create_trial(
                params=self._parameters(tried.point),
                distributions=self._space,
                values=values,
                user_attrs={"limits": limits} if limits else {},
                system_attrs={"constraints": limits} if limits else {},
            )
        )

    def _point(self, parameters: dict[str, float | str]) -> Point:
        if self._case.mixture:
            parts = {name: -math.log(max(float(value), SMALL)) for name, value in parameters.items()}
            total = math.fsum(parts.values())
            return {name: part / total for name, part in parts.items()}
        return dict(parameters) | ({self._case.fidelity: self._case.full} if self._case.fidelity else {})

    def _parameters(self, point: Point) -> dict[str, float | str]:
        if self._case.mixture:
            return {name: math.exp(-float(part) * len(point)) for name, part in point.items()}
        return {name: value for name, value in point.items() if name != self._case.fidelity}
