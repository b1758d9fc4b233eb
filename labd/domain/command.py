"""An order to an instrument, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from labd.domain.capability import Json
from labd.domain.identifiers import CommandId, InstrumentName, RunId, StepName
from labd.domain.value import Value


class Order(Value):
    """One order to one instrument. The id is the same after a replay; the driver does each id once."""

    command: CommandId
    """`<run>.<step>.<attempt>`."""
    run: RunId
    """The run of the protocol that it belongs to."""
    step: StepName
    """The step of the protocol."""
    attempt: int = Field(ge=1)
    """Counts the orders for this step of this run from 1."""
    instrument: InstrumentName
    """Who is to do it."""
    capability: str
    """What to do: one of those in the descriptor."""
    arguments: dict[str, Json] = {}
    """In the units that the capability declares."""
    deadline: datetime | None = None
    """Not to be begun after this moment."""


class FailureKind(StrEnum):
    """Why an action failed, as the driver knows it."""

    VALIDATION = "validation"
    """The arguments are not what the instrument takes; nothing moved."""
    DEFINED = "defined"
    """One of the errors that the capability declares."""
    UNDEFINED = "undefined"
    """The driver met something that it did not expect."""
    FRAMEWORK = "framework"
    """The driver kit itself failed."""
    CONNECTION = "connection"
    """The driver lost its instrument."""


class Succeeded(Value):
    """The action was done; here is what it gave."""

    kind: Literal["succeeded"] = "succeeded"
    result: dict[str, Json] = {}
    """By name, in the units that the capability declares."""


class Failed(Value):
    """The action was begun and did not come to its end."""

    kind: Literal["failed"] = "failed"
    failure: FailureKind
    """Why."""
    message: str


class Refused(Value):
    """The driver did not begin: nothing moved."""

    kind: Literal["refused"] = "refused"
    message: str
    reason: Literal["arguments", "not_ready"] = "arguments"
    """Whether the order was wrong, or came at the wrong moment: then it may come again and uses up no attempt."""

    @model_serializer(mode="wrap")
    def _as_ever(self, dump: SerializerFunctionWrapHandler) -> dict[str, Json]:
        # The content hash covers the JSON: what drivers of protocol 1.0 say without the reason keeps its hash.
        said: dict[str, Json] = dump(self)
        if self.reason == "arguments":
            del said["reason"]
        return said


class Unknown(Value):
    """Nobody can know whether the action happened."""

    kind: Literal["unknown"] = "unknown"
    message: str


Outcome = Annotated[Succeeded | Failed | Refused | Unknown, Field(discriminator="kind")]


class Resolution(StrEnum):
    """What a person says of an action of which nobody knew whether it happened, or of a result that was held."""

    DONE = "done"
    """It happened; the result is what the person enters, or empty; a held one is taken, as it is corrected."""
    NOT_DONE = "not_done"
    """It did not happen, or measured nothing: it may be ordered again, under a new attempt."""
    DISCARD = "discard"
    """The sample is given up."""
