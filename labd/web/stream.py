"""What is told at once: the page's WebSocket, and the events as server-sent events.

The page gets states, not events: whoever is slow gets the newest and never a queue. Scripts get events, each of them,
in order, and can go on where they were.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from labd.domain.errors import InvalidInput, LabError
from labd.orchestrator import Orchestrator
from labd.ports.journal import Journal
from labd.web.errors import error_view
from labd.web.figures import Figures, figures_version
from labd.web.views import View, campaign_view

PACE_S = 0.05
"""A page is told at most twenty times a second: eyes take in no more, and a busy laboratory has other work."""

ALIVE_S = 15.0
"""A comment is sent after so long a silence, so that a client can tell a quiet laboratory from a dead connection."""


class Watch:
    """One page that watches: what it has, and what it is told next."""

    def __init__(
        self,
        orchestrator: Orchestrator,
        figures: Figures,
        now: Callable[[], View],
        campaign: str | None,
        after: int,
    ) -> None:
        self._orchestrator, self._figures, self._now = orchestrator, figures, now
        self._campaign = campaign
        self._has = after
        self._ahead = after > orchestrator.state.version
        self._figures_at: int | None = None
        self._campaign_at: int | None = None

    def subscribe(self, message: str) -> None:
        """Follow another campaign, or none. Raises `InvalidInput`."""
        try:
            key = json.loads(message)["campaign"]
        except (ValueError, KeyError, TypeError):
            key = 0
        if key is not None and not isinstance(key, str):
            raise InvalidInput("That is no subscription.", 'Send {"campaign": KEY} or {"campaign": null}.')
        self._campaign, self._has, self._figures_at, self._campaign_at = key, 0, None, None

    async def frames(self) -> AsyncIterator[View]:
        """What this page does not know yet."""
        if self._ahead:
            self._ahead, self._has = False, 0
            yield {"type": "restart"}
        yield {"type": "now", "now": self._now()}
        if self._campaign is not None:
            try:
                frame = await self._campaign_frame(self._campaign)
            except LabError as error:
                self._campaign = None
                yield {"type": "error", **error_view(error)}
            else:
                if frame is not None:
                    yield frame

    async def _campaign_frame(self, key: str) -> View | None:
        state = self._orchestrator.state
        campaign = state.campaign(key)
        view = campaign_view(state, campaign, self._has)
        if self._campaign_at == campaign.version:
            del view["told"]
            if not view["trials"]:
                return None
        drawn_at = figures_version(state, campaign)
        if drawn_at != self._figures_at:
            view["figures"] = await self._figures.of(state, campaign)
            self._figures_at = drawn_at
        self._has, self._campaign_at = state.version, campaign.version
        return {"type": "campaign", **view}


async def watch(socket: WebSocket, orchestrator: Orchestrator, closing: asyncio.Event, watched: Watch) -> None:
    """Tell a page what changes until it leaves, or the daemon ends."""
    await socket.accept()
    ended = asyncio.create_task(closing.wait())
    heard = asyncio.create_task(socket.receive_text())
    tasks: set[asyncio.Task[Any]] = {ended, heard}
    try:
        while not ended.done():
            revision = orchestrator.revision
            async for frame in watched.frames():
                await socket.send_text(json.dumps(frame, allow_nan=False, separators=(",", ":")))
            changed = asyncio.create_task(_changed(orchestrator, revision))
            tasks = {ended, heard, changed}
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            if heard.done():
                watched.subscribe(heard.result())
                heard = asyncio.create_task(socket.receive_text())
                tasks.add(heard)
    except WebSocketDisconnect:
        pass
    except InvalidInput as error:
        await socket.close(1003, str(error)[:120])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _changed(orchestrator: Orchestrator, revision: int) -> None:
    await asyncio.sleep(PACE_S)
    await orchestrator.changed(revision)


async def server_sent_events(
    orchestrator: Orchestrator, journal: Journal, closing: asyncio.Event, after: int
) -> AsyncIterator[str]:
    """The events behind a place in the journal, then those to come, as the lines of `text/event-stream`."""
    if after > orchestrator.state.version:
        yield "event: restart\ndata: {}\n\n"
        after = 0
    ended = asyncio.create_task(closing.wait())
    try:
        while not ended.done():
            revision = orchestrator.revision
            if orchestrator.state.version > after:
                async for sequence, event in journal.read(after):
                    after = sequence
                    yield f"id: {sequence}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n"
            changed = asyncio.create_task(orchestrator.changed(revision))
            try:
                await asyncio.wait({changed, ended}, timeout=ALIVE_S, return_when=asyncio.FIRST_COMPLETED)
            finally:
                silent = not changed.done()
                changed.cancel()
            if silent and not ended.done():
                yield ": still here\n\n"
    finally:
        ended.cancel()
