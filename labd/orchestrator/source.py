"""What one instrument owes of large results: the outcomes that wait, and the parts on their way."""

from __future__ import annotations

import asyncio

from labd.domain.blob import Blob, blobs_in
from labd.domain.command import Succeeded
from labd.domain.identifiers import CommandId
from labd.ports.instrument_link import Message
from labd.wire.chunks import Chunk
from labd.wire.messages import Report


class Source:
    """The outcomes of an instrument that wait for data, the oldest first, and the one content that is fetched."""

    def __init__(self) -> None:
        self._waiting: dict[CommandId, tuple[Message, Report]] = {}
        self._name = ""
        self._asked: dict[int, int] = {}
        """By offset: how many bytes were asked for."""
        self._here: dict[int, bytes] = {}
        """By offset: parts that came, and are not in the store."""
        self._came = False
        """Whether a part came since an outcome was said last."""
        self._news = asyncio.Event()
        self.gone = False
        """The driver does not have what it promised, or has less of it."""

    @property
    def first(self) -> CommandId | None:
        """The outcome that waits longest."""
        return next(iter(self._waiting), None)

    def put(self, message: Message) -> None:
        """An outcome is said, perhaps again; then what is missing is asked for again, unless parts still come."""
        report = message.body
        assert isinstance(report, Report)  # noqa: S101 - nothing else is held
        before = self._waiting.get(report.command)
        self._waiting[report.command] = message, report
        if before is not None and (not self._came or before[1].session != report.session):
            self.ask_again()
        self._came = False

    def drop(self, command: CommandId) -> Message | None:
        """An outcome waits no longer."""
        waited = self._waiting.pop(command, None)
        self._news.set()
        return waited and waited[0]

    def wants(self, command: CommandId) -> bool:
        """Whether that outcome still waits."""
        return command in self._waiting

    def blobs(self, command: CommandId) -> list[Blob]:
        """What an outcome refers to."""
        outcome = self._waiting[command][1].outcome
        return list(blobs_in(outcome.result)) if isinstance(outcome, Succeeded) else []

    def turn_to(self, name: str) -> None:
        """From now on this content is fetched, and nothing of it was asked for yet."""
        self._name, self.gone = name, False
        self._asked.clear()
        self._here.clear()

    def ask(self, offset: int, length: int) -> bool:
        """Whether that part is to be asked for: it is neither on its way nor here."""
        if offset in self._asked or offset in self._here:
            return False
        self._asked[offset] = length
        return True

    def ask_again(self) -> None:
        """What was asked for is lost."""
        self._asked.clear()
        self._news.set()

    def take(self, chunk: Chunk) -> None:
        """A part; one that is not on its way is ignored."""
        length = self._asked.get(chunk.offset)
        if chunk.sha256 != self._name or length is None:
            return
        del self._asked[chunk.offset]
        if len(chunk.data) == length:
            self._here[chunk.offset] = chunk.data
        else:
            self.gone = True
        self._came = True
        self._news.set()

    def next_part(self, offset: int) -> bytes | None:
        """The part that begins there, if it is here."""
        return self._here.pop(offset, None)

    async def news(self) -> None:
        """Wait until a part came, or what was asked for is lost, or an outcome waits no longer."""
        await self._news.wait()
        self._news.clear()
