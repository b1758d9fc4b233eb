"""Readings, by themselves: each channel at its own even distances."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from labd.domain.capability import Channel
from labd.driver_kit.instrument import Instrument
from labd.driver_kit.results import clean
from labd.driver_kit.speech import Speech
from labd.wire.messages import Reading

log = logging.getLogger("labd.driver")


class Readings:
    """The channels of one instrument. `run` reads one of them until it is cancelled."""

    def __init__(
        self,
        instrument: Instrument,
        speech: Speech,
        session: str,
        changed: Callable[[], None],
        unoccupied: Callable[[], bool],
    ) -> None:
        self._instrument, self._speech, self._session, self._changed = instrument, speech, session, changed
        self._unoccupied = unoccupied
        self.troubled: dict[str, str] = {}
        """By channel: why its last reading failed."""

    async def run(self, channel: Channel) -> None:
        """One reading each `every_s`; a slow one is not caught up."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self._speech.connected and not self._instrument.trouble:
                await self._read(channel)
            due = max(due + channel.every_s, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _read(self, channel: Channel) -> None:
        try:
            value = await getattr(self._instrument.driver, channel.name)()
            value = value.tolist() if hasattr(value, "tolist") else value
            reading = Reading(
                session=self._session, device_time=self._instrument.driver.now(), value=value, unit=channel.unit
            )
        except Exception as error:  # a reading that fails is said in the state; the driver goes on
            log.debug("reading %s failed", channel.name, exc_info=True)
            self.troubled[channel.name] = why = clean(f"{channel.name} cannot be read: {type(error).__name__}: {error}")
            if isinstance(error, ConnectionError) and self._unoccupied():  # an action finds it out by itself
                self._instrument.lose(why)
        else:
            self.troubled.pop(channel.name, None)
            self._speech.put(f"telemetry/{channel.name}", reading, qos=0)
        self._changed()
