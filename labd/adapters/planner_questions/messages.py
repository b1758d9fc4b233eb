"""What passes between the daemon and the process that plans: JSON, one question, one reply."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labd.domain.errors import InvalidInput, LabError
from labd.domain.problem import Effort
from labd.domain.value import Value


class Question(Value):
    """A question of some kind."""

    kind: str
    """`Kind.name`"""
    asked: str
    """JSON of `Kind.asked`."""


class Ready(Value):
    """The process has imported what it needs."""

    kind: Literal["ready"] = "ready"


class Answered(Value):
    """The answer."""

    kind: Literal["answered"] = "answered"
    answer: str
    """JSON of `Kind.answer`."""
    took: Effort


class Declined(Value):
    """The question cannot be answered."""

    kind: Literal["declined"] = "declined"
    invalid: bool
    """The question itself is wrong; otherwise the planner is."""
    message: str
    hint: str = ""

    def error(self) -> LabError:
        """What the asker raises."""
        return (InvalidInput if self.invalid else LabError)(self.message, self.hint)


class Reply(Value):
    """One reply."""

    body: Ready | Answered | Declined = Field(discriminator="kind")
