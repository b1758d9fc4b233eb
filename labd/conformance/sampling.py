"""What to order: arguments that a descriptor allows, and such as it forbids.

>>> from labd.domain.capability import Capability, Slot
>>> heat = Capability(name="heat", arguments={"temperature": Slot(unit="degC", low=20, high=150)})
>>> allowed(heat)
{'temperature': 85.0}
>>> list(forbidden(heat))
[('temperature', -1.0), ('temperature', 301.0)]
"""

from __future__ import annotations

from collections.abc import Iterator

from labd.domain.capability import Capability, Json, Slot

NO_OPTION = "labd_check_no_such_option"


def allowed(capability: Capability) -> dict[str, Json]:
    """A value in the middle of its bounds for each argument that is not optional."""
    return {name: _middle(slot) for name, slot in capability.arguments.items() if not slot.optional}


def forbidden(capability: Capability) -> Iterator[tuple[str, Json]]:
    """Each argument that has limits, with a value beyond each of them."""
    for name, slot in capability.arguments.items():
        if slot.type in ("number", "integer"):
            if slot.low is not None:
                yield name, slot.low - abs(slot.low) - 1
            if slot.high is not None:
                yield name, slot.high + abs(slot.high) + 1
        elif slot.options:
            yield name, NO_OPTION


def _middle(slot: Slot) -> Json:
    match slot.type:
        case "number":
            return _number(slot)
        case "integer":
            return round(_number(slot))
        case "string":
            return slot.options[0] if slot.options else "check"
        case "boolean":
            return False
        case "array":
            return []
        case "object" | "blob":
            return {}


def _number(slot: Slot) -> float:
    if slot.low is not None and slot.high is not None:
        return (slot.low + slot.high) / 2
    return next((bound for bound in (slot.low, slot.high) if bound is not None), 1.0)
