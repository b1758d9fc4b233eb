"""Who looks on at a dry run and keeps the account: bars, waiting, consumption, persons."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from labd.domain import events as e
from labd.domain.command import Succeeded
from labd.domain.identifiers import RunId, StepName, campaign_of_run
from labd.domain.room_events import LabwareMoved, StockRefilled
from labd.domain.step_events import PersonAnswered, PersonAsked, StepSkipped, WindowBroken
from labd.domain.steps import PERSON
from labd.domain.workcell import Workcell
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import TABLE, Campaign
from labd.lifecycles.run import RunStatus, StepStatus
from labd.lifecycles.why import Waits
from labd.simulation.dry_run.account import KINDS, Account, Bar, Ending, Refill, Wait
from labd.simulation.dry_run.people import WHO

SAID_AT_MOST = 20
"""So many of the steps that are stuck are named."""
FAILURES_AT_MOST = 20
SHORT = re.compile(r"^(\S+) is short")
PARTICULAR = re.compile(r"[;:].*$| of trial \d+ of [^\s;:]+|\([^)]*\)|__\d+", re.DOTALL)
"""What makes one reason differ from the next of its kind."""


@dataclass(slots=True)
class _Waited:
    steps: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0


@dataclass(slots=True)
class _Refilled:
    times: int = 0
    amount: float = 0.0
    first_s: float = 0.0


class Watch:
    """Counts from the events what the account tells."""

    def __init__(self, workcell: Workcell, start: datetime) -> None:
        self._workcell = workcell
        self._start = start
        self._out: dict[str, e.CommandIssued] = {}
        self._asked: dict[tuple[RunId, StepName], datetime] = {}
        self._bars: list[Bar] = []
        self._waiting: dict[tuple[RunId, StepName], tuple[datetime, str]] = {}
        self._waited: dict[tuple[str, str, str], _Waited] = defaultdict(_Waited)
        self._consumption: defaultdict[str, float] = defaultdict(float)
        self._refilled: defaultdict[str, _Refilled] = defaultdict(_Refilled)
        self._short: dict[str, float] = {}
        self._counts: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._end = start

    def look(self, state: Laboratory, events: Sequence[e.Event]) -> None:
        """Take down what happened at one moment; `state` is the one after it."""
        touched: dict[RunId, None] = {}
        for event in events:
            match event:
                case e.CommandIssued():
                    self._out[event.order.command] = event
                    self._begun(state, event)
                case e.CommandFinished():
                    issued = self._out.pop(event.command)
                    self._ended(state, issued, event)
                    touched[issued.order.run] = None
                case e.RunStarted() | StepSkipped():
                    touched[event.run] = None
                case e.TrialFailed():
                    self._failures[event.reason] += 1
                case e.TimerFired(timer=timer) if "/" in timer:
                    touched[timer.partition("/")[0]] = None
                case _:
                    self._people(state, event, touched)
        if touched:
            self._note_waiting(state, touched, events[-1].at)

    def _people(self, state: Laboratory, event: e.Event, touched: dict[RunId, None]) -> None:
        match event:
            case PersonAsked():
                self._counts["questions"] += 1
                self._asked[event.run, event.step] = event.at
            case PersonAnswered():
                began = self._asked.pop((event.run, event.step))
                self._add_bar(state, PERSON, event.run, event.step, began, event.at)
                touched[event.run] = None
            case WindowBroken():
                self._counts["windows"] += 1
            case StockRefilled():
                refilled = self._refilled[event.stock]
                refilled.first_s = refilled.first_s if refilled.times else self._seconds(event.at)
                refilled.times += 1
                refilled.amount += event.lot.amount
            case LabwareMoved() if event.by == WHO:
                self._counts["cleared"] += 1
            case _:
                pass

    def _seconds(self, at: datetime) -> float:
        return (at - self._start).total_seconds()

    def _note_waiting(self, state: Laboratory, touched: dict[RunId, None], at: datetime) -> None:
        """The steps that could begin and did not, with what they lack as they begin to wait."""
        waits: Waits | None = None
        for key in touched:
            run = state.runs.get(key)
            for step in run.ready if run else ():
                timely = step.not_before is None or step.not_before <= at
                if run and timely and (key, step.plan.name) not in self._waiting:
                    waits = waits or Waits(state, at)
                    reason = waits.why(run, step).text
                    if short := SHORT.match(reason):
                        self._short.setdefault(short[1], self._seconds(at))
                    self._waiting[key, step.plan.name] = (at, in_general(reason))

    def _begun(self, state: Laboratory, event: e.CommandIssued) -> None:
        order = event.order
        since, reason = self._waiting.pop((order.run, order.step), (None, ""))
        if since is not None and since < event.at:
            run = state.runs[order.run]
            step = run.steps[order.step].plan
            waited = self._waited[state.campaign_of(run).name, step.template or step.name, reason]
            seconds = (event.at - since).total_seconds()
            waited.steps += 1
            waited.total_s += seconds
            waited.longest_s = max(waited.longest_s, seconds)

    def _ended(self, state: Laboratory, issued: e.CommandIssued, event: e.CommandFinished) -> None:
        order = issued.order
        self._end = max(self._end, event.at)
        self._add_bar(state, order.instrument, order.run, order.step, issued.at, event.at)
        for instrument in issued.holds:
            self._add_bar(state, instrument, order.run, order.step, issued.at, event.at, held=True)
        if isinstance(event.outcome, Succeeded):
            for stock, lots in issued.consumes.items():
                self._consumption[stock] += sum(lots.values())

    def _add_bar(
        self,
        state: Laboratory,
        instrument: str,
        run: RunId,
        step: StepName,
        begin: datetime,
        end: datetime,
        *,
        held: bool = False,
    ) -> None:
        of = state.runs.get(run)
        self._bars.append(
            Bar(
                instrument=instrument,
                campaign=state.campaigns[campaign_of_run(run)].name,
                run=run,
                step=(of.steps[step].plan.template if of else "") or PARTICULAR.sub("", step),
                begin_s=self._seconds(begin),
                end_s=self._seconds(end),
                held=held,
            )
        )

    # --- the account

    def account(self, state: Laboratory, wall_s: float) -> Account:
        """All that was seen, when nothing more comes."""
        makespan = self._seconds(self._end)
        busy = dict.fromkeys(self._workcell.instruments, 0.0)
        if any(bar.instrument == PERSON for bar in self._bars):
            busy[PERSON] = 0.0
        for bar in self._bars:
            busy[bar.instrument] += bar.end_s - bar.begin_s
        return Account(
            workcell=self._workcell.name,
            started=self._start,
            makespan_s=makespan,
            steps=sum(not bar.held for bar in self._bars),
            campaigns=tuple(self._ending(state, each) for each in state.campaigns.values()),
            utilisation={name: each / makespan if makespan else 0.0 for name, each in busy.items()},
            waits=tuple(sorted(self._waits(), key=lambda each: -each.total_s)),
            consumption=dict(self._consumption),
            refills=tuple(self._refills()),
            windows_broken=self._counts["windows"],
            questions=self._counts["questions"],
            cleared=self._counts["cleared"],
            failures=dict(self._failures.most_common(FAILURES_AT_MOST)),
            stuck=tuple(_stuck(state, self._end))[:SAID_AT_MOST],
            wall_s=wall_s,
            bars=tuple(self._bars),
        )

    def _waits(self) -> Iterator[Wait]:
        for (campaign, step, reason), each in self._waited.items():
            yield Wait(
                campaign=campaign,
                step=step,
                reason=reason,
                steps=each.steps,
                total_s=each.total_s,
                longest_s=each.longest_s,
            )

    def _refills(self) -> Iterator[Refill]:
        for name in dict.fromkeys([*self._refilled, *self._short]):
            each = self._refilled[name]
            yield Refill(
                stock=name,
                times=each.times,
                amount=each.amount,
                first_s=each.first_s if each.times else None,
                short_s=self._short.get(name),
            )

    def _ending(self, state: Laboratory, campaign: Campaign) -> Ending:
        counts = Counter(str(each.status) for each in state.trials_of(campaign.id))
        return Ending(
            campaign=campaign.name,
            protocol=campaign.protocol.name,
            status=campaign.status,
            reason=campaign.note,
            trials={kind: counts[kind] for kind in KINDS},
            ended_s=self._seconds(campaign.ended) if campaign.ended else None,
        )


def in_general(reason: str) -> str:
    """A reason without what makes it differ from the next of its kind.

    >>> in_general("hplc_1 is busy with measure of trial 3 of mixing; 2 steps go first")
    'hplc_1 is busy with measure'
    """
    return " ".join(PARTICULAR.sub("", reason).split())


def _stuck(state: Laboratory, at: datetime) -> Iterator[str]:
    """Each campaign that did not come to its end, and what its steps wait for."""
    for campaign in state.campaigns.values():
        if campaign.status not in TABLE.terminal:
            note = f": {campaign.note}" if campaign.note else ""
            yield f"{campaign.name} is {campaign.status}{note}"
    waits = Waits(state, at)
    told = [
        (waits.why(run, step), f"{name} of run {run.id}")
        for run in state.runs.values()
        for name, step in run.steps.items()
        if step.status is StepStatus.WAITING and (run.ready or run.status is RunStatus.RUNNING)
    ]
    first = [f"{step}: {why.text}" for why, step in told if not why.behind]
    yield from first or [f"{step}: {why.text}" for why, step in told]
