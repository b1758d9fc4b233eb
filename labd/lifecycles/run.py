"""The life of a run.

run    running ──last step settled──> measured ──analysed──> succeeded
          │                              └── impossible ──> implausible ── a person says ──> succeeded | failed
          ├── a step failed for good, or was discarded ──> failed  <── analysis failed ── measured
          └── its trial was given up ──> abandoned

The steps are in `labd.lifecycles.step`. A step is settled when it is done or skipped, or when another was done in its
stead; the run is measured when all steps of preparation and main are. Clean-up begins when nothing else of the run can
begin any more and nothing is under way, whatever became of the run; it changes nothing of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from labd.domain.capability import Json
from labd.domain.identifiers import InstrumentName, RunId, StepName, TrialId
from labd.domain.problem import Measurement
from labd.domain.samples import RunLabware, Sample
from labd.lifecycles.replacing import replace
from labd.lifecycles.step import STEP, UNDER_WAY, StepState, StepStatus
from labd.lifecycles.step_graph import StepGraph, graph_of
from labd.lifecycles.table import Table

__all__ = ["OPEN", "RUN", "STEP", "Run", "RunStatus", "StepState", "StepStatus", "Violation", "move", "move_step"]


class RunStatus(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    """Steps are waiting or active."""
    MEASURED = "measured"
    """All steps are done, or all that could be; the analysis is asked for."""
    IMPLAUSIBLE = "implausible"
    """It has outcomes, but they cannot be true: a person is asked."""
    SUCCEEDED = "succeeded"
    """It has outcomes."""
    FAILED = "failed"
    """It came to nothing."""
    ABANDONED = "abandoned"
    """Its trial was given up; what was out may still report."""


RUN = Table(
    "run",
    {
        RunStatus.RUNNING: {
            "measure": RunStatus.MEASURED,
            "fail": RunStatus.FAILED,
            "abandon": RunStatus.ABANDONED,
        },
        RunStatus.MEASURED: {
            "analyse": RunStatus.SUCCEEDED,
            "hold": RunStatus.IMPLAUSIBLE,
            "fail": RunStatus.FAILED,
            "abandon": RunStatus.ABANDONED,
        },
        RunStatus.IMPLAUSIBLE: {"analyse": RunStatus.SUCCEEDED, "fail": RunStatus.FAILED},
        RunStatus.ABANDONED: {
            "measure": RunStatus.ABANDONED,
            "analyse": RunStatus.SUCCEEDED,
            "hold": RunStatus.IMPLAUSIBLE,
            "fail": RunStatus.FAILED,
        },
        RunStatus.SUCCEEDED: {},
        RunStatus.FAILED: {},
    },
)


OPEN = frozenset({RunStatus.RUNNING, RunStatus.MEASURED, RunStatus.IMPLAUSIBLE})
"""Its trial waits for it."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A window that was broken: a step began later after an earlier one than it may."""

    step: StepName
    after: StepName
    gap_s: float
    at_most_s: float
    sample: int | None = None
    """Whose it is; None: of all samples of the run."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """The instruments that are kept for a step to come."""

    instruments: tuple[InstrumentName, ...]
    """Its role's first, then those of its further roles."""
    since: int
    """The laboratory's version when that was decided first."""


@dataclass(frozen=True)  # without slots: a run keeps which of its steps are ready
class Run:
    """One execution of the protocol, for a trial or for a batch of them."""

    id: RunId
    trial: TrialId
    """Of a batch: the one that leads it, and gives the run its id."""
    started: datetime
    steps: dict[StepName, StepState] = field(default_factory=dict)
    status: RunStatus = RunStatus.RUNNING
    held: dict[str, Measurement] = field(default_factory=dict)
    """The outcomes that cannot be true, while a person is asked."""
    doubt: str = ""
    """Why they cannot."""
    samples: tuple[Sample, ...] = ()
    """What a batch measures, and where each stands; empty for one trial alone."""
    labware: tuple[RunLabware, ...] = ()
    dropped: dict[int, str] = field(default_factory=dict)
    """Of a batch: the samples that failed or were given up, and why. What waits of them never begins; the others go
    on."""
    broken: str = ""
    """Of a batch: why no further step of it begins, while what is out comes to its end."""
    owed: frozenset[TrialId] = frozenset()
    """Of a batch that was analysed: the trials whose end is yet to be recorded, in the same commit."""

    violations: tuple[Violation, ...] = ()
    """The windows that were broken; not those of the clean-up."""
    reserved: dict[StepName, Reservation] = field(default_factory=dict)
    """The instruments that are kept for steps to come."""

    # --- what is known of it

    @cached_property
    def trials(self) -> tuple[TrialId, ...]:
        """The trials that it is for."""
        return tuple(dict.fromkeys(each.trial for each in self.samples if each.trial)) or (self.trial,)

    @property
    def results(self) -> Mapping[StepName, dict[str, Json]]:
        """The results that are here, by step; as expressions speak of them: `labd.lifecycles.samples.results_for`."""
        return {name: step.result for name, step in self.steps.items() if step.result is not None}

    def is_late(self, sample: int | None = None) -> bool:
        """Whether a window was broken that concerns the sample; without one, whether any was."""
        return any(sample is None or each.sample in (None, sample) for each in self.violations)

    @cached_property
    def graph(self) -> StepGraph:
        """How its steps hang together."""
        return graph_of({name: step.plan for name, step in self.steps.items()})

    def is_settled(self, name: StepName) -> bool:
        """Whether what follows the step need wait for it no longer."""
        status = self.steps[name].status
        if status in (StepStatus.DONE, StepStatus.SKIPPED) or self.is_dropped(name):
            return True
        return status is StepStatus.FAILED and any(map(self.is_settled, self.graph.stand_ins.get(name, ())))

    def is_lost(self, name: StepName) -> bool:
        """Whether the step failed for good, and so did whatever was to stand in for it."""
        failed = self.steps[name].status is StepStatus.FAILED
        return failed and all(map(self.is_lost, self.graph.stand_ins.get(name, ())))

    def settled_at(self, name: StepName) -> datetime | None:
        """When it was done, or another in its stead; None where nothing was done, or not yet."""
        step = self.steps[name]
        if step.status is StepStatus.FAILED:
            ends = (self.settled_at(each) for each in self.graph.stand_ins.get(name, ()))
            return next((each for each in ends if each is not None), None)
        return step.ended if step.status is StepStatus.DONE else None

    def is_dropped(self, name: StepName) -> bool:
        """Whether the step is of a sample that was given up, and nothing is being done about it any more: what comes
        after it in the batch as a whole does not wait for it. Its clean-up is done all the same."""
        step = self.steps[name]
        if step.plan.sample not in self.dropped or self.graph.phase[name] == "clean_up":
            return False
        return step.status in (StepStatus.WAITING, StepStatus.RECOVERING, StepStatus.FAILED)

    @property
    def lost(self) -> StepName | None:
        """The step for which the run, or the sample of a batch, has come to nothing, where that is yet to be told."""
        for name in self.graph.work:
            step = self.steps[name]
            if step.status is StepStatus.FAILED and self._is_open(name):
                replaces = step.plan.instead_of or step.plan.recovers  # then the other is lost, if it is
                if not replaces and self.is_lost(name):
                    return name
        return None

    @property
    def has_begun(self) -> bool:
        """Whether anything of it was ordered, or answered by a person."""
        return any(step.attempts or step.result is not None for step in self.steps.values())

    @property
    def is_over(self) -> bool:
        """Whether it has come as far as it can, clean-up apart: all is settled; of a batch, nothing is under way and
        nothing more can begin."""
        return not any(map(self._is_open, self.graph.work))

    def _is_open(self, name: StepName) -> bool:
        """Whether the step is under way or will begin, or has failed without its sample, or the run, being told yet."""
        step = self.steps[name]
        if step.status in UNDER_WAY:
            return True
        helps = step.plan.recovers or step.plan.instead_of  # then the other tells
        if self.is_settled(name) or (step.status is StepStatus.FAILED and helps):
            return False
        told_by_sample = step.status is StepStatus.FAILED and step.plan.sample is not None
        return told_by_sample or not self.broken

    @property
    def is_cleaned_up(self) -> bool:
        """Whether no clean-up is left to do. What failed of it is left to a person."""
        return all(map(self._is_past, self.graph.clean_up))

    # --- what can begin

    @cached_property
    def ready(self) -> tuple[StepState, ...]:
        """The steps that wait for nothing but their time, an instrument or a person. Worked out once for a run as it
        is: with many runs open the scheduler asks each of them at nearly every event."""
        if self.status is RunStatus.RUNNING:
            names = () if self.broken else self.graph.work
        else:
            names = self.graph.clean_up if self._may_clean_up else ()
        waiting = [name for name in names if self.steps[name].status is StepStatus.WAITING]
        return tuple([self.steps[name] for name in waiting if self.is_ready(name)])

    @property
    def _may_clean_up(self) -> bool:
        work = self.graph.work if self.graph.clean_up else ()
        return bool(self.graph.clean_up) and not any(self.steps[name].status in UNDER_WAY for name in work)

    def _is_past(self, name: StepName) -> bool:
        """Whether a clean-up step need not wait for it: what failed of the clean-up holds up nothing."""
        return self.graph.phase[name] != "clean_up" or self.is_settled(name) or self.is_lost(name)

    def is_ready(self, name: StepName) -> bool:
        """Whether the step, which waits, can begin, given that its phase's turn has come."""
        step, graph = self.steps[name], self.graph
        plan = step.plan
        if self.is_dropped(name):
            return False
        if plan.instead_of and not self._is_needed(plan.instead_of):
            return False
        if plan.recovers and self.steps[plan.recovers].status is not StepStatus.RECOVERING:
            return False
        if graph.phase[name] == "clean_up":
            return all(self._is_past(other) for other in plan.after if other != plan.instead_of)
        origins = (plan.instead_of, plan.recovers)
        if plan.after:
            return all(self.is_settled(other) or other in origins for other in plan.after)
        return graph.phase[name] == "preparation" or any(origins) or all(map(self.is_settled, graph.preparation))

    def _is_needed(self, name: StepName) -> bool:
        """Whether the step failed, and no other stands in for it yet."""
        return self.steps[name].status is StepStatus.FAILED and not self.is_settled(name)

    def is_needless(self, name: StepName) -> bool:
        """Whether a stand-in or a recovery step waits for what will not come: its step is settled, or has failed."""
        step = self.steps[name]
        origin = step.plan.instead_of or step.plan.recovers
        if origin is None or step.status is not StepStatus.WAITING:
            return False
        in_vain = step.plan.recovers is not None and self.steps[origin].status is StepStatus.FAILED
        return in_vain or self.is_settled(origin)


# --- how it moves


def move_step(
    run: Run,
    name: StepName,
    trigger: str,
    at: datetime,
    *,
    result: dict[str, Json] | None = None,
    reason: str = "",
    ended: datetime | None = None,
    cool_down: bool = False,
) -> Run:
    """The run after one of its steps moved, with what follows in it: recovery steps become due, or let their step go
    on; gaps begin to run; with the last step settled it is measured. Raises `TransitionError`."""
    step = run.steps[name]
    status = STEP.next(step.status, trigger)
    begins = trigger in ("issue", "ask")
    renewed = status is StepStatus.WAITING and step.status in (StepStatus.DONE, StepStatus.SKIPPED, StepStatus.FAILED)
    moved = replace(
        step,
        status=status,
        attempts=step.attempts + (trigger == "issue"),
        not_ready=step.not_ready + (trigger == "put_off"),
        forgiven=step.attempts - step.not_ready if renewed else step.forgiven,
        given_up=step.given_up and not renewed,
        result=result,
        reason=reason,
        asked=reason if trigger == "ask" else step.asked,
        began=at if begins else step.began,
        ended=(ended or step.ended or at) if status in (StepStatus.DONE, StepStatus.IMPLAUSIBLE) else None,
        not_before=at + timedelta(seconds=step.plan.cool_down_s) if cool_down else None if renewed else step.not_before,
    )
    run = _followed(_with(run, moved), moved, at)
    return measured(run) if status not in UNDER_WAY else run


def measured(run: Run) -> Run:
    """The run, which is measured as soon as it is over."""
    return move(run, "measure") if run.status is RunStatus.RUNNING and not run.ready and run.is_over else run


def fail_attempt(run: Run, name: StepName, at: datetime, reason: str, *, final: bool = False) -> Run:
    """The run after an attempt at a step failed: there is another, after its recovery and its cool-down, or the step
    has failed for good. Raises `TransitionError`."""
    step = run.steps[name]
    if final or not step.tries_left:
        return move_step(run, name, "fail", at, reason=reason)
    recovers = STEP.allows(step.status, "recover") and name in run.graph.recoveries
    return move_step(run, name, "recover" if recovers else "retry", at, reason=reason, cool_down=True)


def _with(run: Run, *steps: StepState) -> Run:
    """The run with these steps in it."""
    changed = altered(run, steps={**run.steps, **{step.plan.name: step for step in steps}})
    goes_on = run.status is RunStatus.RUNNING and not run.broken
    if goes_on and "ready" in run.__dict__ and not (run.graph.stand_ins or run.graph.recoveries):
        changed.__dict__["ready"] = _still_ready(run, changed, [step.plan.name for step in steps])
    return changed


def _still_ready(before: Run, after: Run, moved: Sequence[StepName]) -> tuple[StepState, ...]:
    """What is ready of a run after some of its steps moved: of those that did not, only those behind can have become
    so. For steps that neither stand in nor recover; with a hundred steps in a run, to ask all of them at each move is
    most of what a result costs."""
    graph = after.graph
    asked = set(moved)
    for name in moved:
        asked.update(graph.behind.get(name, ()))
        if graph.phase[name] == "preparation":
            asked.update(graph.unbound)
    ready = {step.plan.name for step in before.ready}.difference(moved)
    asked = {name for name in asked if graph.phase[name] != "clean_up"}
    ready.update(name for name in asked if after.steps[name].status is StepStatus.WAITING and after.is_ready(name))
    return tuple(after.steps[name] for name in sorted(ready, key=graph.place.__getitem__))


def _followed(run: Run, step: StepState, at: datetime) -> Run:
    """The run with what follows from the step's new state for other steps of it."""
    name, target = step.plan.name, step.plan.recovers
    if step.status is StepStatus.RECOVERING:
        for each in run.graph.recoveries.get(name, ()):
            if STEP.allows(run.steps[each].status, "again"):
                run = move_step(run, each, "again", at)
    elif target and run.steps[target].status is StepStatus.RECOVERING:
        if run.is_lost(name):
            run = move_step(run, target, "fail", at, reason=f"its recovery {name} failed: {step.reason}")
        elif all(map(run.is_settled, run.graph.recoveries[target])):
            run = move_step(run, target, "recovered", at, reason=run.steps[target].reason)
    elif step.status is StepStatus.DONE:
        run = _wait_for_gaps(run, step)
    return run


def _wait_for_gaps(run: Run, done: StepState) -> Run:
    """The run, in which the steps that may begin only so long after this one wait until then."""
    if not run.graph.timed:
        return run
    waiting = []
    for origin in run.graph.origins[done.plan.name]:
        for name in run.graph.timed.get(origin, ()):
            step = run.steps[name]
            moment = (done.ended or run.started) + timedelta(seconds=step.plan.gaps[origin].at_least_s)
            waiting.append(replace(step, not_before=max(moment, step.not_before or moment)))
    return _with(run, *waiting) if waiting else run


def move(run: Run, trigger: str) -> Run:
    """The run in its next state."""
    return altered(run, status=RUN.next(run.status, trigger))


def altered(run: Run, **changes: Any) -> Run:
    """The run with these fields changed. How its steps hang together and whose they are is worked out once a run."""
    new = replace(run, **changes)
    new.__dict__.update({name: run.__dict__[name] for name in ("graph", "trials") if name in run.__dict__})
    return new
