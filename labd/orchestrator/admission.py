"""Whether a protocol may be done in this room at all, and what a person must look at first."""

from __future__ import annotations

from labd.domain.errors import InvalidInput, LabError
from labd.domain.protocol import Protocol
from labd.domain.workcell import Workcell
from labd.ports.screener import Screener


async def admitted(protocol: Protocol, workcell: Workcell | None, screener: Screener | None) -> tuple[str, ...]:
    """What a person must look at before the protocol runs. Raises `InvalidInput` where it may not be done here."""
    if workcell is None:
        return ()
    if against := workcell.hazard.against(protocol.hazard):
        raise InvalidInput(
            f"{protocol.name} may not be done here: {'; '.join(against)}.",
            "`hazard:` in the workcell file says what may.",
        )
    hazardous = {name for name, each in workcell.stock.items() if each.hazardous}
    used = {name for step in protocol.steps for name in step.consumes if name in hazardous}
    if uncapped := sorted(used - protocol.stopping.materials.keys()):
        example = f"{{{uncapped[0]}: 10 {workcell.stock[uncapped[0]].unit}}}"
        raise InvalidInput(
            f"{protocol.name} uses {', '.join(uncapped)}, which is hazardous, without a limit.",
            f"Write `stopping: {{materials: {example}}}`, with what may be used in all.",
        )
    return await _screened(protocol, workcell.hazard.screener, screener)


async def _screened(protocol: Protocol, function: str, screener: Screener | None) -> tuple[str, ...]:
    """What the screener says; that it cannot say anything is for a person, too."""
    if not function:
        return ()
    if screener is None:
        return (f"the screener {function} is not available",)
    try:
        return await screener.screen(function, protocol)
    except LabError as error:
        return (error.message,)
