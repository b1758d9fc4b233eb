"""The interlocks: what they guard, and why they hold. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from labd.lifecycles import Laboratory
from labd.web.views.pieces import View, moment_text


def interlocks(state: Laboratory) -> Iterator[View]:
    """Each interlock of the workcell, and how it is."""
    if state.workcell is None:
        return
    for name, each in state.workcell.interlocks.items():
        it = state.interlocks[name]
        yield {
            "name": name,
            "status": it.status,
            "holds": it.holds,
            "why": it.why,
            "since": moment_text(it.since),
            "signal": f"{each.instrument}.{each.channel}",
            "guards": list(each.guards) or ["all"],
            "stops": each.stops,
        }
