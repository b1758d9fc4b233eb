"""Labware, wells and batches: whether what a protocol names is there, and fits."""

from __future__ import annotations

from collections.abc import Iterator

from labd.domain.matter import LabwareType
from labd.domain.protocol import LabwareUse
from labd.domain.workcell import Workcell
from labd.protocols.drafts import Draft
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.written import ProtocolWritten


def labware(written: ProtocolWritten, workcell: Workcell | None, findings: Findings) -> dict[str, LabwareUse]:
    """The labware of each run, without what is wrong."""
    made: dict[str, LabwareUse] = {}
    for name, each in written.labware.items():
        if workcell is not None and each.type not in workcell.labware:
            message = f"The workcell {workcell.name} has no labware of the type {each.type}."
            findings.error(each.at("type"), message, instead(each.type, workcell.labware) or _ADD)
        elif workcell is not None:
            _check_place(each.start, each.type, each.at("start"), workcell, findings)
        made[name] = LabwareUse(type=each.type, start=each.start)
    return made


_ADD = "Write it into the workcell."


def _check_place(place: str, kind: str, at: Place, workcell: Workcell, findings: Findings) -> None:
    """Whether there is such a location, or group of them, and labware of that kind may stand there."""
    places = workcell.places(place)
    if not places:
        groups = [each.group for each in workcell.locations.values() if each.group]
        message = f"The workcell {workcell.name} has no location {place}."
        findings.error(at, message, instead(place, [*workcell.locations, *groups]) or _ADD)
    elif not any(not (accepts := workcell.locations[each].accepts) or kind in accepts for each in places):
        taken = workcell.locations[places[0]].accepts
        findings.error(
            at, f"{place} takes no {kind}.", f"Write a location that does; {place} takes {', '.join(taken)}."
        )


def type_of(written: ProtocolWritten, name: str | None, workcell: Workcell | None) -> LabwareType | None:
    """The type of a labware of the protocol; None where it is not known."""
    use = written.labware.get(name) if name else None
    return workcell.labware.get(use.type) if workcell and use else None


def check_matter(draft: Draft, written: ProtocolWritten, workcell: Workcell | None, findings: Findings) -> None:
    """Find what is wrong with the labware of one step."""
    step, known = draft.written, written.names("labware")
    for key in _named(draft):
        name = getattr(step, key)
        if name not in known:
            remedy = instead(name, known) or "Write it into `labware:`, with its type and where it starts."
            findings.error(step.at(key), f"The protocol has no labware {name}.", remedy)
        elif key == "move" and step.to and workcell is not None and (use := written.labware.get(name)):
            _check_place(step.to, use.type, step.at("to"), workcell, findings)


def _named(draft: Draft) -> Iterator[str]:
    yield from (key for key in ("on", "move") if getattr(draft.written, key) is not None)
