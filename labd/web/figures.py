"""The figures of a campaign, drawn once for all who watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.trial import CLOSED
from labd.web.views import View, campaign_view

Draw = Callable[[View], View]
"""A plotly figure of a campaign view."""

OF_TWO_OUTCOMES = frozenset({"pareto"})
"""Drawn only where a campaign has two outcomes or more."""


class Figures:
    """Draws in a thread, and keeps what it drew last of each campaign."""

    def __init__(self, draw: Mapping[str, Draw]) -> None:
        self._draw = dict(draw)
        self._drawn: dict[str, tuple[int, dict[str, View]]] = {}
        self._lock = asyncio.Lock()

    async def of(self, state: Laboratory, campaign: Campaign) -> dict[str, View]:
        """The figures of a campaign, by name."""
        age = figures_version(state, campaign)
        async with self._lock:
            kept = self._drawn.get(campaign.id)
            if kept is None or kept[0] != age:
                view = campaign_view(state, campaign)
                kept = age, await asyncio.to_thread(self._draw_all, view)
                self._drawn[campaign.id] = kept
        return kept[1]

    def _draw_all(self, view: View) -> dict[str, View]:
        left_out = OF_TWO_OUTCOMES if len(view["campaign"]["outcomes"]) < 2 else frozenset[str]()
        return {name: draw(view) for name, draw in self._draw.items() if name not in left_out}


def figures_version(state: Laboratory, campaign: Campaign) -> int:
    """The version at which the figures last changed: steps that go on within an open trial change nothing."""
    closed = (each.version for each in state.trials_of(campaign.id) if each.status in CLOSED)
    return max(campaign.version, *closed, 0)
