"""Steps that hold one instrument while they want another, of which the workcell has not enough at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labd.domain.identifiers import InstrumentName
from labd.domain.protocol import Protocol
from labd.domain.workcell import Workcell
from labd.protocols.soundness.remark import Remark


def holding(protocol: Protocol, workcell: Workcell) -> Iterator[Remark]:
    """Steps whose role and `also` roles no choice of different instruments fills."""
    for step in protocol.steps:
        if not step.also:
            continue
        own = (step.instrument,) if step.instrument else workcell.filling(step.role)
        roles = (step.role, *step.also)
        options = [own, *(workcell.filling(role) for role in step.also)]
        if all(options) and not _fits(options):
            names = sorted({name for each in options for name in each})
            message = f"{step.name} wants {' and '.join(roles)} at once, and only {' and '.join(names)} can fill them."
            remedy = "Let another instrument fill one of these roles, or take it out of `also`."
            yield Remark(step.name, ("also",), message, remedy)


def _fits(options: Sequence[Sequence[InstrumentName]]) -> bool:
    """Whether each can have one of its own. Source: D. König, 1931 (augmenting paths)."""
    taken: dict[InstrumentName, int] = {}

    def give(which: int, asked: set[InstrumentName]) -> bool:
        for name in options[which]:
            if name not in asked:
                asked.add(name)
                if name not in taken or give(taken[name], asked):
                    taken[name] = which
                    return True
        return False

    return all(give(which, set()) for which in range(len(options)))
