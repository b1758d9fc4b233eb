"""An instrument whose machine is outside its driver: what moves is in the machine's own log, whoever dies.

One class for all roles, with one action for each recovery. It is written with the driver kit and runs in a process of
its own, as any driver does.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from labd_drivers.simulated import chance

from labd.driver_kit import (
    Context,
    DeviceError,
    Driver,
    Failed,
    FailureKind,
    Outcome,
    Recovery,
    Slot,
    Succeeded,
    action,
)

SHORTEST_S, LONGEST_S = 0.02, 0.3
FAILING = 0.03
"""The part of the actions that fail by themselves."""
RESULTS = {"value": Slot(description="a number that only this command gives")}


class Instrument(Driver):
    """Options: the `name` under which its machine knows it, `device`, the socket of the machines, and a `seed`."""

    make, model = "labd", "chaos"

    def __init__(self, *, name: str, device: str, seed: int = 0) -> None:
        self._name, self._path, self._seed = name, device, seed
        self._ahead = timedelta()
        self._turn = asyncio.Lock()
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_unix_connection(self._path)
        await self._say("open")

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def now(self) -> datetime:
        """By the machine's clock, which jumps."""
        return datetime.now(UTC) + self._ahead

    async def query(self, command: str, capability: str, arguments: dict[str, Any]) -> Outcome | None:
        """What the machine remembers; of what it began and did not end it knows no more than we."""
        known = (await self._say("query", command=command))["known"]
        if known is None:
            return Failed(failure=FailureKind.DEFINED, message="the machine was never told to begin")
        if known["event"] == "done":
            return Succeeded(result={"value": known["value"]})
        return Failed(failure=FailureKind.DEFINED, message=known["reason"]) if known["event"] == "failed" else None

    @action(recovery=Recovery.ASK, results=RESULTS)
    async def dose(self, context: Context, sample: str) -> dict[str, float]:
        """What nobody may do twice, and only a person can judge."""
        return await self._perform("dose", context, sample)

    @action(recovery=Recovery.REPEAT, results=RESULTS)
    async def mix(self, context: Context, sample: str) -> dict[str, float]:
        """What may be done again without harm."""
        return await self._perform("mix", context, sample)

    @action(recovery=Recovery.DISCARD, results=RESULTS)
    async def heat(self, context: Context, sample: str) -> dict[str, float]:
        """What spoils the sample if it is cut off."""
        return await self._perform("heat", context, sample)

    @action(recovery=Recovery.QUERY, results=RESULTS)
    async def measure(self, context: Context, sample: str) -> dict[str, float]:
        """What the machine keeps."""
        return await self._perform("measure", context, sample)

    async def _perform(self, name: str, context: Context, sample: str) -> dict[str, float]:
        about = {"command": context.command, "action": name, "sample": sample}
        await self._say("begun", **about)
        share = chance.share(self._seed, "duration", context.command)
        await asyncio.sleep(SHORTEST_S + (LONGEST_S - SHORTEST_S) * share)
        if chance.share(self._seed, "failure", context.command) < FAILING:
            await self._say("failed", **about, reason="it slipped")
            raise DeviceError("it slipped")
        value = chance.share(self._seed, "value", context.command)
        await self._say("done", **about, value=value)
        return {"value": value}

    async def _say(self, event: str, **about: Any) -> Any:
        """Tell the machine, which answers once it has written that down: whatever befalls us here, befalls us then."""
        assert self._writer is not None
        async with self._turn:
            self._writer.write(json.dumps({"instrument": self._name, "event": event, **about}).encode() + b"\n")
            answer = json.loads(await self._reader.readline() or b"null")
        if answer is None:
            raise ConnectionError("the machine is off")
        self._ahead = timedelta(seconds=answer["ahead_s"])
        return answer
