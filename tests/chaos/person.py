"""Whoever is in charge of the laboratory: reads its events, keeps campaigns going, answers its questions."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from io import StringIO
from typing import Any

import httpx
from labd_drivers.simulated import chance
from ruamel.yaml import YAML

from tests.chaos.room import STEPS, protocol

Known = Callable[[str], dict[str, Any] | None]
CAMPAIGNS = 3
"""So many run at a time, while there are faults to come."""
GIVING_UP = 0.2
"""The part of the questions that are answered by giving the sample up, whatever the machine says."""


class Person:
    """Knows the laboratory by its API alone, and the machines by looking at them."""

    def __init__(self, seed: int, known: Known, storm_is_over: asyncio.Event) -> None:
        self._seed, self._known, self._over = seed, known, storm_is_over
        self._seen = 0
        self._names = itertools.cycle(STEPS)
        self._open: dict[str, str] = {}
        """Campaigns that have not finished, and their status."""
        self._out: set[str] = set()
        self._doubtful: set[str] = set()
        self.news = asyncio.Event()
        """Set whenever something happened that brings the work on."""

    def __str__(self) -> str:
        return f"campaigns: {self._open}; out: {sorted(self._out)}; doubtful: {sorted(self._doubtful)}"

    async def work(self, url: str) -> bool:
        """Until the daemon at that address is gone, or everything is done: whether it is."""
        async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=60) as http:
            try:
                if await self._act(http):
                    return True
                async for event in self._events(http):
                    self._take(event)
                    if await self._act(http):
                        return True
            except httpx.TransportError:
                pass  # what was not said is said to the next daemon
        return False

    async def _events(self, http: httpx.AsyncClient) -> AsyncIterator[dict[str, Any]]:
        async with http.stream("GET", "events", params={"after": self._seen}) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("id: "):
                    self._seen = int(line[4:])
                elif line.startswith("data: "):
                    yield json.loads(line[6:])

    def _take(self, event: dict[str, Any]) -> None:
        kind = event["kind"]
        command = event["order"]["command"] if kind == "command_issued" else event.get("command", "")
        if kind == "command_issued":
            self._out.add(command)
        elif kind == "command_finished":
            self._out.discard(command)
            if event["outcome"]["kind"] == "unknown" or event.get("doubt"):
                self._doubtful.add(command)
            else:
                self._doubtful.discard(command)
        elif kind == "command_resolved":
            self._out.discard(command)
            self._doubtful.discard(command)
        elif kind == "campaign_started":
            self._open[event["campaign"]] = "running"
        elif kind == "campaign_finished":
            self._open.pop(event["campaign"], None)
        elif kind in ("campaign_paused", "campaign_resumed"):
            self._open[event["campaign"]] = kind.removeprefix("campaign_")
        if kind.startswith(("command_", "campaign_", "trial_", "run_", "suggestions_")):
            self.news.set()

    async def _act(self, http: httpx.AsyncClient) -> bool:
        """Do what is to be done now. Whether there will be nothing any more."""
        for command in sorted(self._doubtful):
            await self._answer(http, command)
        for campaign, status in list(self._open.items()):
            if status == "paused":
                await _post(http, f"campaigns/{campaign}/resume", {"by": "person", "reason": "go on"})
                self._open[campaign] = "running"
        while len(self._open) < CAMPAIGNS and not self._over.is_set():
            await self._begin(http)
        return self._over.is_set() and not (self._open or self._out or self._doubtful)

    async def _begin(self, http: httpx.AsyncClient) -> None:
        text = StringIO()
        name = next(self._names)
        YAML().dump(protocol(name), text)
        body = {"protocol": text.getvalue(), "file": f"{name}.yaml", "seed": self._seed, "start": True, "by": "person"}
        self._open[(await _post(http, "campaigns", body)).json()["id"]] = "running"

    async def _answer(self, http: httpx.AsyncClient, command: str) -> None:
        known = self._known(command)
        body: dict[str, Any] = {"by": "person", "reason": "looked at the machine"}
        if chance.share(self._seed, "giving up", command) < GIVING_UP:
            body["resolution"] = "discard"
        elif known is not None and known["event"] == "done":
            body |= {"resolution": "done", "result": {"value": known["value"]}}
        else:
            body["resolution"] = "not_done"
        answer = await http.post(f"commands/{command}/resolve", json=body)
        if answer.status_code not in (404, 409):  # resolved already: the answer to that was lost with a daemon
            answer.raise_for_status()
        self._doubtful.discard(command)


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    answer = await http.post(path, json=body)
    if answer.status_code != 409:
        answer.raise_for_status()
    return answer
