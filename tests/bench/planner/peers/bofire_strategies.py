"""BoFire's SoboStrategy with qLogNEI, and MoboStrategy; default surrogates; a limit is a sigmoid objective.

Failed trials count as the worst that was measured; full fidelity, no pool, no earlier campaign.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence

import bofire.strategies.api as strategies
import pandas as pd
import torch
from bofire.data_models.acquisition_functions.api import qLogNEI
from bofire.data_models.constraints.api import LinearEqualityConstraint
from bofire.data_models.domain.api import Constraints, Domain, Inputs, Outputs
from bofire.data_models.features.api import CategoricalInput, ContinuousInput, ContinuousOutput
from bofire.data_models.objectives.api import MaximizeObjective, MinimizeSigmoidObjective
from bofire.data_models.strategies.api import MoboStrategy, SoboStrategy

from ..cases import LIMITED, Case, Choice, Point, Tried, with_worst

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
STEEP = 100.0
"""Of the limit's sigmoid: sharp, since measurements of it are."""


class Bofire:
    """One strategy."""

    @staticmethod
    def supports(case: Case) -> bool:
        return not case.earlier

    def __init__(self, case: Case, seed: int) -> None:
        torch.manual_seed(seed)
        self._case, self._told = case, 0
        self._free = [each for each in case.parameters if each.name != case.fidelity]
        self._outcomes = [*case.objectives, *([LIMITED] if case.limited else [])]
        inputs = [
            CategoricalInput(key=each.name, categories=list(each.options))
            if isinstance(each, Choice)
            else ContinuousInput(key=each.name, bounds=(each.low, each.high))
            for each in self._free
        ]
        outputs = [ContinuousOutput(key=name, objective=MaximizeObjective()) for name in case.objectives]
        if case.limited:
            limit = MinimizeSigmoidObjective(steepness=STEEP, tp=0.0, w=1.0)
            outputs.append(ContinuousOutput(key=LIMITED, objective=limit))
        names = [each.name for each in case.parameters]
        sums = LinearEqualityConstraint(features=names, coefficients=[1.0] * len(names), rhs=1.0)
        domain = Domain(
            inputs=Inputs(features=inputs),
            outputs=Outputs(features=outputs),
            constraints=Constraints(constraints=[sums] if case.mixture else []),
        )
        if case.reference is not None:
            worst = {f"y{i}": value for i, value in enumerate(case.reference)}
            chosen: object = MoboStrategy(domain=domain, seed=seed, ref_point=worst)
        else:
            chosen = SoboStrategy(domain=domain, seed=seed, acquisition_function=qLogNEI())
        self._strategy = strategies.map(chosen)

    def ask(self, history: Sequence[Tried]) -> Point:
        case = self._case
        valid = {f"valid_{name}": 1 for name in self._outcomes}
        rows = [
            {name: value for name, value in each.point.items() if name != case.fidelity} | dict(each.measured) | valid
            for each in with_worst(history)[self._told :]
        ]
        if rows:
            self._strategy.tell(pd.DataFrame(rows))
        self._told = len(history) if with_worst(history) else 0
        row = self._strategy.ask(1).iloc[0].to_dict()
        point: Point = {
            each.name: str(row[each.name]) if isinstance(each, Choice) else float(row[each.name]) for each in self._free
        }
        return point | ({case.fidelity: case.full} if case.fidelity else {})
