"""When a turn of a loop is done: as long as what ends it was not true after the turn before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labd.domain.errors import InvalidInput
from labd.protocols.binding import condition, referring
from labd.protocols.drafts import Draft, When
from labd.protocols.expressions import results_in
from labd.protocols.findings import Findings
from labd.protocols.written import StepWritten


def turn_condition(step: StepWritten, until: str | None, before: Sequence[Draft]) -> Iterator[When]:
    """The condition of one turn; `before` are the steps of the turns before it.

    It speaks of the very steps of the turn before, and not of the last that was done, since it is asked for each step
    of the turn: a turn that has begun goes on. Where a turn was skipped, so are those behind it: a condition over the
    results of a skipped step is false.
    """
    node = step.repeat.entry("until") if step.repeat else None
    if until is None or node is None or not before:
        return
    exact = {each.called: each.name for each in before}
    try:
        yield When(referring(until, exact), node, negated=True)
    except InvalidInput:
        yield When(until, node, negated=True)  # what is wrong is told where it is checked


def check_loop(step: StepWritten, until: str | None, path: str, findings: Findings) -> None:
    """Find a loop that nothing within it can end; `path` is what its steps are called before their names."""
    if step.repeat is None or until is None:
        return
    place = step.repeat.at("until")
    if step.repeat.at_most == 1:
        message = "What ends the loop is never asked: it is done once."
        findings.warning(place, message, "Write a larger at_most, or take `until` out.")
    try:
        spoken = {called for called, _ in results_in(condition(until))}
    except InvalidInput:
        return
    if not any(each.startswith(path) for each in spoken):
        message = f"Nothing in the loop can end it: this speaks of no step of {path.removesuffix('.')}."
        findings.error(place, message, f"Write a condition over steps.{path}<step>.<result>, or take `until` out.")
