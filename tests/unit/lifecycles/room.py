"""A laboratory to try the life cycles on: the fold, the decisions and nothing around them."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.command import Order, Outcome, Succeeded
from labd.domain.problem import Measurement, Suggestion
from labd.domain.protocol import Protocol
from labd.lifecycles import Laboratory, evolve, heard, receive, settle
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.trial import Trial
from labd.wire.messages import Answer, Birth, Report, State, Stop, content_hash
from tests.scenery import MORNING, WORKCELL, descriptor, protocol

E = TypeVar("E")


class Room:
    """Settles one event after the other, and keeps what was decided."""

    def __init__(self) -> None:
        self.state = Laboratory()
        self.now = MORNING
        self.events: list[e.Event] = []
        self.effects: list[f.Effect] = []
        self.take(e.DaemonStarted, epoch=1, version="test")
        self.take(e.WorkcellLoaded, workcell=WORKCELL)
        self.take(e.LinkConnected)

    def take(self, kind: Any, **what: Any) -> list[f.Effect]:
        """Settle an event; returns what it led to outside."""
        return self.settle(kind(at=self.tick(), **what))

    def tick(self, seconds: float = 1.0) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def settle(self, event: e.Event) -> list[f.Effect]:
        settled = settle(self.state, event)
        self.state = settled.state
        self.events += settled.events
        self.effects += settled.effects
        return list(settled.effects)

    def hear(
        self, instrument: str, body: Birth | State | Report | Answer, recorded: str | None = None
    ) -> list[f.Effect]:
        """Receive a message; returns all that was decided about it, records included, and settles those."""
        decided = list(receive(self.state, instrument, body, self.tick(), recorded))
        for effect in decided:
            if isinstance(effect, f.Record):
                self.settle(effect.event)
        return decided

    def hear_stop(self, body: Stop | None) -> list[f.Effect]:
        """Something stands on the stop topic; returns all that it led to outside."""
        before = len(self.effects)
        for effect in heard(self.state, body, self.tick()):
            if isinstance(effect, f.Record):
                self.settle(effect.event)
            else:
                self.effects.append(effect)
        return self.effects[before:]

    # --- what a laboratory does

    def furnished(self) -> None:
        """Every instrument is there and idle."""
        for name in WORKCELL.instruments:
            self.furnish(name)

    def furnish(self, name: str) -> None:
        """One instrument is there and idle."""
        self.hear(name, Birth(descriptor=descriptor(name)))
        self.hear(name, State(session="S1", sequence=1, status="idle"))

    def campaign(self, made: Protocol | None = None) -> None:
        """Draft `C` and start it."""
        self.take(e.CampaignDrafted, campaign="C", name="mixing", protocol=made or protocol())
        self.take(e.CampaignStarted, campaign="C")

    def suggest(self, count: int | None = None, improvement: float | None = None) -> list[f.Effect]:
        """The planner answers the open request."""
        request = self.mixing.request
        assert request is not None
        made = tuple(
            Suggestion(parameters={"share": (self.mixing.trials + i) / 100}, method="sobol", improvement=improvement)
            for i in range(request.count if count is None else count)
        )
        return self.take(
            e.SuggestionsMade,
            campaign="C",
            request=request.number,
            first=self.mixing.trials + 1,
            suggestions=made,
        )

    def finish(self, command: str, outcome: Outcome | None = None) -> list[f.Effect]:
        """The driver reports the end of a command."""
        outcome = outcome or Succeeded(result={"volume": 1.0, "signal": 0.5})
        self.hear(self.order(command).instrument, report(command, outcome))
        return self.effects

    def order(self, command: str) -> Order:
        return self.state.commands[command].order

    def observe(self, run: str, mean: float = 0.5) -> None:
        """Mix, read, analyse."""
        self.finish(f"{run}.mix.1")
        self.observe_after_mix(run, mean)

    def observe_after_mix(self, run: str, mean: float = 0.5) -> None:
        """Read, analyse."""
        self.finish(f"{run}.read.1")
        self.take(e.RunAnalysed, run=run, outcomes={"signal": Measurement(mean=mean)})

    @property
    def mixing(self) -> Campaign:
        return self.state.campaigns["C"]

    def status(self) -> str:
        return self.mixing.status

    def trial(self, number: int) -> Trial:
        return self.state.trials[f"C.{number}"]

    def happened(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def replayed(self) -> Laboratory:
        """What a restart makes of the events."""
        state = Laboratory()
        for event in self.events:
            state = evolve(state, event)
        return state


def report(command: str, outcome: Outcome | None, *, digest: str | None = None, accepted: bool = False) -> Report:
    """What a driver says of a command; honest, unless told otherwise."""
    honest = content_hash(command, outcome) if outcome else ""
    return Report(
        command=command,
        session="S1",
        sequence=1,
        device_time=MORNING,
        accepted=accepted,
        outcome=outcome,
        content_hash=honest if digest is None else digest,
    )
