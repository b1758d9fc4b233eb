"""What a question's observations say of each outcome and of success, in the form in which it is learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from labd.domain.problem import Observation, Prediction
from labd.planning.acquisitions.acquisition import SuccessModel
from labd.planning.acquisitions.search import SCATTERED
from labd.planning.device import choose_device
from labd.planning.spaces.axes import Array
from labd.planning.strategies.learners import learner_for
from labd.planning.strategies.question import Question
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.bending import bent
from labd.planning.surrogates.censoring import beyond_limits, sides
from labd.planning.surrogates.fit import learn, learn_smooth
from labd.planning.surrogates.gp import GaussianProcess
from labd.planning.surrogates.outcomes import Standard, outcome_standard, standardise
from labd.planning.surrogates.robust import FEWEST, RIGHT, SUSPECT, Mask, doubting


@dataclass(frozen=True, slots=True)
class Learnt:
    """An outcome: where it was measured, its measurements in standard units, and what is believed of it."""

    name: str
    rows: Array
    standard: Standard
    belief: Belief

    def predict(self, at: Tensor) -> list[Prediction]:
        """What is expected at each point (`k x columns`), in the outcome's own unit."""
        means, deviations = self.belief.predict(at)
        return [self.standard.prediction(float(m), float(d)) for m, d in zip(means, deviations, strict=True)]

    def believed(self) -> Tensor:
        """What the model thinks of the points that were measured, standardised; `n`."""
        return self.belief.believed


class Data:
    """The observations of a question, and what is learnt of them."""

    def __init__(self, question: Question) -> None:
        self.question, self.space = question, question.space
        candidates = SCATTERED if self.space.table is None else len(self.space.table)
        self.device = choose_device(len(question.observations), candidates)
        if question.problem.earlier:  # what earlier campaigns taught is remembered on the processor, for every question
            self.device = torch.device("cpu")
        self.groups = torch.as_tensor(self.space.groups, device=self.device)
        self._learnt: dict[tuple[str | None, float, bytes, bytes, bytes], Belief] = {}
        self._looked: dict[tuple[bytes, bytes, bytes], GaussianProcess] = {}
        self.names: list[str] = []
        """Who learnt: the names of all learners that were asked."""
        self.doubted: dict[str, None] = {}
        """The trials of which a measurement is not believed, in order."""

    @property
    def learners(self) -> str:
        """Who learnt, as a method's name says it."""
        return "+".join(self.names) + ("-robust" if self.doubted else "")

    def features(self, rows: Array) -> Tensor:
        """What the models see of rows; `rows x columns`."""
        return self.space.features(rows).to(self.device)

    def here(self, rows: Array) -> Array:
        """The rows in the context as it is now: what is given and not chosen, replaced."""
        moved = rows.copy()
        for k, parameter in enumerate(self.question.problem.parameters):
            held = self.space.axes[k].only
            if parameter.context and held is not None:
                moved[:, k] = held
        return moved

    def learn(self, rows: Array, standard: Standard, outcome: str | None) -> Belief:
        """What is believed of an outcome, or (None) of a sum of several, that was measured at `rows`."""
        asked = (outcome, standard.sign, rows.tobytes(), standard.targets.tobytes(), standard.noise.tobytes())
        if asked not in self._learnt:
            learner = learner_for(self.question, outcome, standard.sign)
            if learner.name not in self.names:
                self.names.append(learner.name)
            target = torch.tensor(standard.targets, device=self.device)
            noise = torch.tensor(standard.noise, device=self.device)
            self._learnt[asked] = learner.learn(self.features(rows), target, noise, self.groups)
        return self._learnt[asked]

    def bent(self, rows: Array, standard: Standard, outcome: str) -> Standard:
        """An outcome that is wanted by itself, bent as suits it; as it is where earlier campaigns have a say in it."""
        if learner_for(self.question, outcome, standard.sign).learn is not learn:
            return standard
        return bent(standard, self._smooth(rows, standard))

    def _smooth(self, rows: Array, standard: Standard) -> GaussianProcess:
        asked = (rows.tobytes(), standard.targets.tobytes(), standard.noise.tobytes())
        if asked not in self._looked:
            target = torch.tensor(standard.targets, device=self.device)
            noise = torch.tensor(standard.noise, device=self.device)
            self._looked[asked] = learn_smooth(self.features(rows), target, noise, self.groups)
        return self._looked[asked]

    def measured(self, outcomes: Sequence[str]) -> list[int]:
        """The places of the observations that have all of these outcomes."""
        return having(self.question, outcomes)

    def standard(self, places: Sequence[int], outcome: str, sign: float) -> Standard:
        """An outcome of the observations at `places`, times `sign`, with what the model expects in place of what is
        only known to lie beyond a limit."""
        known = [self.question.observations[place] for place in places]
        rows = self.question.tried[list(places)]
        side = sides(known, outcome, sign)
        return beyond_limits(
            self._believed(known, rows, outcome, sign, side == 0),
            side,
            lambda filled: self.learn(rows, filled, outcome).main.left_out(),
        )

    def _believed(self, known: Sequence[Observation], rows: Array, outcome: str, sign: float, may: Mask) -> Standard:
        """The outcome, without the measurements that must be wrong; of an outcome with a hard limit none is doubted."""
        standard, problem = outcome_standard(known, outcome, sign), self.question.problem
        hard = any(each.outcome == outcome and each.safe is not None for each in problem.limits)
        if hard or problem.settings.robust is False or len(known) < FEWEST:
            return standard
        first = self._smooth(rows, standard)
        right = SUSPECT if problem.settings.robust else RIGHT
        standard, doubted = doubting(standard, first.x, may, first, right)
        self.doubted |= dict.fromkeys(each.trial for each, wrong in zip(known, doubted, strict=True) if wrong)
        return standard

    def outcome(self, outcome: str, sign: float) -> Learnt:
        """What is learnt of an outcome, times `sign`, from every observation that has it."""
        places = self.measured([outcome])
        standard, rows = self.standard(places, outcome, sign), self.question.tried[places]
        return Learnt(outcome, rows, standard, self.learn(rows, standard, outcome))

    def censored(self, outcomes: Sequence[str]) -> int:
        """How many observations have one of these outcomes only as a limit that the truth lies beyond."""
        return sum(
            any(name in each.outcomes and each.outcomes[name].censored for name in outcomes)
            for each in self.question.observations
            if not each.failed
        )

    @cached_property
    def success(self) -> SuccessModel | None:
        """The chance that a trial gives a result; None as long as all have."""
        observations = self.question.observations
        if not any(each.failed for each in observations):
            return None
        told = [place for place, each in enumerate(observations) if each.failed or each.outcomes]  # others were not run
        labels = np.array([-1.0 if observations[place].failed else 1.0 for place in told])
        standard = standardise(labels, np.zeros(len(labels)), 1.0)
        target = torch.tensor(standard.targets, device=self.device)
        belief = learn(self.features(self.question.tried[told]), target, torch.zeros_like(target), self.groups)
        return SuccessModel(belief.main, -standard.mean / standard.spread)


def having(question: Question, outcomes: Sequence[str]) -> list[int]:
    """The places of a question's observations that have all of these outcomes."""
    return [
        place
        for place, each in enumerate(question.observations)
        if not each.failed and all(name in each.outcomes for name in outcomes)
    ]
