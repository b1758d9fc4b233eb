"""A driver on the wire: what arrives goes to the executor, what it says goes out, readings go out by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Mapping
from typing import assert_never

from pydantic import ValidationError
from ulid import ULID

from labd.domain.capability import Descriptor
from labd.domain.errors import InvalidInput
from labd.driver_kit.driver import Driver
from labd.driver_kit.executor import Executor
from labd.driver_kit.instrument import Instrument
from labd.driver_kit.ledger import Ledger
from labd.driver_kit.outbox import Outbox
from labd.driver_kit.parts import Parts
from labd.driver_kit.pulse import Pulse
from labd.driver_kit.readings import Readings
from labd.driver_kit.results import clean
from labd.driver_kit.speech import Speech
from labd.mqtt import Arrived, Down, MqttTransport, Up, Will
from labd.wire.decoding import stop_from
from labd.wire.messages import (
    MAXIMUM_BYTES,
    Ack,
    Answer,
    Ask,
    Birth,
    Command,
    Control,
    Echo,
    Fetch,
    Heartbeat,
    Report,
    State,
    Stop,
    held_by,
    order_hash,
)
from labd.wire.topics import PROTOCOL, topic, topic_of_all
from labd.wire.versions import validated

FAREWELL_S = 1.0

log = logging.getLogger("labd.driver")


class Station:
    """One instrument under its name on one broker. `serve` runs until it is cancelled."""

    def __init__(self, driver: Driver, ledger: Ledger, *, workcell: str, name: str, broker: str) -> None:
        self.session = str(ULID())
        self.instrument = Instrument(driver, self.changed)
        self._tasks = asyncio.TaskGroup()
        self._pulse = Pulse(driver.watchdog_s, self._bark)
        self.executor = Executor(self.instrument, ledger, self, self._tasks, daemon_now=self._pulse.now)
        self._driver, self._ledger, self._workcell, self._name = driver, ledger, workcell, name
        self._outbox = Outbox(self._send_outcome)
        self._said: tuple[object, ...] = ()
        self._described: Descriptor | None = None
        self._alone = False
        """The watchdog fired while a command was in hand: the instrument is made safe at its end."""
        will = State(session=self.session, sequence=0, status="offline")
        own: Mapping[str, Callable[[bytes], None]] = {
            "command": lambda said: self._ordered(validated(Command, said, self._pulse.protocol)),
            "ack": lambda said: self._acknowledged(validated(Ack, said, self._pulse.protocol)),
            "ask": lambda said: self._asked(validated(Ask, said, self._pulse.protocol)),
            "state": lambda said: self._overheard(validated(State, said, self._pulse.protocol)),
            "control": lambda said: self._controlled(validated(Control, said, self._pulse.protocol)),
            "fetch": lambda said: self._parts.fetch(validated(Fetch, said, self._pulse.protocol)),
        }
        self._handlers = {topic(workcell, name, leaf): take for leaf, take in own.items()} | {
            topic_of_all(workcell, "heartbeat"): lambda said: self._beaten(
                validated(Heartbeat, said, self._pulse.protocol)
            ),
            topic_of_all(workcell, "stop"): lambda said: self._stopped(stop_from(said)),
        }
        self._transport = MqttTransport(
            broker,
            client_id=f"labd-{workcell}-{name}-{self.session}",
            subscriptions=list(self._handlers),
            urgent=[topic_of_all(workcell, "stop")],
            will=Will(topic(workcell, name, "state"), will.model_dump_json().encode()),
        )
        self._speech = Speech(self._transport, workcell, name)
        self._parts = Parts(self._transport, self.executor.attachments, workcell, name)
        unoccupied = self.executor.unoccupied.is_set
        self._readings = Readings(self.instrument, self._speech, self.session, self.changed, unoccupied)

    async def serve(self) -> None:
        """Keep the instrument open and talk to the daemon."""
        self.executor.settle()
        self._pulse.broker_lost()
        try:
            async with self._tasks as tasks:
                tasks.create_task(self.instrument.keep_open(self._opened))
                tasks.create_task(self._listen())
                tasks.create_task(self._speech.run())
                tasks.create_task(self._parts.run())
                for channel in self._driver.declaration.channels:
                    tasks.create_task(self._readings.run(channel))
        finally:
            self._outbox.down()
            self._pulse.end()

    async def farewell(self) -> None:
        """Say that the instrument is offline; to be called before `serve` is cancelled. Waits a second at most."""
        self._speech.say("state", State(session=self.session, sequence=0, status="offline"), retain=True)
        self._speech.connected = False
        await self._speech.drained(FAREWELL_S)

    async def _opened(self) -> None:
        if self._described and self._described != self._driver.descriptor(self._name, self.session):
            self._birth()
        await self.executor.recover()

    # --- what the executor says

    def accepted(self, command: str, note: str = "") -> None:
        """Publish that the order is in hand."""
        self._report(command, accepted=True, note=note)

    def progressed(self, command: str, fraction: float | None, note: str) -> None:
        """Publish how far the action is."""
        self._report(command, progress=fraction, note=note)

    def recorded(self, command: str, note: str = "") -> None:
        """Publish the outcome until it is acknowledged; of an order that came again, once more in any case."""
        if not self._send_outcome(command, note):
            self._outbox.expect(command)

    def changed(self) -> None:
        """Publish the state, if it differs from the one that was published last."""
        status, message = self.executor.condition
        message = "; ".join(filter(None, (message, *self._readings.troubled.values())))
        said = (status, self.executor.commands, message, self.executor.obeyed, self.executor.lock)
        if self._speech.connected and said != self._said:
            self._said = said
            state = State(
                session=self.session,
                sequence=0,
                status=status,
                commands=self.executor.commands,
                message=clean(message),
                stop=self.executor.obeyed,
                lock=self.executor.lock,
            )
            self._speech.say("state", state, retain=True)
        if self._alone and self.executor.unoccupied.is_set():
            self._alone = False
            if not self.instrument.trouble:
                self._tasks.create_task(self.instrument.make_safe())

    def _report(self, command: str, *, accepted: bool = False, progress: float | None = None, note: str = "") -> None:
        report = Report(
            command=command,
            session=self.session,
            sequence=0,
            device_time=self._driver.now(),
            accepted=accepted,
            progress=progress,
            note=note,
        )
        self._speech.say("report", report)

    def _send_outcome(self, command: str, note: str = "") -> bool:
        """Publish the recorded outcome. Whether the daemon had it already."""
        try:
            entry = self._ledger.find(command)
        except sqlite3.Error as error:
            log.error("the ledger cannot be read: %s", error)
            return False
        if entry is None or entry.ended is None:
            return True
        report = Report(
            command=command,
            session=self.session,
            sequence=0,
            device_time=entry.ended.at,
            note=note,
            outcome=entry.ended.outcome,
            content_hash=entry.ended.content_hash,
            order_hash=order_hash(entry.order),
        )
        self._speech.say("report", report)
        return entry.ended.acked

    def _birth(self) -> None:
        self._described = self._driver.descriptor(self._name, self.session)
        birth = Birth(descriptor=self._described, protocol=PROTOCOL, epoch=self._ledger.epoch, ledger=self._ledger.id)
        self._speech.put("descriptor", birth, retain=True)

    # --- the wire

    async def _listen(self) -> None:
        async with contextlib.aclosing(self._transport.events()) as events:
            async for event in events:
                match event:
                    case Up():
                        self._came_up()
                    case Down():
                        log.warning("the broker is lost: %s", event.reason)
                        self._speech.connected = False
                        self._outbox.down()
                        self._pulse.broker_lost()
                    case Arrived():
                        self._take(event)
                    case _:
                        assert_never(event)

    def _came_up(self) -> None:
        self._speech.connected = True
        self._alone = self._alone and self._pulse.known  # with a daemon that beats, its next heartbeat ends it
        self._pulse.broker_found()
        self._introduce()

    def _introduce(self) -> None:
        """Say all that a daemon needs to know that knows nothing."""
        self._birth()
        self._said = ()
        self.changed()
        self._outbox.up(self._ledger.unacknowledged())

    def _take(self, arrived: Arrived) -> None:
        """Rubbish is logged and ignored: what a broker carries is not trusted. amqtt gives who subscribes what it
        retains of others, too."""
        take, leaf = self._handlers.get(arrived.topic), arrived.topic.rsplit("/", 1)[-1]
        if take is None:
            return
        if len(arrived.payload) > MAXIMUM_BYTES:
            log.warning("a message of %d bytes on %s is ignored", len(arrived.payload), leaf)
            return
        try:
            take(arrived.payload)
        except (ValidationError, ValueError, InvalidInput) as error:
            log.warning("a message on %s is ignored: %s", leaf, str(error)[:500])
        except sqlite3.Error as error:
            log.error("a message on %s could not be carried out, for the ledger cannot be used: %s", leaf, error)

    def _stopped(self, stop: Stop | None) -> None:
        """An emptied topic releases nothing."""
        if stop is not None and stop.stopped:
            self.executor.stop_with_all(stop)
        elif stop is not None:
            self.executor.release_with_all(stop)

    def _ordered(self, command: Command) -> None:
        if command.order.instrument != self._name:
            log.warning("an order for %s is ignored", command.order.instrument)
            return
        self.executor.order(command.epoch, command.order)

    def _acknowledged(self, ack: Ack) -> None:
        if self._ledger.acknowledge(ack.command, ack.content_hash):
            self._outbox.remove(ack.command)
            self.executor.tidy()
        else:
            log.warning("an acknowledgement of %s does not fit what is recorded; it is ignored", ack.command)

    def _asked(self, ask: Ask) -> None:
        entry = self._ledger.find(ask.command)
        if entry and entry.ended:
            self.recorded(ask.command)
        else:
            standing = "in_hand" if entry else "never_seen"
            answer = Answer(command=ask.command, session=self.session, standing=standing, ledger=self._ledger.id)
            self._speech.put("answer", answer)

    def _overheard(self, state: State) -> None:
        """The last will of an earlier process may come after the birth of this one, and would stay, retained."""
        if state.status == "offline" and state.session != self.session:
            self._said = ()
            self.changed()

    def _controlled(self, control: Control) -> None:
        if control.action == "stop":  # whoever says stop is obeyed: to refuse it for its epoch would be the worse error
            self.executor.stop()
            return
        if not self.executor.fresh(control.epoch):
            log.warning("%s of an earlier daemon is ignored", control.action)
            return
        match control.action:
            case "cancel":
                self.executor.cancel(control.command or "")
            case "reset":
                self.executor.reset()
            case "pause" | "resume":
                self.executor.pause(paused=control.action == "pause")
            case "lock" | "unlock":
                self.executor.keep(held_by(control.by, control.reason) if control.action == "lock" else "")
            case "rebirth":
                self._introduce()
            case _:
                assert_never(control.action)

    def _beaten(self, beat: Heartbeat) -> None:
        """Answer a heartbeat of the daemon that is obeyed."""
        if beat.epoch < self._ledger.epoch:
            return
        self._alone = False
        self._pulse.heard(beat)
        echo = Echo(
            session=self.session,
            number=beat.number,
            at=beat.at,
            device_time=self._driver.now(),
            sequence=self._speech.sequence,
        )
        self._speech.put("echo", echo, qos=0)

    def _bark(self, why: str) -> None:
        log.warning("%s: the instrument makes itself safe", why)
        self._alone = True
        self.changed()
