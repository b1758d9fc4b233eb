"""All that is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from labd.domain.protocol import Protocol
from labd.domain.workcell import Workcell
from labd.protocols.soundness.conditions import conditions
from labd.protocols.soundness.envelopes import envelopes
from labd.protocols.soundness.gaps import gaps
from labd.protocols.soundness.holding import holding
from labd.protocols.soundness.places import places
from labd.protocols.soundness.remark import Remark
from labd.protocols.soundness.supplies import supplies


def unsound(protocol: Protocol, workcell: Workcell) -> Iterator[Remark]:
    """What is wrong with the whole. Only for a protocol whose parts are right."""
    yield from gaps(protocol, workcell)
    yield from holding(protocol, workcell)
    yield from places(protocol, workcell)
    yield from supplies(protocol, workcell)
    yield from envelopes(protocol, workcell)
    yield from conditions(protocol)
