"""Events of steps that are more than an order and its outcome: skipped, late, asked of a person, changed by one."""

from __future__ import annotations

from typing import Literal

from labd.domain.capability import Json
from labd.domain.happened import ByPerson, Happened
from labd.domain.identifiers import InstrumentName, RunId, StepName


class StepSkipped(Happened):
    """A step is not done: its condition was false, or nobody needed it in another's stead."""

    kind: Literal["step_skipped"] = "step_skipped"
    run: RunId
    step: StepName
    reason: str


class WindowBroken(Happened):
    """A step began later after an earlier one than its gap allows: its samples are flagged and not learned from."""

    kind: Literal["window_broken"] = "window_broken"
    run: RunId
    step: StepName
    after: StepName
    gap_s: float
    """From the end of the earlier one to the beginning of this one, as it was."""
    at_most_s: float


class InstrumentsReserved(Happened):
    """The instruments of a time-critical chain of steps are kept for it, all at once, before its clock starts."""

    kind: Literal["instruments_reserved"] = "instruments_reserved"
    run: RunId
    by_step: dict[StepName, tuple[InstrumentName, ...]]
    """In the order of what the step needs: its role first, then the further ones."""


class PersonAsked(Happened):
    """A step waits for a person."""

    kind: Literal["person_asked"] = "person_asked"
    run: RunId
    step: StepName
    text: str
    """The prompt, worked out."""


class PersonAnswered(ByPerson):
    """A person did what a step asked."""

    kind: Literal["person_answered"] = "person_answered"
    run: RunId
    step: StepName
    result: dict[str, Json]
    """`option`, and `note` and `photo` where the prompt wants them."""


class StepChanged(ByPerson):
    """A person took a step in hand: skipped it, had it done again, said that it is done, or gave it up."""

    kind: Literal["step_changed"] = "step_changed"
    run: RunId
    step: StepName
    change: Literal["skip", "retry", "mark_done", "abort"]
    result: dict[str, Json] = {}
    """With `mark_done`: what it gave."""


StepEvent = StepSkipped | WindowBroken | InstrumentsReserved | PersonAsked | PersonAnswered | StepChanged
