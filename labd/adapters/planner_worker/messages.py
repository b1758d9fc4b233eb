"""What passes between the daemon and the worker: one JSON line a question, one an answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labd.domain.problem import Observation, Problem, Scalar, Suggestion
from labd.domain.value import Value


class Question(Value):
    """A question, by number; the answer carries the same number."""

    number: int
    problem: Problem
    observations: tuple[Observation, ...] = ()
    pending: tuple[dict[str, Scalar], ...] = ()
    count: int = Field(ge=0)
    seed: int = Field(ge=0)


class Ready(Value):
    """The worker has imported what it needs."""

    kind: Literal["ready"] = "ready"


class Answered(Value):
    """The suggestions."""

    kind: Literal["answered"] = "answered"
    number: int
    suggestions: tuple[Suggestion, ...]


class Declined(Value):
    """The question cannot be answered."""

    kind: Literal["declined"] = "declined"
    number: int
    invalid: bool
    """The question itself is wrong; otherwise the planner is."""
    message: str
    hint: str = ""


class Reply(Value):
    """One line from the worker."""

    body: Ready | Answered | Declined = Field(discriminator="kind")
