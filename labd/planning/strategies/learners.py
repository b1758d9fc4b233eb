"""Who learns an outcome: the one place where that is chosen.

A learner makes a `Belief` of an outcome's measurements; each strategy works with each learner.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Protocol

from torch import Tensor

from labd.planning.strategies.earlier import sources_of
from labd.planning.strategies.question import Question
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.fit import learn
from labd.planning.surrogates.transfer import learn_with


class Learn(Protocol):
    """Points `n x columns`, targets `n` (standardised, larger is better), the known variance of each `n`, and the
    parameter of each column, to a belief."""

    def __call__(self, x: Tensor, target: Tensor, noise: Tensor, groups: Tensor) -> Belief:
        """What is believed of the outcome everywhere."""


@dataclass(frozen=True, slots=True)
class Learner:
    """A way to learn, and its part of a method's name: `gp`, `gp-robust`, `transfer-gp`, ..."""

    name: str
    learn: Learn


def learner_for(question: Question, outcome: str | None, sign: float) -> Learner:
    """Who learns the outcome, times `sign`; None stands for the sum of the objectives by weight."""
    sources = sources_of(question, outcome, sign)
    return Learner("transfer-gp", partial(learn_with, sources)) if sources else Learner("gp", learn)
