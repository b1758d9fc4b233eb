"""When a campaign has done enough, and how dangerous it is."""

from __future__ import annotations

from labd.domain.hazard import Hazard
from labd.domain.protocol import Stopping
from labd.domain.workcell import Workcell
from labd.protocols.amounts import in_unit
from labd.protocols.findings import Findings, instead
from labd.protocols.written import ProtocolWritten

_LEVELS = ("low", "medium", "high")


def stopping(written: ProtocolWritten, workcell: Workcell | None, findings: Findings) -> Stopping:
    """When it is enough; materials in the units of the workcell's stock."""
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
        consecutive_failures=each.consecutive_failures,
    )


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
