"""Who looks on at a dry run and keeps the account: bars, waiting, consumption."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from labd.domain import events as e
from labd.domain.command import Succeeded
from labd.domain.identifiers import RunId, StepName
from labd.domain.workcell import Workcell
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import TABLE, Campaign
from labd.lifecycles.run import Run, StepState, StepStatus
from labd.scheduling import Machine, Waiting, why_waiting
from labd.simulation.dry_run.account import Account, Bar, Ending, Wait

KINDS: tuple[Literal["observed", "failed", "abandoned", "pending"], ...] = (
    "observed",
    "failed",
    "abandoned",
    "pending",
)
SAID_AT_MOST = 20
"""So many of the steps that are stuck are named."""


@dataclass(slots=True)
class _Waited:
    steps: int = 0
    total_s: float = 0.0
    longest_s: float = 0.0


class Watch:
    """Counts from the events what the account tells."""

    def __init__(self, workcell: Workcell, start: datetime) -> None:
        self._workcell = workcell
        self._start = start
        self._out: dict[str, e.CommandIssued] = {}
        self._bars: list[Bar] = []
        self._waiting: dict[tuple[RunId, StepName], tuple[datetime, str]] = {}
        self._waited: dict[tuple[str, str, str], _Waited] = defaultdict(_Waited)
        self._consumption: defaultdict[str, float] = defaultdict(float)
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
                case e.RunStarted():
                    touched[event.run] = None
                case _:
                    pass
        if touched:
            self._note_waiting(state, touched, events[-1].at)

    def _note_waiting(self, state: Laboratory, touched: dict[RunId, None], at: datetime) -> None:
        machines: dict[str, Machine] = {}
        for key in touched:
            run = state.runs.get(key)
            for step in run.ready if run else ():
                if run and (key, step.plan.name) not in self._waiting:
                    machines = machines or _machines(state)
                    self._waiting[key, step.plan.name] = (at, _why(run, step, machines))

    def _begun(self, state: Laboratory, event: e.CommandIssued) -> None:
        order = event.order
        since, reason = self._waiting.pop((order.run, order.step), (None, ""))
        if since is not None and since < event.at:
            step = state.runs[order.run].steps[order.step].plan
            waited = self._waited[state.campaign_of(state.runs[order.run]).name, step.template or step.name, reason]
            seconds = (event.at - since).total_seconds()
            waited.steps += 1
            waited.total_s += seconds
            waited.longest_s = max(waited.longest_s, seconds)

    def _ended(self, state: Laboratory, issued: e.CommandIssued, event: e.CommandFinished) -> None:
        order = issued.order
        self._end = max(self._end, event.at)
        campaign = order.run.partition(".")[0]
        for instrument in (order.instrument, *issued.holds):
            self._bars.append(
                Bar.model_construct(
                    instrument=instrument,
                    campaign=state.campaigns[campaign].name,
                    run=order.run,
                    step=order.step,
                    begin_s=(issued.at - self._start).total_seconds(),
                    end_s=(event.at - self._start).total_seconds(),
                    held=instrument != order.instrument,
                )
            )
        if isinstance(event.outcome, Succeeded):
            for stock, lots in issued.consumes.items():
                self._consumption[stock] += sum(lots.values())

    def account(self, state: Laboratory, wall_s: float) -> Account:
        """All that was seen, when nothing more comes."""
        makespan = (self._end - self._start).total_seconds()
        busy = dict.fromkeys(self._workcell.instruments, 0.0)
        for bar in self._bars:
            busy[bar.instrument] += bar.end_s - bar.begin_s
        waits = [
            Wait(
                campaign=campaign,
                step=step,
                reason=reason,
                steps=each.steps,
                total_s=each.total_s,
                longest_s=each.longest_s,
            )
            for (campaign, step, reason), each in self._waited.items()
        ]
        return Account(
            workcell=self._workcell.name,
            started=self._start,
            makespan_s=makespan,
            steps=sum(not bar.held for bar in self._bars),
            campaigns=tuple(self._ending(state, each) for each in state.campaigns.values()),
            utilisation={name: each / makespan if makespan else 0.0 for name, each in busy.items()},
            waits=tuple(sorted(waits, key=lambda each: -each.total_s)),
            consumption=dict(self._consumption),
            stuck=tuple(_stuck(state))[:SAID_AT_MOST],
            wall_s=wall_s,
            bars=tuple(self._bars),
        )

    def _ending(self, state: Laboratory, campaign: Campaign) -> Ending:
        counts = Counter(str(each.status) for each in state.trials_of(campaign.id))
        return Ending(
            campaign=campaign.name,
            protocol=campaign.protocol.name,
            status=campaign.status,
            reason=campaign.note,
            trials={kind: counts[kind] for kind in KINDS},
            ended_s=(campaign.ended - self._start).total_seconds() if campaign.ended else None,
        )


def _machines(state: Laboratory) -> dict[str, Machine]:
    return {
        it.name: Machine(
            frozenset(it.roles), "busy" if it.command else it.status.value, f"locked by {it.kept}" if it.kept else ""
        )
        for it in state.instruments.values()
    }


def _why(run: Run, step: StepState, machines: dict[str, Machine]) -> str:
    behind = [name for name in step.plan.after if run.steps[name].status is not StepStatus.DONE]
    if behind:
        return f"waits for {' and '.join(behind)}"
    waiting = Waiting(step=step.plan.name, run=run.id, role=step.plan.role, instrument=step.plan.instrument)
    return why_waiting(waiting, machines).text


def _stuck(state: Laboratory) -> Iterator[str]:
    """Each campaign that did not come to its end, and what its steps wait for."""
    machines = _machines(state)
    for campaign in state.campaigns.values():
        if campaign.status not in TABLE.terminal:
            note = f": {campaign.note}" if campaign.note else ""
            yield f"{campaign.name} is {campaign.status}{note}"
    for run in state.runs.values():
        for name, step in run.steps.items():
            if step.status is StepStatus.WAITING:
                yield f"{name} of run {run.id}: {_why(run, step, machines)}"
