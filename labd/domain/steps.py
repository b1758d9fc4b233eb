"""A step of a protocol, and a step of one run of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labd.domain.capability import Json
from labd.domain.problem import Name, Per
from labd.domain.value import Value

PERSON = "person"
"""The role of whoever stands in the room: what it is asked goes to a screen, and not over the wire."""

Phase = Literal["preparation", "main", "clean_up"]
"""Clean-up runs whatever became of the rest; the outcomes do not wait for it."""


class Gap(Value):
    """How much time may lie between the end of an earlier step and the beginning of this one, in seconds."""

    at_least_s: float = Field(default=0.0, ge=0)
    at_most_s: float | None = Field(default=None, ge=0)
    """0: no gap. Later than this is a broken window: the samples are flagged and not learned from."""


class Prompt(Value):
    """What a person is asked to do, or to look at."""

    text: str = Field(min_length=1)
    """May hold expressions `${...}`."""
    options: tuple[str, ...] = Field(default=("done",), min_length=1)
    """One of them is the answer: the step's result `option`."""
    note: bool = False
    """Whether a note is wanted: the step's result `note`."""
    photo: bool = False
    """Whether a photo is wanted: the step's result `photo`, a blob."""


class Move(Value):
    """Labware of the run goes to another place."""

    labware: Name
    """By its name in the protocol."""
    to: Name
    """A location of the workcell, or a group of them: whichever has room."""


class StepRules(Value):
    """What a step of a protocol and a step of a run have in common."""

    name: Name
    role: Name
    capability: Name
    """Of a step for a person: `answer`; of a move: the transport's capability."""
    instrument: Name | None = None
    """By name instead of any that fills the role."""
    also: tuple[Name, ...] = ()
    """Further roles, each filled by an instrument of its own that is held while the step runs, and ordered nothing."""
    arguments: dict[str, Json] = {}
    """A string `${...}` is an expression; `{per_well: "${...}"}` is worked out for each well of the plate."""
    after: tuple[Name, ...] = ()
    """The steps that must be settled before: done, skipped, or failed with another in their stead."""
    gaps: dict[Name, Gap] = {}
    """By step in `after`."""
    phase: Phase = "main"
    when: str = ""
    """`${...}`, true or false, over parameters and earlier results: false skips the step. Empty: always."""
    instead_of: Name | None = None
    """Begins only when that step has failed for good, and then stands in its stead; else it is skipped."""
    recovers: Name | None = None
    """Done before each retry of that step, and at no other time."""
    retries: int = Field(default=0, ge=0, le=20)
    """How often the step is ordered again after the instrument said that it failed."""
    cool_down_s: float = Field(default=0.0, ge=0)
    """So long between a failure and the next attempt."""
    prompt: Prompt | None = None
    move: Move | None = None
    on: Name | None = None
    """Labware of the run that must stand at the instrument: of several that fill the role, the one where it stands."""


class Step(StepRules):
    """One thing that is done in a run, as the protocol has it: sub-protocols expanded, loops unrolled."""

    per: Per = "sample"
    """Whether it is done for each sample of a batch or once for all of them; without a batch that is the same."""
    alias: str = ""
    """What expressions and the analysis call it, where that is not its name: an iteration of a loop, a stand-in. Of
    several steps with one alias, the last that was done is meant."""
    timeout_s: float | None = Field(default=None, gt=0)
    """Overdue after this; by default the capability's maximum."""
    consumes: dict[Name, Json] = {}
    """By stock: how much an order takes; a number in the stock's unit, or an expression."""


class PlannedStep(StepRules):
    """A step of one run with its arguments worked out, as far as they do not wait for earlier results: an expression
    over results stays `${...}` until its step is ready. Values are in the capability's units."""

    template: str = ""
    """The step of the protocol, where the name is not its own: `weigh` of `weigh__3`."""
    alias: str = ""
    sample: int | None = None
    """The number of the sample that it is done for, from 1; None: for the run as a whole."""
    typical_s: float = 1.0
    timeout_s: float = 3600.0
    consumes: dict[Name, float] = {}
    """By stock, in the stock's unit."""

    @property
    def called(self) -> str:
        """What expressions and the analysis call it."""
        return self.alias or self.template or self.name
