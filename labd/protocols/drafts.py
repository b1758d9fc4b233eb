"""Steps between the file and the run: named, with their phase, what they wait for, and where they are written."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labd.domain.problem import Per
from labd.domain.steps import PERSON, Gap, Phase
from labd.protocols.binding import condition
from labd.protocols.document import Node
from labd.protocols.expressions import text_of
from labd.protocols.findings import Place
from labd.protocols.written import GapWritten, StepWritten

ANSWER = "answer"
"""What a person gives: the capability of a step with `person`."""
TRANSPORT, MOVE = "transport", "move"
"""Who moves labware where a step does not say otherwise."""


@dataclass(frozen=True, slots=True)
class When:
    """A condition on a step: its own, that of the step which uses its template, or that of a loop."""

    text: str
    node: Node
    negated: bool = False
    """Of a loop: what ends it."""

    def tree(self) -> ast.expr:
        """What must be true for the step to be done. Raises `InvalidInput`."""
        tree = condition(self.text)
        return ast.UnaryOp(ast.Not(), tree) if self.negated else tree


@dataclass(frozen=True, slots=True)
class Draft:
    """A step as it will be done, before it is checked."""

    name: str
    written: StepWritten
    phase: Phase
    key: Place
    """Where its name stands."""
    prefix: str = ""
    """What its name begins with in a template: `wash__2__`."""
    siblings: Mapping[str, StepWritten] = field(default_factory=dict)
    """The steps that are written beside it."""
    named: Sequence[str] = ()
    """Their names, of those that are wrong too."""
    after: Mapping[str, Gap] = field(default_factory=dict)
    """The steps that it waits for, with their gaps, of those that there are."""
    alias: str = ""
    conditions: tuple[When, ...] = ()
    person: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    consumes: Mapping[str, Any] = field(default_factory=dict)
    instead_of: str | None = None
    recovers: str | None = None
    understood: tuple[When, ...] = ()
    """Of its conditions those of the step that it is for, which was begun and has failed."""
    helps: Per | None = None
    """Of a step that is for another's failure: what the other is done for."""

    @property
    def shown(self) -> str:
        """What a finding calls it."""
        return self.alias if self.prefix else self.name

    @property
    def when(self) -> str:
        """All its conditions in one, `${...}`; empty where there is none. Raises `InvalidInput`."""
        match [each for each in self.conditions if each not in self.understood]:
            case []:
                return ""
            case [When(negated=False) as only]:
                return only.text
            case several:
                trees = [each.tree() for each in several]
                return text_of(trees[0] if len(trees) == 1 else ast.BoolOp(ast.And(), trees))

    @property
    def called(self) -> str:
        """What expressions and the analysis call it."""
        return self.alias or self.name

    @property
    def role(self) -> str | None:
        """Who does it."""
        if self.person is not None:
            return PERSON
        return self.written.role or (TRANSPORT if self.written.move else None)

    @property
    def capability(self) -> str | None:
        """What is asked of the role."""
        if self.person is not None:
            return ANSWER
        return self.written.capability or (MOVE if self.written.move else None)

    @property
    def per(self) -> Per:
        """Whether it is done for each sample of a batch, or once for all of them."""
        if self.written.per is not None:
            return "sample" if self.written.per == "sample" else "batch"
        if self.helps is not None:
            return self.helps
        once = self.written.on or self.written.move or self.phase != "main"
        return "batch" if once else "sample"


def waits(step: StepWritten) -> Iterator[tuple[str, GapWritten | None, Place]]:
    """What a step waits for, as written: the step, the gap, and where it says so."""
    if isinstance(step.after, list):
        for place, other in enumerate(step.after):
            yield other, None, step.at("after", place)
        return
    for other, gap in step.after.items():
        yield other, gap, step.key("after", other)


def gap_of(written: GapWritten | None) -> Gap:
    """The gap in seconds."""
    if written is None:
        return Gap()
    return Gap(at_least_s=written.at_least or 0.0, at_most_s=0.0 if written.no_gap else written.at_most)
