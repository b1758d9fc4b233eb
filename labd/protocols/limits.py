"""When a campaign has done enough, and how dangerous it is."""

from __future__ import annotations

from collections.abc import Sequence

from labd.domain.hazard import Hazard
from labd.domain.problem import Goal, Objective
from labd.domain.protocol import Stopping
from labd.domain.workcell import Workcell
from labd.protocols.amounts import distance, in_unit
from labd.protocols.findings import Findings, instead
from labd.protocols.written import ProtocolWritten, StoppingWritten

_LEVELS = ("low", "medium", "high")


def stopping(
    written: ProtocolWritten, wanted: Sequence[Objective], workcell: Workcell | None, findings: Findings
) -> Stopping:
    """When it is enough; materials in the units of the workcell's stock, improvement in that of the outcome."""
    each = written.stopping
    if each is None:
        return Stopping()
    materials: dict[str, float] = {}
    for name, said in each.materials.items():
        stock = workcell.stock.get(name) if workcell else None
        if workcell is not None and stock is None:
            message = f"The workcell {workcell.name} has no stock {name}."
            findings.error(each.key("materials", name), message, instead(name, workcell.stock))
            continue
        amount = in_unit(each, "materials", said, stock.unit, findings, name) if stock else said.value
        if amount is not None and amount <= 0:
            findings.error(each.at("materials", name), f"{said} is nothing at all.", "Write more than that.")
        elif amount is not None:
            materials[name] = amount
    return Stopping(
        trials=each.trials,
        hours=each.hours,
        cost=each.cost,
        materials=materials,
        improvement_below=_improvement(each, written, wanted, findings),
        improvement_for=each.improvement_for,
        consecutive_failures=each.consecutive_failures,
    )


def _improvement(
    each: StoppingWritten, written: ProtocolWritten, wanted: Sequence[Objective], findings: Findings
) -> float | None:
    """The improvement that is too little, in the unit of the one objective's outcome."""
    if each.improvement_below is None:
        if each.entry("improvement_for") is not None and each.entry("improvement_below") is None:
            message = "Nothing says which improvement is too little."
            findings.error(each.key("improvement_for"), message, "Write `improvement_below:`.")
        return None
    if len(wanted) != 1 or wanted[0].goal in (Goal.LEVEL, Goal.MAP):
        if wanted and len(wanted) == len(written.objectives):
            message = "There is no one number that improves here."
            remedy = "Take it out; it is for one objective to maximise, to minimise or to match."
            findings.error(each.key("improvement_below"), message, remedy)
        return None
    of = written.outcomes.get(wanted[0].outcome)
    least = distance(each, "improvement_below", each.improvement_below, of.unit if of else "", findings)
    if least is not None and least <= 0:
        message = f"{each.improvement_below} is nothing at all."
        findings.error(each.at("improvement_below"), message, "Write more than that.")
    return least if least and least > 0 else None


def hazard(written: ProtocolWritten, workcell: Workcell | None, findings: Findings) -> Hazard:
    """How dangerous it is by its own account, held against what the workcell may do."""
    each = written.hazard
    if each is None:
        return Hazard()
    policy = workcell.hazard if workcell else None
    if workcell is not None and policy is not None:
        if each.biosafety_level > policy.biosafety_level:
            message = f"{workcell.name} is equipped for biosafety level {policy.biosafety_level}."
            remedy = f"Run it in a workcell of level {each.biosafety_level}."
            findings.error(each.at("biosafety_level"), message, remedy)
        if _LEVELS.index(each.level) > _LEVELS.index(policy.most):
            message = f"{workcell.name} takes nothing above {policy.most}."
            findings.error(each.at("level"), message, "Run it in another workcell.")
        for place, material in enumerate(each.materials):
            if policy.materials is not None and material not in policy.materials:
                message = f"{material} is not on the list of {workcell.name}."
                remedy = instead(material, policy.materials) or "Have it put on the list."
                findings.error(each.at("materials", place), message, remedy)
    return Hazard(level=each.level, biosafety_level=each.biosafety_level, materials=tuple(each.materials))
