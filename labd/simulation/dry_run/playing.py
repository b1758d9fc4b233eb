"""The dry run itself: the daemon's state machine, and a heap of what happens next.

An order is accepted at once and succeeds after its declared duration; a question is answered after a while; the planner
and the analysis answer at once. What happens at one moment is settled as one group, as the daemon does.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

import numpy as np

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.capability import Capability, Descriptor
from labd.domain.command import Order, Succeeded
from labd.domain.errors import InvalidInput
from labd.domain.problem import Measurement, Suggestion
from labd.domain.protocol import Protocol
from labd.domain.room_events import LabwareMoved
from labd.domain.step_events import PersonAnswered
from labd.domain.workcell import Workcell
from labd.lifecycles import Laboratory, begin, follow
from labd.lifecycles.matter import LabwareStatus
from labd.lifecycles.specimens import assembled
from labd.simulation.dry_run import made_up
from labd.simulation.dry_run.account import Account
from labd.simulation.dry_run.people import People
from labd.simulation.dry_run.watching import Watch

PATIENCE = 1000
"""So many timers one after the other that begin nothing, while nothing is out: nothing will come of the next either."""
METHOD = "dry run"


def dry_run(
    workcell: Workcell,
    protocols: Sequence[Protocol],
    *,
    start: datetime,
    seed: int = 0,
    trials: int | None = None,
    answer_s: float = 300.0,
) -> Account:
    """All protocols at once as campaigns on the workcell, from `start` to their end, or until nothing moves any more.

    `trials` is the budget of each, by default its own; a question to a person is answered after `answer_s` seconds.
    Targets are not heeded: outcomes are made up. Raises `InvalidInput` where nothing ends a campaign.
    """
    began = time.perf_counter()
    play = _Play(workcell, start, seed, answer_s)
    for number, protocol in enumerate(protocols, 1):
        play.load(f"C{number}", _with_budget(protocol, trials), seed)
    play.to_the_end()
    return play.watch.account(play.state, time.perf_counter() - began)


def _with_budget(protocol: Protocol, trials: int | None) -> Protocol:
    budget = trials or protocol.stopping.trials
    stopping = protocol.stopping
    if budget is None and protocol.problem.pool is None and not (stopping.hours or stopping.cost or stopping.materials):
        raise InvalidInput(f"Nothing says when {protocol.name} is over.", "Give --trials.")
    objectives = tuple(each.model_copy(update={"target": None}) for each in protocol.problem.objectives)
    return protocol.model_copy(
        update={
            "problem": protocol.problem.model_copy(update={"objectives": objectives}),
            "stopping": stopping.model_copy(update={"trials": budget}),
        }
    )


class _Play:
    """The laboratory as it is, and what is still to come."""

    def __init__(self, workcell: Workcell, start: datetime, seed: int, answer_s: float) -> None:
        self.state = Laboratory()
        self.watch = Watch(workcell, start)
        self._now = start
        self._people = People(workcell, timedelta(seconds=answer_s))
        self._chance = np.random.default_rng(seed)
        self._coming: list[tuple[datetime, int, e.Event | str]] = []
        self._numbers = count()
        self._timers: dict[str, datetime] = {}
        self._out = 0
        """Orders and questions that are not answered."""
        self._points: dict[str, made_up.Points] = {}
        self._capabilities: dict[tuple[str, str], Capability] = {
            (name, capability.name): capability
            for name, it in workcell.instruments.items()
            for role in it.roles
            for capability in workcell.roles[role].capabilities
        }
        unlocked = workcell.model_copy(update={"interlocks": {}})  # nobody is heard here, and unheard is tripped
        self._settle(
            e.DaemonStarted(at=start, epoch=1, version=METHOD),
            e.WorkcellLoaded(at=start, workcell=unlocked),
            e.LinkConnected(at=start),
        )
        for name in workcell.instruments:
            own = tuple(each for (whose, _), each in self._capabilities.items() if whose == name)
            born = Descriptor(instrument=name, session=METHOD, capabilities=own)
            self._settle(
                e.InstrumentDescribed(at=start, instrument=name, descriptor=born),
                e.InstrumentStateReported(at=start, instrument=name, session=METHOD, status="idle"),
            )

    def load(self, key: str, protocol: Protocol, seed: int) -> None:
        """The protocol as a campaign that runs."""
        self._points[key] = made_up.Points(protocol.problem, seed)
        self._settle(
            e.CampaignDrafted(at=self._now, campaign=key, name=protocol.name, protocol=protocol, seed=seed, by=METHOD),
            e.CampaignStarted(at=self._now, campaign=key, by=METHOD),
        )

    def to_the_end(self) -> None:
        """Until nothing more comes, or nothing but timers that begin nothing."""
        in_vain = 0
        while in_vain < PATIENCE:
            if not self._coming and not self._rescued():
                return
            self._now = self._coming[0][0]
            due: list[e.Event] = []
            while self._coming and self._coming[0][0] == self._now:
                coming = heappop(self._coming)[2]
                if isinstance(coming, str):
                    if self._timers.get(coming) == self._now:
                        due.append(e.TimerFired(at=self._now, timer=coming))
                elif self._still_holds(coming):
                    due.append(coming)
            if due:
                self._settle(*due)
                in_vain = in_vain + 1 if not self._out else 0

    def _still_holds(self, event: e.Event) -> bool:
        """Whether what a person set out for is still to be done."""
        standing = LabwareStatus.STANDING
        return not isinstance(event, LabwareMoved) or self.state.labware[event.labware].status is standing

    def _rescued(self) -> bool:
        """Nothing more comes: whether a person brings what is lacking."""
        coming = self._people.rescue(self.state, self._now)
        for event in coming:
            self._later(event.at, event)
        return bool(coming)

    def _settle(self, *events: e.Event) -> None:
        for each in events:
            if isinstance(each, e.TimerFired):
                self._timers.pop(each.timer, None)
            elif isinstance(each, e.CommandFinished | PersonAnswered):
                self._out -= 1
        followed = follow(self.state, *events)
        begun = begin(followed.state, followed.events)
        happened = (*followed.events, *begun.events)
        self.watch.look(begun.state, happened)
        self.state = begun.state
        for event in self._people.called(self.state, happened, self._now):
            self._out += isinstance(event, PersonAnswered)
            self._later(event.at, event)
        for effect in (*followed.effects, *begun.effects):
            self._carry_out(effect)

    def _carry_out(self, effect: f.Effect) -> None:
        match effect:
            case f.SendCommand(order=order):
                self._work(order)
            case f.SetTimer(timer=timer, at=at):
                self._timers[timer] = at
                self._later(at, timer)
            case f.CancelTimer(timer=timer):
                self._timers.pop(timer, None)
            case f.RequestSuggestions():
                self._later(self._now, self._suggest(effect))
            case f.AnalyseRun():
                self._later(self._now, self._analyse(effect))
            case _:
                pass  # what is said to drivers that are not there

    def _later(self, at: datetime, event: e.Event | str) -> None:
        """An event, or the name of a timer: most of them are cancelled, so that their event need not be made."""
        heappush(self._coming, (at, next(self._numbers), event))

    def _work(self, order: Order) -> None:
        """The order is accepted now, and done after the time that its step declares."""
        capability = self._capabilities[order.instrument, order.capability]
        result = made_up.result(capability, order.arguments, self._chance)
        done = self._now + timedelta(seconds=self.state.runs[order.run].steps[order.step].plan.typical_s)
        self._later(self._now, e.CommandAccepted(at=self._now, command=order.command))
        self._later(
            done,
            e.CommandFinished(
                at=done,
                command=order.command,
                instrument=order.instrument,
                outcome=Succeeded(result=result),
                content_hash=METHOD,
            ),
        )
        self._out += 1

    def _suggest(self, asked: f.RequestSuggestions) -> e.SuggestionsMade:
        first = self.state.campaigns[asked.campaign].trials + 1
        drawn = [self._points[asked.campaign].point(number) for number in range(first, first + asked.count)]
        return e.SuggestionsMade(
            at=self._now,
            campaign=asked.campaign,
            request=asked.request,
            first=first,
            suggestions=tuple(
                Suggestion(parameters=each, method=METHOD, proposer=asked.share.name)
                for each in drawn
                if each is not None
            ),
        )

    def _analyse(self, asked: f.AnalyseRun) -> e.RunAnalysed:
        if asked.samples:
            # what an instrument would have given for each well nobody made up: every sample counts as measured
            whole = replace(asked, samples=tuple(replace(each, complete=True) for each in asked.samples))
            return assembled(whole, [self._outcomes(asked) for _ in asked.samples], self._now)
        outcomes = self._outcomes(asked)
        return e.RunAnalysed(at=self._now, run=asked.run, outcomes=outcomes)

    def _outcomes(self, asked: f.AnalyseRun) -> dict[str, Measurement]:
        return {name: Measurement(mean=made_up.outcome(spec, self._chance)) for name, spec in asked.outcomes.items()}
