"""What a question's observations say of each outcome and of success, in the form in which it is learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from labd.domain.problem import Prediction
from labd.planning.acquisitions.acquisition import SuccessModel
from labd.planning.acquisitions.search import SCATTERED
from labd.planning.device import choose_device
from labd.planning.spaces.axes import Array
from labd.planning.strategies.learners import Learner, learner_for
from labd.planning.strategies.question import Question
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.censoring import sides
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.outcomes import Standard, measurements
from labd.planning.surrogates.robust import RIGHT, SUSPECT
from labd.planning.surrogates.settling import Settled, Told, settle, settled
from labd.planning.surrogates.transfer import trust


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
        self._learnt: dict[tuple[str, float, tuple[int, ...], bool], Learnt] = {}
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

    def learn(self, rows: Array, standard: Standard) -> Belief:
        """What is believed of a sum of several outcomes that was measured at `rows`."""
        learner = learner_for(self.question, None, standard.sign)
        self._named(learner)
        target = torch.tensor(standard.targets, device=self.device)
        noise = torch.tensor(standard.noise, device=self.device)
        return learner.learn(self.features(rows), target, noise, self.groups)

    def measured(self, outcomes: Sequence[str]) -> list[int]:
        """The places of the observations that have all of these outcomes."""
        return having(self.question, outcomes)

    def outcome(self, outcome: str, sign: float, *, places: Sequence[int] | None = None, bends: bool = False) -> Learnt:
        """What is learnt of an outcome, times `sign`, from the observations at `places`, by default every one that has
        it; bent as suits it where it may be and earlier campaigns have no say in it. Of an outcome with a hard limit no
        measurement is doubted."""
        places = self.measured([outcome]) if places is None else places
        asked = (outcome, sign, tuple(places), bends)
        if asked not in self._learnt:
            self._learnt[asked] = self._outcome(outcome, sign, places, bends=bends)
        return self._learnt[asked]

    def _outcome(self, outcome: str, sign: float, places: Sequence[int], *, bends: bool) -> Learnt:
        problem = self.question.problem
        known, rows = [self.question.observations[place] for place in places], self.question.tried[list(places)]
        hard = any(each.outcome == outcome and each.safe is not None for each in problem.limits)
        right = SUSPECT if problem.settings.robust else RIGHT
        learner = learner_for(self.question, outcome, sign)
        self._named(learner)
        values, errors = measurements(known, outcome)
        told = Told(
            x=self.features(rows),
            groups=self.groups,
            values=values,
            errors=errors,
            side=sides(known, outcome, sign),
            sign=sign,
            right=None if hard or problem.settings.robust is False else right,
            bends=bends,
        )
        found = self._believed(told, learner)
        self.doubted |= dict.fromkeys(each.trial for each, wrong in zip(known, found.doubted, strict=True) if wrong)
        return Learnt(outcome, rows, found.standard, found.belief)

    @staticmethod
    def _believed(told: Told, learner: Learner) -> Settled:
        """What the learner believes; where earlier campaigns have no say in it, the same as without them."""
        if learner.learn is not learn:
            found = settle(replace(told, bends=False), learner.learn)
            if trust(found.belief):
                return found
        return settled(told)

    def _named(self, learner: Learner) -> None:
        if learner.name not in self.names:
            self.names.append(learner.name)

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
        found = settled(
            Told(
                x=self.features(self.question.tried[told]),
                groups=self.groups,
                values=np.array([-1.0 if observations[place].failed else 1.0 for place in told]),
                errors=np.zeros(len(told)),
                side=np.zeros(len(told)),
                sign=1.0,
                right=None,
                bends=False,
            )
        )
        return SuccessModel(found.belief.main, found.standard.target(0.0))


def having(question: Question, outcomes: Sequence[str]) -> list[int]:
    """The places of a question's observations that have all of these outcomes."""
    return [
        place
        for place, each in enumerate(question.observations)
        if not each.failed and all(name in each.outcomes for name in outcomes)
    ]
