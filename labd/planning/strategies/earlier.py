"""What earlier campaigns have to say: sources for what is learnt, and where to begin before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from labd.domain.problem import Earlier, Goal, Objective, Observation, Parameter, Problem
from labd.planning.remembering import Remembered
from labd.planning.spaces.sobol import sobol
from labd.planning.spaces.space import Space
from labd.planning.strategies.question import Question
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.joint import Source
from labd.planning.surrogates.outcomes import Standard, direction, outcome_standard, weighted_sum
from labd.planning.surrogates.robust import RIGHT, SUSPECT, doubting

FEWEST = 3
"""A campaign of fewer measurements has nothing to say."""
MIDDLE = 64
"""So many points of the space have its middle for their mean."""
KEPT = 100_000_000
"""Bytes of sources that stay learnt in this process: learning one again gives the same."""
FAR = 10.0
"""What an open trial takes from what is expected where it is, in a source's deviations."""
AWAY = 0.2
"""How far from an open trial the next beginning is sought, as a share of the diagonal."""


def sources_of(question: Question, outcome: str | None, sign: float) -> tuple[Source, ...]:
    """The earlier campaigns that measured this outcome, times `sign`, or (None) all that the weighted sum of the
    objectives is of; learnt."""
    objectives = question.problem.objectives if outcome is None else (Objective(outcome=outcome, goal=_goal(sign)),)
    found = [_source(question, each, objectives) for each in question.problem.earlier]
    return tuple(each for each in found if each is not None)


def _goal(sign: float) -> Goal:
    return Goal.MAXIMISE if sign > 0 else Goal.MINIMISE


def _source(question: Question, earlier: Earlier, objectives: tuple[Objective, ...]) -> Source | None:
    problem, whole = question.problem, question.space
    told = [
        seen
        for seen in earlier.observations
        if not seen.failed and all(each.outcome in seen.outcomes for each in objectives)
    ]
    shared = [k for k, name in enumerate(whole.names) if all(name in each.parameters for each in told)]
    if len(told) < FEWEST or not shared:
        return None
    space = Space(_part(problem, [problem.parameters[k] for k in shared])).stretched(whole.units[shared])
    rows = space.rows([each.parameters for each in told])
    columns = torch.as_tensor(np.flatnonzero(np.isin(whole.groups, shared)))
    groups = torch.as_tensor(space.groups)
    asked = _Asked(space.features(rows), groups, tuple(told), objectives, problem.settings.robust)
    belief = _MEMORY.get(asked.content(), asked.learnt, Belief.size)
    return Source(earlier.name, belief, columns, _middle(whole))


def _middle(space: Space) -> Tensor:
    """The middle of the space, as the models see it: `columns`."""
    return space.features(space.spread(sobol(len(space.axes), MIDDLE, 0).numpy())).mean(0)


def _part(problem: Problem, parameters: Sequence[Parameter]) -> Problem:
    """The problem of some of its parameters, where every point may be tried."""
    names = {each.name for each in parameters}
    free = [
        each.model_copy(update={"when": None}) if each.when and each.when.parameter not in names else each
        for each in parameters
    ]
    return problem.model_copy(update={"parameters": tuple(free), "constraints": (), "pool": None, "earlier": ()})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a source is learnt from."""

    x: Tensor
    groups: Tensor
    told: tuple[Observation, ...]
    objectives: tuple[Objective, ...]
    """One outcome, larger or smaller is better, or several as their weighted sum."""
    robust: bool | None

    def content(self) -> bytes:
        """All of it, in bytes."""
        measured = [[each.outcomes[of.outcome] for of in self.objectives] for each in self.told]
        means = [[(each.mean, each.standard_error) for each in several] for several in measured]
        shares = [(each.goal, each.weight) for each in self.objectives]
        said = repr((self.x.shape, means, shares, self.robust)).encode()
        return b"".join([said, self.x.numpy().tobytes(), self.groups.numpy().tobytes()])

    def standard(self) -> Standard:
        """What was measured, in standard units."""
        parts = [outcome_standard(self.told, each.outcome, direction(each)) for each in self.objectives]
        return parts[0] if len(parts) == 1 else weighted_sum(parts, self.objectives)

    def learnt(self) -> Belief:
        """What the source believes, without what must be wrong in it."""
        standard = self.standard()
        believed = learn(self.x, torch.tensor(standard.targets), torch.tensor(standard.noise), self.groups)
        if self.robust is False:
            return believed
        may = np.ones(len(self.told), dtype=bool)
        standard, wrong = doubting(standard, self.x, may, believed.main, SUSPECT if self.robust else RIGHT)
        if not wrong.any():
            return believed
        return learn(self.x, torch.tensor(standard.targets), torch.tensor(standard.noise), self.groups)


def forget() -> None:
    """Every source is learnt anew when it is asked for next: for tests, and where memory is short."""
    _MEMORY.forget()


_MEMORY: Remembered[Belief] = Remembered(KEPT)


@dataclass(frozen=True, slots=True)
class Promising:
    """An acquisition before anything is measured: what the sources expect together, away from open trials."""

    terms: tuple[tuple[float, Source], ...]
    """Sources and their shares."""
    waiting: Tensor
    """Features of the open trials; `p x columns`."""

    @property
    def device(self) -> torch.device:
        """Where the sources are."""
        return self.waiting.device

    def __call__(self, at: Tensor) -> Tensor:
        """By point; features `k x columns` to `k`."""
        return self.with_gradient(at)[0]

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """By point, `k`, and the gradients `k x columns`."""
        value, slope = torch.zeros_like(at[:, 0]), torch.zeros_like(at)
        for share, source in self.terms:
            each, d_each = source.with_gradient(at)
            value, slope = value + share * each, slope + share * d_each
        apart = at[:, None] - self.waiting
        reach = AWAY**2 * at.shape[1]
        near = FAR * torch.exp(-0.5 * apart.square().sum(2) / reach)
        return value - near.sum(1), slope + (near[:, :, None] * apart).sum(1) / reach

    def exploration(self, at: Tensor) -> float:
        """None: it goes where the best is expected."""
        del at
        return 0.0


def promising(question: Question, waiting: Tensor) -> Promising | None:
    """Where earlier campaigns expect the best of this one; None where they say nothing of it."""
    wanted = [each for each in question.problem.objectives if each.goal in {Goal.MAXIMISE, Goal.MINIMISE}]
    terms = [(each.weight, source) for each in wanted for source in _of(question, each)]
    total = sum(weight for weight, _ in terms)
    return Promising(tuple((weight / total, source) for weight, source in terms), waiting) if terms else None


def _of(question: Question, objective: Objective) -> tuple[Source, ...]:
    return sources_of(question, objective.outcome, direction(objective))
