"""The daemon's pure half, the drivers and the wire between them, in miniature: what random walks go through."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Literal

from hypothesis.stateful import RuleBasedStateMachine

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.command import Failed, FailureKind, Order, Outcome, Refused, Succeeded, Unknown
from labd.domain.errors import LabError
from labd.domain.protocol import Protocol
from labd.lifecycles import Laboratory, evolve, heard, receive, settle
from labd.lifecycles.holding import guarded_by
from labd.wire.messages import Answer, Birth, Report, State, Stop, content_hash, held_by
from tests.scenery import MORNING, WORKCELL, descriptor, protocol


def outcome_of(kind: str) -> Outcome:
    match kind:
        case "succeeded":
            return Succeeded(result={"volume": 1.0, "signal": 0.5})
        case "nan":
            return Succeeded.model_validate_json('{"result": {"signal": NaN}}')
        case "failed":
            return Failed(failure=FailureKind.DEFINED, message="stalled")
        case "refused":
            return Refused(message="out of bounds")
        case "not_ready":
            return Refused(message="locked", reason="not_ready")
        case _:
            return Unknown(message="died in the middle")


class World(RuleBasedStateMachine):
    """A world that behaves as badly as the wire allows, as soon as a walk lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.state = Laboratory()
        self.journal: list[e.Event] = []
        self.now = MORNING
        self.sent: list[Order] = []  # on the wire to a driver
        self.asked: list[tuple[str, str]] = []
        self.reports: list[tuple[str, Report | Answer]] = []  # on the wire to the daemon
        self.ledger: dict[str, Outcome | None] = {}  # the drivers' memory
        self.memories: Counter[str] = Counter()  # how often an instrument's ledger was lost
        self.given_to: dict[str, str] = {}
        self.performed: Counter[str] = Counter()  # what physically happened
        self.acked: set[str] = set()
        self.plans: list[f.RequestSuggestions] = []
        self.analyses: list[f.AnalyseRun] = []
        self.timers: dict[str, datetime] = {}
        self.on_the_topic: Stop | None = None  # what the broker keeps of the stop
        self.locks: dict[str, str] = {}  # as the drivers have them
        self.names = iter(range(1_000_000))

    # --- the shell, in miniature

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def take(self, event: e.Event) -> bool:
        try:
            settled = settle(self.state, event)
        except LabError:
            return False
        self.state = settled.state
        self.journal += settled.events
        for effect in settled.effects:
            self.carry_out(effect)
        return True

    def carry_out(self, effect: f.Effect) -> None:
        match effect:
            case f.SendCommand(order, _):
                assert not self.state.safety.stopped, "an order left while the laboratory was stopped"
                assert not guarded_by(self.state, order.instrument), "an order left past an interlock"
                self.sent.append(order)
            case f.PublishStop(stop, stopped, at=at):
                self.on_the_topic = Stop(id=stop, stopped=stopped, at=at)
            case f.SendControl(instrument, action, by=by, reason=reason) if action in ("lock", "unlock"):
                self.locks[instrument] = held_by(by, reason) if action == "lock" else ""
            case f.SendAsk(instrument, command):
                self.asked.append((instrument, command))
            case f.SendAck(_, command, digest):
                assert self.recorded(command) == digest or self.ledger_hash(command) == digest
                self.acked.add(command)
            case f.RequestSuggestions():
                self.plans.append(effect)
            case f.AnalyseRun():
                self.analyses.append(effect)
            case f.SetTimer(timer, at):
                self.timers[timer] = at
            case f.CancelTimer(timer):
                self.timers.pop(timer, None)

    def recorded(self, command: str) -> str | None:
        found = [x for x in self.journal if isinstance(x, e.CommandFinished) and x.command == command]
        assert len(found) <= 1, "an outcome was recorded twice"
        return found[0].content_hash if found else None

    def ledger_hash(self, command: str) -> str | None:
        outcome = self.ledger.get(command)
        return content_hash(command, outcome) if outcome else None

    def deliver(self, instrument: str, body: Report | Answer | Birth | State) -> None:
        known = self.recorded(body.command) if isinstance(body, Report) else None
        for effect in receive(self.state, instrument, body, self.tick(), known):
            if isinstance(effect, f.Record):
                self.take(effect.event)
            else:
                self.carry_out(effect)

    # --- the drivers

    def instruments_come_online(self) -> None:
        for name in WORKCELL.instruments:
            self.is_born(name)

    def is_born(self, name: str) -> None:
        self.deliver(name, Birth(descriptor=descriptor(name), ledger=self.memory(name)))
        self.says_how_it_is(name)

    def says_how_it_is(self, name: str) -> None:
        stop = self.on_the_topic.id if self.on_the_topic and self.on_the_topic.stopped else ""
        status: Literal["stopped", "idle"] = "stopped" if stop else "idle"
        lock = self.locks.get(name, "")
        self.deliver(name, State(session="S1", sequence=1, status=status, stop=stop, lock=lock))

    def memory(self, name: str) -> str:
        return f"{name}/{self.memories[name]}"

    def perform(self, order: Order, kind: str) -> None:
        if order.command not in self.ledger:
            self.performed[order.command] += 1
            self.given_to[order.command] = order.instrument
            self.ledger[order.command] = outcome_of(kind)
            self.reports.append((order.instrument, self.report(order.command, accepted=True)))
        self.reports.append((order.instrument, self.report(order.command)))

    def report(self, command: str, *, accepted: bool = False) -> Report:
        outcome = None if accepted else self.ledger[command]
        digest = content_hash(command, outcome) if outcome else ""
        return Report(
            command=command,
            session="S1",
            sequence=1,
            device_time=self.now,
            accepted=accepted,
            outcome=outcome,
            content_hash=digest,
        )

    def replayed(self) -> None:
        state = Laboratory()
        for event in self.journal:
            state = evolve(state, event)
        assert state == self.state

    def echo(self) -> None:
        """What is on the topic arrives at the daemon, and what it says to that arrives again."""
        for _ in range(5):
            before = self.on_the_topic
            for effect in heard(self.state, before, self.tick()):
                if isinstance(effect, f.Record):
                    self.take(effect.event)
                else:
                    self.carry_out(effect)
            if self.on_the_topic == before:
                return
        raise AssertionError("the daemon argues with itself")

    def protocol(self, trials: int, parallel: int) -> Protocol:
        """What the campaigns do."""
        return protocol(trials=trials, parallel=parallel)
