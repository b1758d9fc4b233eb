"""Ax's client with its default ("fast") generation strategy; other points are attached as trials.

Of a mixture the last share is what the others leave. Full fidelity, the nearest row of a pool, no earlier campaign.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Sequence

import torch
from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

from ..cases import LIMITED, Case, Choice, Point, Tried

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)


class AxClient:
    """One experiment."""

    @staticmethod
    def supports(case: Case) -> bool:
        return not case.earlier

    def __init__(self, case: Case, seed: int) -> None:
        torch.manual_seed(seed)
        self._case, self._told = case, 0
        self._open: tuple[int, Point] | None = None
        self._last = case.parameters[-1].name if case.mixture else None
        self._left_out = {case.fidelity, self._last}
        free = [each for each in case.parameters if each.name not in self._left_out]
        self._client = Client(random_seed=seed)
        self._client.configure_experiment(
            parameters=[
                ChoiceParameterConfig(name=each.name, values=list(each.options), parameter_type="str", is_ordered=False)
                if isinstance(each, Choice)
                else RangeParameterConfig(name=each.name, bounds=(each.low, each.high), parameter_type="float")
                for each in free
            ],
            parameter_constraints=[" + ".join(each.name for each in free) + " <= 1"] if case.mixture else None,
        )
        self._client.configure_optimization(*self._aims())
        self._client.configure_generation_strategy(
            method="fast",
            initialization_budget=case.initial,
            initialize_with_center=False,
            initialization_random_seed=seed,
        )

    def _aims(self) -> tuple[str, list[str] | None]:
        reference = self._case.reference
        if reference is not None:
            return "y0, y1", [f"y{i} >= {worst}" for i, worst in enumerate(reference)]
        return "y", [f"{LIMITED} <= 0"] if self._case.limited else None

    def ask(self, history: Sequence[Tried]) -> Point:
        for each in history[self._told :]:
            self._tell(each)
        self._told = len(history)
        ((trial, parameters),) = self._client.get_next_trials(max_trials=1).items()
        self._open = (trial, self._point(dict(parameters)))
        return self._open[1]

    def _tell(self, tried: Tried) -> None:
        asked, self._open = self._open, None
        if asked is not None and self._case.key(asked[1]) == self._case.key(tried.point):
            trial = asked[0]
        else:
            if asked is not None:
                self._client.mark_trial_abandoned(asked[0])
            inside = {name: value for name, value in tried.point.items() if name not in self._left_out}
            trial = self._client.attach_trial(parameters=inside)
        if tried.failed:
            self._client.mark_trial_failed(trial)
        else:
            self._client.complete_trial(trial, raw_data=dict(tried.measured))

    def _point(self, parameters: Point) -> Point:
        if self._last is not None:
            return parameters | {self._last: max(0.0, 1 - math.fsum(float(each) for each in parameters.values()))}
        return parameters | ({self._case.fidelity: self._case.full} if self._case.fidelity else {})
