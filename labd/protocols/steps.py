"""What is done: the graph of steps, who does them, and with which arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labd.domain.capability import Capability, Json, Slot
from labd.domain.steps import Move, Prompt, Step
from labd.domain.workcell import Workcell
from labd.protocols.argument_checks import ArgumentCheck
from labd.protocols.arguments import work_out
from labd.protocols.drafts import Draft
from labd.protocols.expansion import mentions
from labd.protocols.findings import Findings
from labd.protocols.flattening import names
from labd.protocols.graph import ancestors
from labd.protocols.matter import check_matter
from labd.protocols.performers import DONE, capability_of
from labd.protocols.results import Results
from labd.protocols.space import Space
from labd.protocols.written import ProtocolWritten


@dataclass(frozen=True, slots=True)
class Done:
    """What is done in a run, and what it gives."""

    drafts: Sequence[Draft]
    results: Results
    stock: Mapping[str, str] | None
    """The stock of the workcell, with its units; None: not known."""

    def steps(self) -> tuple[Step, ...]:
        """The steps, in the order of the file; only where nothing is wrong."""
        return tuple(_step(each, self.stock or {}) for each in self.drafts)


def check_steps(
    written: ProtocolWritten, drafts: Sequence[Draft], space: Space, workcell: Workcell | None, findings: Findings
) -> Done:
    """The steps, as far as they are sound, and all that is wrong with them."""
    before = ancestors(drafts, findings)
    capabilities: dict[str, Capability | None] = {each.name: capability_of(each, workcell, findings) for each in drafts}
    results = Results(drafts, capabilities, names(written))
    stock = None if workcell is None else {name: each.unit for name, each in workcell.stock.items()}
    check = ArgumentCheck(space, results, before, stock, findings)
    for each in drafts:
        check.step(each)
        check_matter(each, written, workcell, findings)
    return Done(drafts, results, stock)


def _step(draft: Draft, stock: Mapping[str, str]) -> Step:
    step = draft.written
    return Step(
        name=draft.name,
        role=draft.role or "",
        capability=draft.capability or "",
        instrument=step.instrument,
        also=tuple(step.also),
        arguments=dict(draft.arguments),
        after=tuple(draft.after),
        gaps={name: gap for name, gap in draft.after.items() if gap.at_least_s or gap.at_most_s is not None},
        phase=draft.phase,
        when=draft.when,
        instead_of=draft.instead_of,
        recovers=draft.recovers,
        retries=step.retries,
        cool_down_s=step.cool_down or 0.0,
        prompt=_prompt(draft),
        move=Move(labware=step.move, to=step.to) if step.move and step.to else None,
        on=step.on,
        per=draft.per,
        alias=draft.alias,
        timeout_s=step.timeout,
        consumes=dict(_consumed(draft, stock)),
    )


def _prompt(draft: Draft) -> Prompt | None:
    if draft.person is None:
        return None
    step = draft.written
    return Prompt(text=draft.person, options=tuple(step.options) or DONE, note=step.note, photo=step.photo)


def _consumed(draft: Draft, stock: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    """A number in the stock's unit, or the expression for one."""
    for name, value in draft.consumes.items():
        unit = stock.get(name)
        yield name, value if unit is None or mentions(value) else work_out(value, Slot(unit=unit), {}, {})
