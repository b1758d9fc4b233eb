"""Why am I waiting? For each step that waits, the one thing that it lacks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from labd.domain.identifiers import CommandId, StepName
from labd.lifecycles.beginning import awaited, may_go_on
from labd.lifecycles.demand import as_waiting, room_of, too_early, waiting_steps
from labd.lifecycles.dispatch import is_free
from labd.lifecycles.envelope import LONGEST_S
from labd.lifecycles.gates import holding_back
from labd.lifecycles.holding import guarded_by
from labd.lifecycles.instrument import Instrument, InstrumentStatus, ServiceStatus
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run, StepState
from labd.lifecycles.supplies import Supplies
from labd.lifecycles.windows import reservations
from labd.scheduling import Ahead, Machine, Waiting, ahead, assign, why_waiting
from labd.scheduling.windows import NOW_S


class Why(NamedTuple):
    """Why a step waits."""

    text: str
    """One sentence without a full stop."""
    until: datetime | None = None
    """When that is expected to be over; None where nobody knows."""
    behind: bool = False
    """Whether it waits for earlier steps of its run, and so not for the room."""


class Waits:
    """The answers for all steps of the laboratory, as it is at a moment."""

    def __init__(self, state: Laboratory, at: datetime) -> None:
        self._state, self._at = state, at
        self._kept = {
            instrument: f"reserved for {self._whose(run, name)}"
            for run, name, names in reversed(list(reservations(state)))
            for instrument in names
        }
        self._machines = {it.name: self._machine(it) for it in state.instruments.values()}
        self._supplies = Supplies(state, at)
        waiting = list(waiting_steps(state, self._supplies))
        free = {it.name: frozenset(it.roles) for it in state.instruments.values() if is_free(state, it)}
        room = room_of(state, self._supplies, free, waiting)
        self._ahead = ahead(waiting, room.used_s)
        self._chain_of = room.chain_of
        self._in_s = assign(waiting, room, lambda _: False).in_s
        self._alike = {each.like: (each.run, each.step) for each in waiting if (each.run, each.step) in self._in_s}

    def why(self, run: Run, step: StepState) -> Why:
        """Why this step waits. Only of one that does."""
        if behind := awaited(run, step):
            return Why(behind, behind=True)
        campaign = self._state.campaign_of(run)
        safety = self._state.safety
        if safety.stopped and safety.pressed is not None:
            return Why(f"the laboratory is stopped by {safety.pressed.text}")
        if not may_go_on(self._state, run):
            only = " and only proposes (autonomy 0)" if campaign.autonomy == 0 else ""
            return Why(f"the campaign is {campaign.status}{only}")
        if approval := holding_back(self._state, run, step):
            return Why(f"it waits for approval: labd approve {approval.id}")
        if step.not_before is not None and step.not_before > self._at:
            return Why("its time has not come", step.not_before)
        wants = self._supplies.wants(run, step.plan)
        if lacking := self._supplies.lacking(run, step.plan, wants):
            return Why(lacking)
        waiting = as_waiting(step, run, campaign, among=wants.instruments)
        free = [it.name for it in self._state.instruments.values() if is_free(self._state, it)]
        if early := too_early(self._state, waiting, free, self._at):
            return Why("its arguments may not change so fast", until=min(early.values()))
        if chained := self._chained(waiting):
            return chained
        before = self._ahead.get((run.id, step.plan.name), Ahead())
        reason = why_waiting(waiting, self._machines, before)
        return Why(reason.text, None if reason.in_s is None else self._at + timedelta(seconds=reason.in_s))

    def _chained(self, step: Waiting) -> Why | None:
        """Why a step waits that would begin were it not for what must follow it in time."""
        in_s = self._in_s.get((step.run, step.step))
        if in_s is None and step.like in self._alike:
            in_s = self._in_s[self._alike[step.like]]
        if in_s is None:
            return None
        if NOW_S < in_s < LONGEST_S:
            text = "the steps of its window begin when there will be an instrument for each of them in time"
            return Why(text, self._at + timedelta(seconds=in_s))
        for link in self._chain_of(step):
            for need in link.needs if link.began_s is None else ():
                lacking = why_waiting(Waiting(link.step, step.run, *need), self._machines)
                if not lacking.ready:
                    return Why(f"{link.step} must follow in time, and {lacking.text}")
        return Why("a step of its window waits for what nobody knows when it ends")

    def _machine(self, it: Instrument) -> Machine:
        """With an order out it is busy, whatever it last said of itself."""
        taken_by = it.command or it.serves
        taken = it.status is InstrumentStatus.IDLE and taken_by is not None
        status = InstrumentStatus.BUSY if taken else it.status
        return Machine(
            frozenset(it.roles),
            status.value,
            self._shut(it) or self._kept.get(it.name, ""),
            self._doing(taken_by),
            self._free_in_s(taken_by),
        )

    def _doing(self, key: CommandId | None) -> str:
        command = self._state.commands.get(key or "")
        return self._whose(self._state.runs[command.order.run], command.order.step) if command else ""

    def _whose(self, run: Run, step: StepName) -> str:
        trial = self._state.trials[run.trial]
        return f"{step} of trial {trial.number} of {self._state.campaigns[trial.campaign].name}"

    def _free_in_s(self, key: CommandId | None) -> float | None:
        """When an order is expected to be over; None where it should be already."""
        command = self._state.commands.get(key or "")
        if command is None:
            return None
        plan = self._state.runs[command.order.run].steps[command.order.step].plan
        left_s = plan.typical_s - (self._at - command.issued).total_seconds()
        return left_s if left_s > 0 else None

    def _shut(self, it: Instrument) -> str:
        """Why it is to be given nothing; empty where that is not so."""
        if it.kept:
            return f"locked by {it.kept}"
        if it.service is not ServiceStatus.IN_SERVICE:
            return f"{it.service.replace('_', ' ')} ({it.withdrawn})"
        guards = guarded_by(self._state, it.name)
        return f"held by the interlock {guards[0]}: {self._state.interlocks[guards[0]].why}" if guards else ""
