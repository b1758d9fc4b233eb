"""What is done in a run, as it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue

from labd.protocols.written.part import Written
from labd.protocols.written.scalars import Duration, Name, Span

_WAYS: list[JsonValue] = [{"required": [key]} for key in ("capability", "person", "move", "use")]


class GapWritten(Written):
    """How much time may lie between the end of an earlier step and the beginning of this one."""

    at_least: Duration | None = None
    """Not before so much time has passed."""
    at_most: Span | None = None
    """Later than this is a broken window: what is measured then is flagged, and not learned from."""
    no_gap: bool = False
    """At once: the same as `at_most: 0 s`."""


class RepeatWritten(Written):
    """A template that is done again until something is true."""

    until: str | None = None
    """`${...}`, true or false, over the results of the template's own steps; without it, always `at_most` times."""
    at_most: Annotated[int, Field(ge=1, le=50)]
    """How often at most: a loop without an end is not taken."""


class StepWritten(Written):
    """One thing that is done in a run: by an instrument (`role` and `capability`), by a person (`person`), a way of
    labware (`move` and `to`), or a template (`use`)."""

    model_config = ConfigDict(json_schema_extra={"anyOf": _WAYS})

    role: Name | None = None
    """Which role of the workcell does it; any free instrument that fills the role is taken."""
    capability: Name | None = None
    """What is asked of the role."""
    instrument: Name | None = None
    """One instrument by name, instead of any that fills the role."""
    also: list[Name] = []
    """Further roles: an instrument of each is held while the step runs, and ordered nothing."""
    on: Name | None = None
    """Labware of the protocol that must stand at the instrument."""
    person: str | None = None
    """What a person is asked to do, or to look at; may hold expressions."""
    options: list[str] = []
    """Of a person: one of them is the answer, the result `option`; by default `done`."""
    note: bool = False
    """Whether a note is wanted of the person: the result `note`."""
    photo: bool = False
    """Whether a photo is wanted of the person: the result `photo`."""
    move: Name | None = None
    """Labware of the protocol that goes to another place; by role `transport` and its capability `move`."""
    to: Name | None = None
    """Of a move: a location of the workcell, or a group of them."""
    use: Name | None = None
    """The template whose steps are done here."""
    with_: dict[Name, Any] = Field(default={}, alias="with")
    """The template's arguments: quantities, texts, or expressions."""
    repeat: RepeatWritten | None = None
    """Of a template: how often."""
    arguments: dict[str, Any] = {}
    """By the capability's argument: a quantity, a text, an expression `${...}`, or `{per_well: "${...}"}`."""
    consumes: dict[Name, Any] = {}
    """By stock of the workcell: how much an order takes; a quantity or an expression."""
    after: list[str] | dict[str, GapWritten | None] = []
    """The steps that must be settled before, as a list, or each with a gap; without it the step may begin at once."""
    when: str | None = None
    """`${...}`, true or false, over parameters and earlier results: false skips the step."""
    per: Literal["sample", "batch", "plate"] | None = None
    """Of a batch: for each sample, or once for all of them. By default once where there is `on` or `move`, in the
    preparation and in the clean-up, and else for each sample; what is for a failure is done as the step that fails."""
    retries: Annotated[int, Field(ge=0, le=20)] = 0
    """How often the step is ordered again after the instrument said that it failed."""
    cool_down: Duration | None = None
    """So long between a failure and the next attempt."""
    recover: list[Name] = []
    """Steps that are done, in this order, before each further attempt, and at no other time."""
    otherwise: Name | None = None
    """The step that stands in for this one when it has failed for good."""
    timeout: Duration | None = None
    """Overdue after this; by default the capability's `maximum`."""
    description: str = ""


class TemplateWritten(Written):
    """Steps that are done as one, in several places: `use` names it, `with` gives its arguments."""

    with_: dict[Name, Any] = Field(default={}, alias="with")
    """Its arguments and what they are where nothing else is said; empty (`null`): must be given."""
    steps: Annotated[dict[Name, StepWritten], Field(min_length=1)]
    """Its steps; their expressions know its arguments by name."""
    description: str = ""
