"""What a workcell refuses by itself: joint limits, rates, what may not come together, interlocks, hazards."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping

from labd.domain.capability import Capability, Slot
from labd.domain.envelope import Incompatible, Interlock, JointLimit, RateLimit
from labd.domain.errors import InvalidInput
from labd.domain.hazard import HazardPolicy
from labd.domain.workcell import Role
from labd.protocols.amounts import in_unit, rate
from labd.protocols.expressions import evaluate, names_in, pieces, results_in
from labd.protocols.findings import Findings, instead
from labd.protocols.written import InterlockWritten, LimitWritten, RateWritten, WorkcellWritten

Roles = Mapping[str, Role]
_NUMBERS = ("number", "integer")


def joint_limits(written: WorkcellWritten, roles: Roles, findings: Findings) -> tuple[JointLimit, ...]:
    """What is allowed of the arguments of one order together."""
    made = []
    for each in written.limits:
        capability = _capability(each, roles, findings)
        if capability is not None:
            _check_allowed(each, capability, findings)
        made.append(JointLimit(role=each.role, capability=each.capability, allowed=each.allowed, reason=each.reason))
    return tuple(made)


def _capability(each: LimitWritten | RateWritten, roles: Roles, findings: Findings) -> Capability | None:
    role = roles.get(each.role)
    if role is None:
        findings.error(each.at("role"), f"There is no role {each.role}.", instead(each.role, roles))
        return None
    capability = role.capability(each.capability)
    if capability is None:
        known = [of.name for of in role.capabilities]
        message = f"The role {each.role} has no capability {each.capability}."
        findings.error(each.at("capability"), message, instead(each.capability, known))
    return capability


def _check_allowed(each: LimitWritten, capability: Capability, findings: Findings) -> None:
    place = each.at("allowed")
    try:
        parts = list(pieces(each.allowed))
        if len(parts) != 1 or not isinstance(parts[0], ast.expr):
            raise InvalidInput(f"{each.allowed[:60]} is no condition.", "Write ${...}, true or false.")
        tree = parts[0]
        if results_in(tree):
            raise InvalidInput("A limit knows no steps.", "Speak of the arguments of the order alone.")
        for name in sorted(names_in(tree) - set(capability.arguments)):
            message = f"{capability.name} takes no argument {name}."
            raise InvalidInput(message, instead(name, capability.arguments))
        for values in itertools.product(*(_samples(capability.arguments[name]) for name in sorted(names_in(tree)))):
            allowed = evaluate(tree, dict(zip(sorted(names_in(tree)), values, strict=True)))
            if not isinstance(allowed, bool):
                raise InvalidInput(f"{each.allowed[:60]} is neither true nor false.", "Compare something.")
    except InvalidInput as error:
        findings.error(place, error.message, error.hint)


def _samples(slot: Slot) -> tuple[float | str | bool, ...]:
    """A few values that an argument may have."""
    if slot.type in _NUMBERS:
        return (1.0 if slot.low is None else slot.low, 2.0 if slot.high is None else slot.high)
    return (slot.options[0] if slot.options else "text",) if slot.type == "string" else (True,)


def rate_limits(written: WorkcellWritten, roles: Roles, findings: Findings) -> tuple[RateLimit, ...]:
    """How fast arguments may change."""
    made = []
    for each in written.rates:
        capability = _capability(each, roles, findings)
        slot = capability.arguments.get(each.argument) if capability else None
        if capability is None:
            continue
        if slot is None or slot.type not in _NUMBERS:
            numbers = [name for name, of in capability.arguments.items() if of.type in _NUMBERS]
            message = f"{capability.name} takes no number {each.argument}."
            findings.error(each.at("argument"), message, instead(each.argument, numbers))
            continue
        per_s = rate(each, "at_most", each.at_most, slot.unit, findings)
        if per_s is not None and per_s <= 0:
            findings.error(each.at("at_most"), f"{each.at_most} allows no change at all.", "Write a rate above zero.")
        elif per_s is not None:
            of = {"role": each.role, "capability": each.capability, "argument": each.argument}
            made.append(RateLimit(**of, per_s=per_s, reason=each.reason))
    return tuple(made)


def incompatible(written: WorkcellWritten, roles: Roles, findings: Findings) -> tuple[Incompatible, ...]:
    """What may not come together in one run."""
    slots = [slot for role in roles.values() for each in role.capabilities for slot in each.arguments.values()]
    open_text = any(slot.type == "string" and not slot.options for slot in slots)
    known = [*written.names("stock"), *(option for slot in slots for option in slot.options)]
    made = []
    for each in written.incompatible:
        for place, name in enumerate(each.these):
            if name in each.these[:place]:
                findings.error(each.at("these", place), f"{name} is named twice.", "Name it once.")
            elif name not in known and not open_text:
                message = f"{name} is neither a stock nor an option of any argument."
                findings.error(each.at("these", place), message, instead(name, known) or "Write it into `stock:`.")
        made.append(Incompatible(these=tuple(each.these), reason=each.reason))
    return tuple(made)


def interlocks(written: WorkcellWritten, findings: Findings) -> dict[str, Interlock]:
    """The live signals that keep instruments from beginning anything."""
    made = {}
    for name, each in written.interlocks.items():
        instrument, _, channel = each.signal.partition(".")
        known = written.names("instruments")
        if instrument not in known:
            findings.error(each.at("signal"), f"There is no instrument {instrument}.", instead(instrument, known))
        guarded = [*written.names("roles"), *known]
        for place, guard in enumerate(each.guards):
            if guard not in guarded:
                message = f"There is no role and no instrument {guard}."
                findings.error(each.at("guards", place), message, instead(guard, guarded))
        if _thresholds_fit(name, each, findings):
            made[name] = _interlock(each, instrument, channel, findings)
    return made


def _thresholds_fit(name: str, each: InterlockWritten, findings: Findings) -> bool:
    said = [key for key in ("above", "below") if each.entry(key) is not None]
    if not said:
        findings.error(each.key(), f"Nothing trips {name}.", "Write `above:` or `below:`.")
        return False
    before = len(findings.found)
    for key, own in (("reset_below", "above"), ("reset_above", "below")):
        if each.entry(key) is not None and own not in said:
            findings.error(each.key(key), f"{key} belongs to `{own}`.", f"Write `{own}:` beside it, or take it out.")
    return len(findings.found) == before


def _interlock(each: InterlockWritten, instrument: str, channel: str, findings: Findings) -> Interlock:
    of = next((said.unit for said in (each.above, each.below) if said and said.unit), "")
    values = {
        key: in_unit(each, key, said, of, findings)
        for key in ("above", "below", "reset_below", "reset_above")
        if (said := getattr(each, key)) is not None
    }
    for reset, trip, sign, word in (("reset_below", "above", 1, "below"), ("reset_above", "below", -1, "above")):
        high, low = values.get(trip), values.get(reset)
        if high is not None and low is not None and (high - low) * sign < 0:
            message = f"It would be clear at {getattr(each, reset)}, where it is tripped."
            findings.error(each.at(reset), message, f"Write a value {word} {getattr(each, trip)}.")
    low, high = values.get("below"), values.get("above")
    if low is not None and high is not None and low >= high:
        message = f"It is always tripped: below {each.below} and above {each.above}."
        findings.error(each.at("below"), message, "Exchange the two.")
    return Interlock(
        instrument=instrument,
        channel=channel,
        unit=of,
        above=values.get("above"),
        below=values.get("below"),
        reset_below=values.get("reset_below"),
        reset_above=values.get("reset_above"),
        hold_s=each.hold or 0.0,
        stale_s=each.stale,
        guards=tuple(each.guards),
        stops=each.stops,
    )


def policy(written: WorkcellWritten) -> HazardPolicy:
    """What the workcell may do at all."""
    each = written.hazard
    if each is None:
        return HazardPolicy()
    return HazardPolicy(
        biosafety_level=each.biosafety_level,
        materials=None if each.materials is None else tuple(each.materials),
        most=each.most,
        screener=each.screener or "",
    )
