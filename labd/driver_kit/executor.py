"""One instrument, one command at a time, and each command once.

    ordered ── refused (recorded at once; nothing moves)
       └───── begun (recorded) ── the action runs ── ended (recorded) ── reported until acknowledged

Whoever asks again about an id that is in the ledger gets what the ledger says, and nothing moves.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from labd.domain.capability import Capability, Json, Recovery
from labd.domain.command import Failed, FailureKind, Order, Outcome, Refused, Unknown
from labd.domain.errors import InvalidInput
from labd.driver_kit.arguments import fitted
from labd.driver_kit.attachments import Attachments
from labd.driver_kit.context import Context
from labd.driver_kit.driver import carried_out
from labd.driver_kit.hand import GRACE_S, Hand, Interruption, real_limit_s
from labd.driver_kit.holds import Holds
from labd.driver_kit.instrument import Instrument
from labd.driver_kit.ledger import Entry, Ledger
from labd.driver_kit.results import clean
from labd.wire.messages import Stop

FIRST_RETRY_S, LAST_RETRY_S = 0.5, 30.0

log = logging.getLogger("labd.driver")


class _NotReady(InvalidInput):
    """The order is in order, and the moment is not."""


class Listener(Protocol):
    """Who is told what goes on. Its methods return at once: an action never waits for the network."""

    def accepted(self, command: str, note: str = "") -> None:
        """The order is in the ledger and in hand."""

    def progressed(self, command: str, fraction: float | None, note: str) -> None:
        """The action says how far it is, or the kit has something to remark."""

    def recorded(self, command: str, note: str = "") -> None:
        """The outcome is in the ledger: to be sent until it is acknowledged."""

    def changed(self) -> None:
        """The state may have changed."""


class Executor:
    """Takes orders, drives the instrument, keeps the ledger. Its work runs in `tasks`, so that an error of the kit ends
    the process, and the next one recovers."""

    def __init__(
        self,
        instrument: Instrument,
        ledger: Ledger,
        listener: Listener,
        tasks: asyncio.TaskGroup,
        daemon_now: Callable[[], datetime] | None = None,
    ) -> None:
        self._instrument = instrument
        self._driver = instrument.driver
        self._ledger = ledger
        self._listener = listener
        self._now = self._driver.now
        self._daemon_now = daemon_now or self._now  # deadlines are the daemon's, and clocks differ
        self._capabilities = {each.name: each for each in self._driver.declaration.capabilities}
        self._holds = Holds(ledger)
        self._driver.keeper = self.keep_at_the_machine
        self._safe_since = ""
        self._leaving = False
        self._hand: Hand | None = None
        self._doubtful: list[Order] = []
        self.attachments = Attachments(ledger)
        """What the outcomes refer to."""
        self._ledger_trouble = ""
        self.unoccupied = asyncio.Event()
        """Set while no action is running; what has run is in the ledger."""
        self.unoccupied.set()
        self._tasks = tasks
        self._under_way: set[asyncio.Task[None]] = set()

    # --- what it says of itself

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands in hand."""
        hand = [self._hand.order.command] if self._hand else []
        return (*hand, *(order.command for order in self._doubtful if order.command not in hand))

    @property
    def condition(self) -> tuple[Literal["idle", "busy", "error", "stopped"], str]:
        """The state of the instrument in one word, and what a person should know about it."""
        if self._instrument.unsafe or self._ledger_trouble:
            return "error", self._instrument.unsafe or self._ledger_trouble
        if self._holds.stopped:
            return "stopped", self._holds.why_stopped
        if self._instrument.trouble and not self._instrument.opening:
            return "error", self._instrument.trouble
        if self.commands or self._instrument.opening:
            return "busy", self._instrument.trouble
        if self._leaving:
            return "busy", "the driver is about to end"
        return ("stopped", "paused; a resume releases it") if self._holds.paused else ("idle", "")

    @property
    def obeyed(self) -> str:
        """The id of the laboratory's stop, once the instrument is in its safe state; else empty."""
        return self._safe_since if self._safe_since == self._holds.stop else ""

    @property
    def lock(self) -> str:
        """Who keeps the instrument, and why; empty where nobody does."""
        return self._holds.lock

    # --- orders

    def order(self, epoch: int, order: Order) -> None:
        """Begin it, or refuse it, or, when its id is known, say again what became of it."""
        try:
            entry = self._ledger.find(order.command)
            if entry is not None:
                self._say_again(entry, order)
                return
            if self._leaving:  # never seen, then: whoever asks will send it again, to the successor
                log.info("order %s is left to the next process", order.command)
                return
            stale = epoch < self._ledger.epoch
            self._ledger.see_epoch(epoch)
            capability, arguments = self._examined(order, stale=stale)
        except InvalidInput as error:
            reason: Literal["arguments", "not_ready"] = "not_ready" if isinstance(error, _NotReady) else "arguments"
            refused = Refused(message=clean(str(error)), reason=reason)
            self._write(lambda: self._refuse(order, refused))
        except sqlite3.Error as error:
            self._ledger_failed(error)
        else:
            self._write(lambda: self._begin(order, capability, arguments))

    def _say_again(self, entry: Entry, order: Order) -> None:
        note = ""
        if entry.order != order:
            note = "this id was ordered before with other content; that order stands, and nothing was done for this one"
            log.error("command %s came again with other content", order.command)
        if entry.ended:
            self._listener.recorded(order.command, note)
        else:
            self._listener.accepted(order.command, note)

    def _examined(self, order: Order, *, stale: bool) -> tuple[Capability, dict[str, Json]]:
        """What to do, with which arguments. Raises `InvalidInput` with the reason when nothing may move."""
        if stale:
            raise _NotReady("The order is of an earlier daemon; a newer one has taken over.")
        if order.deadline and _aware(order.deadline) < self._daemon_now():
            raise _NotReady(f"The deadline {order.deadline.isoformat()} has passed.")
        capability = self._capabilities.get(order.capability)
        if capability is None:
            known = ", ".join(self._capabilities) or "nothing"
            raise InvalidInput(f"The instrument has no capability {order.capability!r}; it has {known}.")
        arguments = fitted(capability, order.arguments)
        if self.commands:
            raise _NotReady(f"busy with {', '.join(self.commands)}")
        status, message = self.condition
        if status != "idle" or self._holds.paused:
            raise _NotReady(f"The instrument is not ready: {message}.")
        if self.lock:
            raise _NotReady(f"The instrument is locked by {self.lock}.")
        return capability, arguments

    def _refuse(self, order: Order, refused: Refused) -> None:
        self._ledger.refuse(order, refused, self._now())
        self._listener.recorded(order.command)

    def _begin(self, order: Order, capability: Capability, arguments: dict[str, Json]) -> None:
        self._ledger.begin(order, self._now())
        self._listener.accepted(order.command)
        self._start(order, capability, arguments)

    # --- the action

    def _start(self, order: Order, capability: Capability, arguments: dict[str, Json]) -> None:
        async def tell(fraction: float, note: str) -> None:
            self._listener.progressed(order.command, fraction, clean(note))

        context = Context(
            order.command, order.run, order.step, order.attempt, order.deadline, tell, self.attachments.attach
        )
        action = asyncio.ensure_future(carried_out(self._driver, capability.name, context, arguments))
        self._hand = Hand(order, capability, action)
        self.unoccupied.clear()
        self._listener.changed()
        self._spawn(self._carry_out(self._hand))

    async def _carry_out(self, hand: Hand) -> None:
        command = hand.order.command
        try:
            outcome = await hand.outcome(self._instrument)
            await self._record(command, outcome)
            if not hand.action.done():
                log.error("the action of %s goes on although it was cancelled; the instrument stays busy", command)
                await asyncio.wait({hand.action})
            if isinstance(outcome, Failed) and outcome.failure is FailureKind.CONNECTION:
                self._instrument.lose(outcome.message)
        finally:
            hand.action.cancel()
            self._hand = None
            self.tidy()
            self.unoccupied.set()
            self._listener.changed()

    async def _record(self, command: str, outcome: Outcome) -> None:
        """Write the outcome; a full disk is tried again until it takes it, and meanwhile nothing else begins."""
        delay = FIRST_RETRY_S
        while not self._write(lambda: self._ledger.finish(command, outcome, self._now())):
            await asyncio.sleep(delay)
            delay = min(LAST_RETRY_S, 2 * delay)
        self._listener.recorded(command)

    def _write(self, write: Callable[[], None]) -> bool:
        """Do something that writes to the ledger; when the disk refuses, say so in the state and report nothing."""
        try:
            write()
        except sqlite3.Error as error:
            self._ledger_failed(error)
            return False
        if self._ledger_trouble:
            self._ledger_trouble = ""
            self._listener.changed()
        return True

    def _ledger_failed(self, error: sqlite3.Error) -> None:
        log.error("the ledger cannot be written: %s", error)
        self._ledger_trouble = clean(f"the ledger cannot be written: {error}")
        self._listener.changed()

    def tidy(self) -> None:
        """Delete data that the daemon has; not while an action may be attaching more, or what it attached is needed."""
        if not self.commands:
            self.attachments.prune()

    # --- after a restart

    def settle(self) -> None:
        """Look at what was begun and has no outcome; to be called once, before the first order."""
        for order in self._ledger.unfinished():
            capability = self._capabilities.get(order.capability)
            if capability and capability.recovery in (Recovery.REPEAT, Recovery.QUERY):
                self._doubtful.append(order)
            else:
                self._ledger.finish(order.command, _unknown(order), self._now())
                self._listener.recorded(order.command)
        self.tidy()

    async def recover(self) -> None:
        """Repeat, or ask the instrument about, what was in hand when the driver died; it is open now."""
        if self._holds.stopped:  # what happened while nobody drove it, nobody knows
            await self._make_safe()
        while self._doubtful and not self._leaving:
            order = self._doubtful[0]
            capability = self._capabilities[order.capability]
            if capability.recovery is Recovery.QUERY:
                await self._record(order.command, await self._asked(order, capability))
            else:
                await self._repeat(order, capability)
            self._doubtful.pop(0)
        self.tidy()
        self._listener.changed()

    async def _repeat(self, order: Order, capability: Capability) -> None:
        try:
            if self._holds.stopped:
                raise InvalidInput("The instrument is stopped.")
            if order.deadline and _aware(order.deadline) < self._daemon_now():
                raise InvalidInput("Its deadline has passed since.")
            arguments = fitted(capability, order.arguments)
        except InvalidInput as reason:
            await self._record(order.command, _unknown(order, f" It was not repeated: {reason}"))
        else:
            self._start(order, capability, arguments)
            await self.unoccupied.wait()

    async def _asked(self, order: Order, capability: Capability) -> Outcome:
        try:
            query = self._driver.query(order.command, order.capability, dict(order.arguments))
            outcome = await asyncio.wait_for(query, real_limit_s(capability, self._driver.time_scale))
        except Exception as error:  # then nobody knows
            log.exception("the query about %s failed", order.command)
            return _unknown(order, f" The query failed: {type(error).__name__}: {error}")
        return outcome or _unknown(order, " The instrument does not know either.")

    # --- control

    def cancel(self, command: str) -> None:
        """Cancel the command in hand, where its capability allows it."""
        hand = self._hand
        if hand is None or hand.order.command != command:
            log.info("cancel of %s, which is not in hand, ignored", command)
        elif not hand.capability.cancellable:
            self._listener.progressed(command, None, f"{hand.capability.name} cannot be cancelled")
        else:
            hand.interrupt(Interruption.CANCEL)

    def stop(self) -> None:
        """End what is in hand, make the instrument safe, refuse everything until `reset`. Survives a restart."""
        self._write(lambda: self._holds.stop_until_reset(stopped=True))
        self._halt_now()

    def stop_with_all(self, stop: Stop) -> None:
        """The same, with the whole laboratory: until `release_with_all`. What holds already is not done again."""
        before = self._holds.stop
        self._write(lambda: self._holds.take_stop(stop))
        if self._holds.stop != before:
            self._halt_now()

    def release_with_all(self, release: Stop) -> None:
        """The laboratory is released; a stop of this one instrument stays."""
        if self._write(lambda: self._holds.release_stop(release)):
            self._listener.changed()

    def _halt_now(self) -> None:
        self._listener.changed()
        self._spawn(self._halt(self._hand))

    async def _halt(self, hand: Hand | None) -> None:
        if hand is not None:
            hand.interrupt(Interruption.STOP)
            await asyncio.wait({hand.action}, timeout=GRACE_S)
        await self._make_safe()

    async def _make_safe(self) -> None:
        """Into the safe state, for the stop that holds now."""
        stop = self._holds.stop
        await self._instrument.make_safe()
        self._safe_since = "" if self._instrument.unsafe else stop
        self._listener.changed()

    def reset(self) -> None:
        """Release the stop of this instrument; that of the laboratory stays."""
        if self._write(lambda: self._holds.stop_until_reset(stopped=False)):
            self._instrument.unsafe = ""
            self._listener.changed()

    def pause(self, *, paused: bool) -> None:
        """Refuse new commands, or take them again; what is in hand goes on."""
        self._holds.paused = paused
        self._listener.changed()

    def keep(self, who: str) -> None:
        """Refuse new commands, for somebody keeps the instrument; with nobody, take them again."""
        self._write(lambda: self._holds.keep(who))
        self._listener.changed()

    def keep_at_the_machine(self, who: str) -> None:
        """The same, by a hand at the machine itself."""
        self._write(lambda: self._holds.keep(who, at_the_machine=True))
        self._listener.changed()

    def fresh(self, epoch: int) -> bool:
        """Whether the epoch is not older than the newest seen; it is remembered."""
        fresh = epoch >= self._ledger.epoch
        self._write(lambda: self._ledger.see_epoch(epoch))
        return fresh

    # --- the end

    def leave(self) -> None:
        """Begin nothing any more."""
        self._leaving = True

    async def abandon(self) -> None:
        """Drop whatever is running and record nothing: what was begun stays begun, as after a crash."""
        under_way, hand = list(self._under_way), self._hand
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if hand is not None:
            await hand.unwind()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def _unknown(order: Order, why: str = "") -> Unknown:
    return Unknown(message=clean(f"The driver stopped in the middle of {order.capability}.{why}"))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
