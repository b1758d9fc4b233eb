"""BayBE's campaign with its default surrogate and recommender; a pool is its own, an earlier campaign a second task.

It has no limits on outcomes, and failed trials count as the worst that was measured. Full fidelity only.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from baybe import Campaign
from baybe.constraints import ContinuousLinearConstraint
from baybe.objectives import ParetoObjective, SingleTargetObjective
from baybe.parameters import (
    CategoricalParameter,
    NumericalContinuousParameter,
    NumericalDiscreteParameter,
    TaskParameter,
)
from baybe.recommenders import BotorchRecommender, TwoPhaseMetaRecommender
from baybe.searchspace import SearchSpace
from baybe.targets import NumericalTarget

from ..cases import WANTED, Box, Case, Choice, Levels, Point, Tried, with_worst

warnings.filterwarnings("ignore")
TASK, NOW, BEFORE = "campaign", "now", "before"


class BaybeCampaign:
    """One campaign."""

    @staticmethod
    def supports(case: Case) -> bool:
        return not case.limited

    def __init__(self, case: Case, seed: int) -> None:
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        self._case, self._told = case, 0
        kinds = [_parameter(case, each) for each in case.parameters if each.name != case.fidelity]
        kinds += [TaskParameter(TASK, (NOW, BEFORE), active_values=(NOW,))] if case.earlier else []
        if case.pool is not None:
            space = SearchSpace.from_dataframe(pd.DataFrame(case.pool), parameters=kinds)
        else:
            sums = ContinuousLinearConstraint([each.name for each in case.parameters], "=", rhs=1.0)
            space = SearchSpace.from_product(kinds, [sums] if case.mixture else None)
        targets = [NumericalTarget(name) for name in case.objectives]
        again = {"allow_recommending_already_measured": False} if case.pool is not None else {}
        self._campaign = Campaign(
            space,
            SingleTargetObjective(targets[0]) if len(targets) == 1 else ParetoObjective(targets),
            TwoPhaseMetaRecommender(recommender=BotorchRecommender()),
            **again,
        )
        if case.earlier:
            rows = [{**point, WANTED: value, TASK: BEFORE} for point, value in case.earlier]
            self._campaign.add_measurements(pd.DataFrame(rows))

    def ask(self, history: Sequence[Tried]) -> Point:
        case = self._case
        task: Point = {TASK: NOW} if case.earlier else {}
        rows = [
            {name: value for name, value in each.point.items() if name != case.fidelity}
            | {name: each.measured[name] for name in case.objectives}
            | task
            for each in with_worst(history)[self._told :]
        ]
        if rows:
            self._campaign.add_measurements(pd.DataFrame(rows))
        self._told = len(history) if with_worst(history) else 0
        row = self._campaign.recommend(batch_size=1).iloc[0].to_dict()
        names = [each for each in case.parameters if each.name != case.fidelity]
        point: Point = {
            each.name: str(row[each.name]) if isinstance(each, Choice) else float(row[each.name]) for each in names
        }
        return point | ({case.fidelity: case.full} if case.fidelity else {})


def _parameter(case: Case, each: Box | Choice | Levels) -> object:
    if isinstance(each, Choice):
        return CategoricalParameter(each.name, each.options, encoding="OHE")
    if case.pool is not None:
        return NumericalDiscreteParameter(each.name, sorted({float(row[each.name]) for row in case.pool}))
    return NumericalContinuousParameter(each.name, (each.low, each.high))
