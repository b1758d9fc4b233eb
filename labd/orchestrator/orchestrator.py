"""The shell: one task takes what happens, settles it, commits it, and lets the effects out.

    messages, answers, timers, people  ──>  inbox  ──>  settle  ──>  journal  ──>  effects
                                              ^                                      │
                                              └──────────────────────────────────────┘

Whatever waits in the inbox when the last commit has ended is committed together (group commit). Nothing leaves before
it is on disk; nothing polls.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import TypeVar, assert_never

import structlog

from labd.domain import events as e
from labd.domain.blob import MAXIMUM_BLOB_BYTES
from labd.domain.effects import (
    AnalyseRun,
    CancelTimer,
    Effect,
    LookAhead,
    PublishStop,
    Record,
    RequestSuggestions,
    SendAck,
    SendAsk,
    SendCommand,
    SendControl,
    SetTimer,
)
from labd.domain.errors import JournalError, LabError
from labd.domain.workcell import Workcell
from labd.lifecycles import KEPT, Laboratory, evolve, heard, needs_journal, receive
from labd.orchestrator.fetching import Fetching
from labd.orchestrator.foresight import LookingAhead
from labd.orchestrator.heart import EVERY_S, Heart
from labd.orchestrator.inbox import Inbox
from labd.orchestrator.patience import Patience
from labd.orchestrator.saying import say
from labd.orchestrator.signals import Signals
from labd.orchestrator.snapshot import dumped, restored
from labd.orchestrator.thinking import Analyse, Questions, analysed
from labd.orchestrator.writing import Build, Submission, Writing, told, writable
from labd.ports.clock import Clock, Timer
from labd.ports.foresight import Foresight
from labd.ports.instrument_link import (
    Connected,
    Inbound,
    InstrumentLink,
    Lost,
    Message,
    ReadingHeard,
    Rejected,
    StopHeard,
)
from labd.ports.journal import Journal
from labd.ports.planner import Planner
from labd.ports.proposing_service import ProposingService
from labd.ports.store import Store
from labd.wire.chunks import Chunk
from labd.wire.messages import Report

log = structlog.get_logger(__name__)

GROUP = 512
"""At most so many items share a commit."""
SNAPSHOT_EVERY = 2000
"""Events between two snapshots."""

T = TypeVar("T")


class Orchestrator:
    """Runs a laboratory on the ports that it is given."""

    def __init__(
        self,
        journal: Journal,
        link: InstrumentLink,
        planner: Planner,
        clock: Clock,
        analyse: Analyse,
        store: Store,
        *,
        release: str,
        heartbeat_s: float = EVERY_S,
        largest_bytes: int = MAXIMUM_BLOB_BYTES,
        foresight: Foresight | None = None,
        service: ProposingService | None = None,
    ) -> None:
        self._journal, self._link, self._clock = journal, link, clock
        self._analyse = analyse
        self._release = release
        self.store = store
        """Where large results are kept, and what persons give."""
        self._inbox: Inbox[Submission] = Inbox()
        self._timers: dict[str, Timer] = {}
        self._tasks: asyncio.TaskGroup
        self._pulse = asyncio.Event()
        self._started = asyncio.Event()
        self._snapshot_at = 0
        self._patience = Patience()
        self._heart = Heart(
            *(link, clock, heartbeat_s),
            look=lambda: self.state,
            record=self._record,
            start=self._start,
            show=self._publish,
        )
        self._ahead = LookingAhead(foresight, clock, look=lambda: self.state, record=self._record, start=self._start)
        self._questions = Questions(planner, service, start=self._start, put=self._put)
        self._signals = Signals(clock, look=lambda: self.state, record=self._record)
        self._fetching = Fetching(store, link, self._inbox, self._note, start=self._start, largest_bytes=largest_bytes)
        self.state = Laboratory()
        """What is true, as of the last commit."""
        self.progress: dict[str, tuple[float, str]] = {}
        """By command in hand: how far it is and what the driver says of it. Not journalled."""
        self.attendance = self._heart.attendance
        """Who was heard, when, and what their clocks say. Not journalled."""
        self.repeats: Counter[str] = Counter()
        """By instrument: outcomes that were here already, since the daemon began. Not journalled."""
        self.revision = 0
        """Counts what can be seen: commits, and progress between them."""
        self._trouble = ""

    # --- life

    async def open(self) -> None:
        """Fold the journal into the state. Raises `JournalError`."""
        snapshot = await self._journal.latest_snapshot()
        if snapshot is not None:
            state = restored(snapshot[1], self._release)
            if state is None:
                log.warning("snapshot_of_another_release", sequence=snapshot[0])
            self.state = state or self.state
        async for sequence, event in self._journal.read(self.state.version):
            self.state = evolve(self.state, event)
            if self.state.version != sequence:
                raise JournalError(f"The journal has a gap before event {sequence}.", "Restore it from a backup.")
        self._snapshot_at = self.state.version

    async def run(self, *, workcell: Workcell | None = None, ready: asyncio.Event | None = None) -> None:
        """Work until cancelled. `ready` is set once the restart is on disk.

        The workcell is loaded, where it is another than before, ahead of all that arrives: a driver that was here first
        is heard once, at its birth."""
        self._inbox.put(Submission(lambda lab, at: e.DaemonStarted(at=at, epoch=lab.epoch + 1, version=self._release)))
        if workcell is not None and workcell != self.state.workcell:
            self._inbox.put(Submission(lambda _, at: e.WorkcellLoaded(at=at, workcell=workcell)))
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._write(ready), name="writer")
                self._tasks.create_task(self._listen(), name="listener")
        finally:
            self._heart.end()
            self._signals.end()
            for timer in self._timers.values():
                timer.cancel()

    async def submit(self, build: Build) -> e.Event:
        """Record an event that a person or a part of the daemon brings; returns it once it is on disk.

        Raises `TransitionError` or `NotFound` where it cannot follow now."""
        done: asyncio.Future[e.Event] = asyncio.get_running_loop().create_future()
        self._inbox.put(Submission(build, done))
        return await done

    async def changed(self, after: int) -> int:
        """Wait until something newer than revision `after` can be seen; returns the present revision."""
        while self.revision <= after:
            await self._pulse.wait()
        return self.revision

    @property
    def trouble(self) -> str:
        """Why nothing can be kept at present, neither events nor large results, if so."""
        return self._trouble or self._fetching.trouble

    def _publish(self) -> None:
        self.revision += 1
        pulse, self._pulse = self._pulse, asyncio.Event()
        pulse.set()

    # --- in

    async def _listen(self) -> None:
        await self._started.wait()  # who is not of the workcell is known only then
        async with aclosing(self._link.inbound()) as inbound:
            async for each in inbound:
                if isinstance(each, Chunk):
                    self._fetching.take(each)
                    continue
                if isinstance(each, ReadingHeard):
                    self._signals.hear(each)
                    continue
                for heard in self._heart.hear(each):
                    self._inbox.arrive(heard)

    async def _write(self, ready: asyncio.Event | None) -> None:
        while True:
            await self._take(await self._inbox.group(GROUP))
            self._started.set()
            if ready is not None:
                ready.set()

    async def _take(self, group: Sequence[Submission | Inbound]) -> None:
        writing = Writing(self.state)
        for item in group:
            at = self._clock.now()
            if isinstance(item, Submission):
                self._take_submission(writing, item, at)
            else:
                await self._take_inbound(writing, item, at)
        writing.conclude()
        if writing.events:
            await self._insist(lambda: self._journal.append(writing.events))
        self.state = writing.state
        self.progress = {key: said for key, said in self.progress.items() if key in self.state.commands}
        for done, event in writing.answered:
            if not done.done():
                done.set_result(event)
        for effect in writing.effects:
            self._carry_out(effect)
        self._questions.withdraw(self.state)
        if writing.events or writing.seen:
            self._publish()
        if self.state.version - self._snapshot_at >= SNAPSHOT_EVERY:
            await self._keep_snapshot()

    async def _keep_snapshot(self) -> None:
        """Keep the state, so that the next start is short. The journal is the truth: it goes on without."""
        self._snapshot_at = self.state.version
        try:
            await self._journal.save_snapshot(self.state.version, dumped(self.state, self._release))
        except JournalError as error:
            log.warning("snapshot_cannot_be_kept", reason=str(error))

    def _take_submission(self, writing: Writing, item: Submission, at: datetime) -> None:
        try:
            event = item.build(writing.state, at)
            if item.done is not None:
                writable(event)
            writing.settle(event)
        except LabError as error:
            if item.done is None:
                log.info("came_too_late", reason=str(error))
            elif not item.done.done():
                item.done.set_exception(error)
            return
        if item.done is not None:
            writing.answered.append((item.done, event))

    async def _take_inbound(self, writing: Writing, item: Inbound, at: datetime) -> None:
        match item:
            case Connected():
                self._fetching.ask_again()
                writing.settle(e.LinkConnected(at=at))
            case Lost(reason):
                log.warning("link_lost", reason=reason)
                writing.settle(e.LinkLost(at=at))
            case Rejected(topic, reason, excerpt, size_bytes):
                bad = e.MessageQuarantined(at=at, topic=topic, reason=reason, excerpt=excerpt, size_bytes=size_bytes)
                self._quarantine(writing, bad)
            case Message():
                await self._take_message(writing, item, at)
            case StopHeard(body):
                self._take_effects(writing, heard(writing.state, body, at))
            case _:
                assert_never(item)

    async def _take_message(self, writing: Writing, message: Message, at: datetime) -> None:
        instrument, body = message
        if self._fetching.holds(writing.state, message):
            return
        recorded = None
        if isinstance(body, Report):
            writing.seen |= self._note_progress(writing.state, instrument, body)
            if needs_journal(writing.state, body):
                recorded = writing.hashes.get(body.command) or await self._insist(
                    lambda: self._journal.outcome_hash(body.command)
                )
        try:
            self._take_effects(writing, receive(writing.state, instrument, body, at, recorded))
        except Exception as error:  # noqa: BLE001 - the message's boundary: kept for a person, and the daemon stays up
            topic, text = f"{instrument}/{type(body).__name__.lower()}", body.model_dump_json()
            reason = told(error, "message_cannot_be_taken")
            bad = e.MessageQuarantined(at=at, topic=topic, reason=reason, excerpt=text[:KEPT], size_bytes=len(text))
            self._quarantine(writing, bad)

    def _take_effects(self, writing: Writing, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Record(e.MessageQuarantined() as bad):
                    if not self._quarantine(writing, bad):
                        return  # nor is it acknowledged: it comes again in a quieter hour
                case Record(event):
                    writing.settle(event)
                case SendAck(instrument, repeat=True):
                    self.repeats[instrument] += 1
                    writing.seen = True
                    writing.effects.append(effect)
                case _:
                    writing.effects.append(effect)

    def _quarantine(self, writing: Writing, bad: e.MessageQuarantined) -> bool:
        """Whether it is kept: of a topic that babbles only so much is."""
        left = self._patience.left(bad.topic, bad.at)
        if left > 0:
            log.warning("quarantined", topic=bad.topic, reason=bad.reason)
            last = "; until the hour is over no more is kept of this topic" * (left == 1)
            writing.settle(bad.model_copy(update={"reason": bad.reason + last}))
        return left > 0

    def _note_progress(self, state: Laboratory, instrument: str, body: Report) -> bool:
        command = state.commands.get(body.command)
        if body.outcome is not None:
            return self.progress.pop(body.command, None) is not None
        if body.progress is None or command is None or command.order.instrument != instrument:
            return False
        self.progress[body.command] = (body.progress, body.note)
        return True

    def _note(self, command: str, said: tuple[float, str] | None) -> None:
        """Show how far the data of a command are, and whether they can be stored."""
        if said is not None:
            self.progress[command] = said
        self._publish()

    async def _insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the journal answers. While it cannot, all is held back: nothing that is not on disk has happened."""
        delay_s = 0.5
        while True:
            try:
                answer = await ask()
            except JournalError as error:
                self._trouble = str(error)
                self._publish()
                log.error("journal_does_not_answer", reason=str(error), retry_s=delay_s)
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, 30.0)
            else:
                self._trouble = ""
                return answer

    # --- out

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SendCommand() | SendAsk() | SendAck() | SendControl() | PublishStop():
                self._start(say(self._link, effect))
            case RequestSuggestions():
                self._questions.ask(effect)
            case AnalyseRun():
                self._start(self._put(analysed(self._analyse, effect)))
            case LookAhead():
                self._ahead.ask()
            case SetTimer(timer, at):
                self._cancel(timer)
                self._timers[timer] = self._clock.call_at(at, lambda: self._fire(timer))
            case CancelTimer(timer):
                self._cancel(timer)
            case Record():
                raise AssertionError("a record is settled before the commit")
            case _:
                assert_never(effect)

    def _record(self, build: Callable[[datetime], e.Event]) -> None:
        self._inbox.put(Submission(lambda _, at: build(at)))

    async def _put(self, work: Coroutine[None, None, Build]) -> None:
        self._inbox.put(Submission(await work))

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        return self._tasks.create_task(work)

    def _cancel(self, timer: str) -> None:
        if timer in self._timers:
            self._timers.pop(timer).cancel()

    def _fire(self, timer: str) -> None:
        self._timers.pop(timer, None)
        self._inbox.put(Submission(lambda _, at: e.TimerFired(at=at, timer=timer)))
