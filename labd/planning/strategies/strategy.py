"""A strategy: what is learnt of a question, and what an experiment then promises.

A strategy joins a learner and an acquisition. The search for the best point, and what is told of it, are the same for
all of them (`labd.planning.strategies.proposing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from labd.domain.problem import Problem
from labd.planning.acquisitions.protocol import Acquisition
from labd.planning.spaces.axes import Array
from labd.planning.strategies.data import Data, Learnt
from labd.planning.strategies.question import Question
from labd.planning.surrogates.belief import Belief


class Strategy(Protocol):
    """One question, learnt."""

    @property
    def data(self) -> Data:
        """The observations, and what is learnt of success."""

    @property
    def method(self) -> str:
        """Its name as a suggestion tells it: learner, acquisition."""

    @property
    def outcomes(self) -> Sequence[Learnt]:
        """What is predicted for each suggestion."""

    @property
    def belief(self) -> Belief:
        """Of what is wanted: what tells far from near, and known from unknown."""

    @property
    def importance(self) -> dict[str, float]:
        """By parameter, its share in what is wanted; sums to 1."""

    def acquisition(self, waiting: Tensor, seed: int) -> Acquisition:
        """What each point promises while `waiting` (`p x columns`, p may be 0) are being measured."""

    def good(self, count: int) -> Array:
        """Up to so many of the rows that were tried, the best first: near them the search looks closer."""

    def appeal(self) -> str:
        """What the point is the best at: the beginning of its reason."""

    def notes(self, at: Tensor) -> list[str]:
        """What else is to be said of a point (`1 x columns`)."""

    def improvement(self, acquisition: Acquisition, at: Tensor) -> float | None:
        """Expected improvement at one point (`1 x columns`) in the objective's own unit; None where there is none."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of strategy: its name, what it is for, and how one is made."""

    name: str
    about: str
    """One line for whoever chooses among them."""
    unfit: Callable[[Problem], str | None]
    """Why it cannot serve a problem; None where it can."""
    ready: Callable[[Question], bool]
    """Whether enough is known of a question to learn from it."""
    make: Callable[[Question], Strategy]
    """Learns. Called only when it is ready."""
    may_give_way: Callable[[Question], bool] = lambda question: False  # noqa: ARG005 (of any question)
    """Whether the first tier can answer in its place when it is late."""
