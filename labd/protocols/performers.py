"""Who does a step: a role of the workcell, one of its instruments, a person."""

from __future__ import annotations

from labd.domain.capability import Capability, Slot
from labd.domain.steps import PERSON
from labd.domain.workcell import Workcell
from labd.protocols.drafts import ANSWER, Draft
from labd.protocols.findings import Findings, instead
from labd.protocols.written import StepWritten

DONE = ("done",)
"""What a person may answer where nothing else is said."""
FROM_MOVE = ("labware", "source", "destination")
"""Arguments of a way of labware that labd gives by itself; words that a driver in Python can have as arguments."""


def capability_of(draft: Draft, workcell: Workcell | None, findings: Findings) -> Capability | None:
    """What is asked in a step; None when that is not known."""
    if draft.role == PERSON:
        return _answer(draft.written)
    if workcell is None or draft.role is None:
        return None
    step = draft.written
    place = step.at("role") if step.role else step.key("move")
    role = workcell.roles.get(draft.role)
    if role is None:
        remedy = instead(draft.role, workcell.roles)
        findings.error(place, f"The workcell {workcell.name} has no role {draft.role}.", remedy)
        return None
    _check_instruments(draft, workcell, findings)
    capability = role.capability(draft.capability or "")
    if capability is None:
        known = [each.name for each in role.capabilities]
        message = f"The role {draft.role} has no capability {draft.capability}."
        where = step.at("capability") if step.capability else step.key("move")
        findings.error(where, message, instead(draft.capability or "", known))
        return None
    if step.timeout is not None and step.timeout < capability.typical_s:
        message = f"{capability.name} usually takes {capability.typical_s:g} s, longer than this timeout."
        findings.warning(step.at("timeout"), message, f"Write more than {capability.typical_s:g} s.")
    return capability


def _answer(step: StepWritten) -> Capability:
    results = {"option": Slot(type="string", options=tuple(step.options) or DONE)}
    if step.note:
        results["note"] = Slot(type="string")
    if step.photo:
        results["photo"] = Slot(type="blob")
    return Capability(name=ANSWER, results=results)


def _check_instruments(draft: Draft, workcell: Workcell, findings: Findings) -> None:
    step, role = draft.written, draft.role or ""
    filling = workcell.filling(role)
    if not filling:
        remedy = f"Let an instrument of the workcell fill {role}."
        place = step.at("role") if step.role else step.key("move")
        findings.error(place, f"No instrument of {workcell.name} fills the role {role}.", remedy)
    _check_also(draft, workcell, findings)
    if step.on is not None and filling and not any(workcell.instruments[each].location for each in filling):
        message = f"{step.on} cannot stand at {filling[0]}: the workcell gives no location to what fills {role}."
        findings.error(step.at("on"), message, "Write `location:` at the instrument in the workcell.")
    if step.instrument is None or step.instrument in filling:
        return
    if step.instrument in workcell.instruments:
        message = f"{step.instrument} does not fill the role {role}."
    else:
        message = f"The workcell {workcell.name} has no instrument {step.instrument}."
    findings.error(step.at("instrument"), message, instead(step.instrument, filling))


def _check_also(draft: Draft, workcell: Workcell, findings: Findings) -> None:
    step = draft.written
    for place, role in enumerate(step.also):
        wanted = [draft.role, *step.also[: place + 1]].count(role)
        filling = len(workcell.filling(role))
        if role not in workcell.roles:
            remedy = instead(role, workcell.roles)
            findings.error(step.at("also", place), f"The workcell {workcell.name} has no role {role}.", remedy)
        elif filling < wanted:
            message = f"{role} is wanted {wanted} times at once, and {filling} fill it."
            findings.error(step.at("also", place), message, f"Let another instrument fill {role}, or take it out.")
