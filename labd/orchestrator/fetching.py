"""Large results: what an outcome refers to is fetched from its driver before the outcome is taken.

    outcome ── its data are not here ── waits, unacknowledged ── fetched part by part ── here ── the inbox, once more
                                          └── another content, too large, gone ── left to a person

The daemon asks for a few parts at a time, so that a driver never sends more than is wanted, and goes on behind what is
here already: after a restart of either side, too. Nothing is timed: what is missing is asked for again when the driver
says its outcome again, as it does until that is acknowledged, and at each reconnect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

import structlog

from labd.domain.blob import Blob, blobs_in
from labd.domain.command import Succeeded
from labd.domain.errors import Unavailable
from labd.domain.events import MessageQuarantined
from labd.domain.identifiers import CommandId, InstrumentName
from labd.lifecycles import KEPT, Laboratory
from labd.lifecycles.command import OUT, CommandStatus
from labd.orchestrator.inbox import Inbox
from labd.orchestrator.source import Source
from labd.orchestrator.writing import Submission
from labd.ports.instrument_link import InstrumentLink, Message
from labd.ports.store import Store
from labd.wire.chunks import Chunk
from labd.wire.messages import Fetch, Report, content_hash, order_hash

log = structlog.get_logger(__name__)

CHUNK_BYTES = 262_144
"""So much is asked for at a time: little enough that a small message behind it does not wait."""
WINDOW, WINDOW_OF_ALL = 4, 32
"""So many parts are asked for ahead: of one instrument, and of all of them together (but one of each)."""
TRIES = 3
"""So often a content is fetched that turns out to be another one."""
NOTE_BYTES = 4_000_000
"""How far it is, is said each time that so much more is here."""
FIRST_RETRY_S, LAST_RETRY_S = 0.5, 30.0
"""Between two attempts to write to a disk that takes nothing."""

Note = Callable[[CommandId, tuple[float, str] | None], None]
"""Takes how far the data of a command are, and a remark; None where only `trouble` has changed."""
Start = Callable[[Coroutine[None, None, None]], object]

T = TypeVar("T")


class Fetching:
    """Holds outcomes back until their data are in the store. `trouble` says why nothing can be stored at present."""

    def __init__(
        self,
        store: Store,
        link: InstrumentLink,
        inbox: Inbox[Submission],
        note: Note,
        *,
        start: Start,
        largest_bytes: int,
    ) -> None:
        self._store, self._link, self._inbox, self._note = store, link, inbox, note
        self._start, self._largest_bytes = start, largest_bytes
        self._sources: dict[InstrumentName, Source] = {}
        self._left: set[CommandId] = set()
        self.trouble = ""

    def holds(self, state: Laboratory, message: Message) -> bool:
        """Whether this is an outcome that waits for its data; it comes back by the inbox."""
        instrument, report = message
        if not isinstance(report, Report) or not isinstance(report.outcome, Succeeded):
            return False
        missing = [each for each in blobs_in(report.outcome.result) if not self._store.has(each.sha256)]
        if not missing or not _is_awaited(state, instrument, report):
            self._let_go(instrument, report.command)
            return False
        if report.command in self._left:
            return True
        if largest := [each for each in missing if each.size_bytes > self._largest_bytes]:
            self._leave(message, _too_large(largest[0], self._largest_bytes))
            return True
        source = self._sources.get(instrument)
        if source is None:
            source = self._sources[instrument] = Source()
            self._start(self._work(instrument, source))
        source.put(message)
        return True

    def take(self, chunk: Chunk) -> None:
        """A part; one that was not asked for is ignored."""
        if source := self._sources.get(chunk.instrument):
            source.take(chunk)

    def ask_again(self) -> None:
        """The link is back: what was asked for did not arrive, or its answer did not."""
        for source in self._sources.values():
            source.ask_again()

    def _let_go(self, instrument: InstrumentName, command: CommandId) -> None:
        self._left.discard(command)
        if source := self._sources.get(instrument):
            source.drop(command)

    def _leave(self, message: Message, reason: str) -> None:
        assert isinstance(message.body, Report)  # noqa: S101 - nothing else is held
        self._left.add(message.body.command)
        topic, text = f"{message.instrument}/report", message.body.model_dump_json()
        kept = f"{reason} The outcome waits, and its driver keeps the data."
        log.warning("data_left", topic=topic, reason=kept)
        self._inbox.put(
            Submission(
                lambda _, at: MessageQuarantined(
                    at=at, topic=topic, reason=kept, excerpt=text[:KEPT], size_bytes=len(text)
                )
            )
        )

    async def _work(self, instrument: InstrumentName, source: Source) -> None:
        """Fetch what an instrument owes, one outcome after the other."""
        try:
            while (command := source.first) is not None:
                reason = await self._fetch_all(instrument, source, command)
                message = source.drop(command)
                if message is not None and reason:
                    self._leave(message, reason)
                elif message is not None:
                    self._inbox.arrive(message)
        finally:
            del self._sources[instrument]

    async def _fetch_all(self, instrument: InstrumentName, source: Source, command: CommandId) -> str:
        """Why the data of that outcome cannot be fetched; empty: they are here, or not wanted any more."""
        for blob in source.blobs(command):
            for _ in range(TRIES):
                if await self._fetch(instrument, source, command, blob):
                    break
            else:
                return (
                    f"{_named(blob)} cannot be fetched from {instrument}: it does not have it any more."
                    if source.gone
                    else f"{_named(blob)} came {TRIES} times with another content than its hash says."
                )
        return ""

    async def _fetch(self, instrument: InstrumentName, source: Source, command: CommandId, blob: Blob) -> bool:
        """Whether the content is here, or is not wanted any more."""
        name = blob.sha256
        source.turn_to(name)
        here = noted = await self._insist(lambda: self._store.begun(name))
        while source.wants(command) and not self._store.has(name):
            while (part := source.next_part(here)) is not None:
                here = await self._append(name, here, part)
            if here >= blob.size_bytes:
                return await self._insist(lambda: self._store.keep(name))
            if source.gone:
                return False
            if here - noted >= NOTE_BYTES:
                noted = here
                megabytes = f"{here / 1e6:.0f} of {blob.size_bytes / 1e6:.0f} MB"
                self._note(command, (here / blob.size_bytes, f"{blob.name or 'its data'}: {megabytes} are here"))
            self._ask(instrument, source, blob, here)
            await source.news()
        return True

    async def _append(self, name: str, here: int, part: bytes) -> int:
        return await self._insist(lambda: self._store.append(name, here, part))

    def _ask(self, instrument: InstrumentName, source: Source, blob: Blob, here: int) -> None:
        """Fill the window."""
        window = max(1, min(WINDOW, WINDOW_OF_ALL // len(self._sources)))
        for offset in range(here, min(here + window * CHUNK_BYTES, blob.size_bytes), CHUNK_BYTES):
            length = min(CHUNK_BYTES, blob.size_bytes - offset)
            if source.ask(offset, length):
                self._start(self._link.send(instrument, Fetch(blob=blob.blob, offset=offset, length=length)))

    async def _insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the store answers; while its disk takes nothing, the outcome waits."""
        delay_s = FIRST_RETRY_S
        while True:
            try:
                answer = await ask()
            except Unavailable as error:
                self._trouble(str(error))
                log.error("store_takes_nothing", reason=str(error), retry_s=delay_s)
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, LAST_RETRY_S)
            else:
                self._trouble("")
                return answer

    def _trouble(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._note("", None)


def _is_awaited(state: Laboratory, instrument: InstrumentName, report: Report) -> bool:
    """Whether the outcome would be taken, were its data here; nothing is fetched for any other."""
    command = state.commands.get(report.command)
    return (
        command is not None
        and command.order.instrument == instrument
        and (command.status in OUT or command.status is CommandStatus.UNKNOWN)
        and report.outcome is not None
        and report.content_hash == content_hash(report.command, report.outcome)
        and report.order_hash in ("", order_hash(command.order))
    )


def _named(blob: Blob) -> str:
    return f"{blob.name or 'The data'} ({blob.blob[:19]}…)"


def _too_large(blob: Blob, most: int) -> str:
    return (
        f"{_named(blob)} has {blob.size_bytes:,} bytes; this laboratory takes at most {most:,}. "
        "Raise the limit (`labd serve --largest-data`), or say what became of the command (`labd resolve`)."
    )
