"""The life of a run and of its steps.

run    running ──last step done──> measured ──analysed──> succeeded
          │                           └── impossible ──> implausible ── a person says ──> succeeded | failed
          ├── a step failed for good, or was discarded ──> failed  <── analysis failed ── measured
          └── its trial was given up ──> abandoned

step   waiting ──issued──> active ──succeeded──> done
          ^                  │ ├────failed, no retry left──> failed
          └── failed, retry ─┘ ├────unknown──> unknown ── a person says done / not done ──> done / waiting
                               └────held──> implausible ── a person says done / not done ──> done / waiting
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from labd.domain.capability import Json
from labd.domain.identifiers import RunId, StepName, TrialId
from labd.domain.problem import Measurement
from labd.domain.samples import RunLabware, Sample
from labd.domain.steps import PlannedStep
from labd.lifecycles.replacing import replace
from labd.lifecycles.table import Table


class StepStatus(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    """For earlier steps, or for an instrument."""
    ACTIVE = "active"
    """An order is out."""
    DONE = "done"
    """Its result is here."""
    FAILED = "failed"
    """No retry is left."""
    UNKNOWN = "unknown"
    """Nobody knows whether it happened: a person is asked."""
    IMPLAUSIBLE = "implausible"
    """Its result cannot be true: a person is asked."""


STEP = Table(
    "step",
    {
        StepStatus.WAITING: {"issue": StepStatus.ACTIVE},
        StepStatus.ACTIVE: {
            "succeed": StepStatus.DONE,
            "retry": StepStatus.WAITING,
            "put_off": StepStatus.WAITING,
            "fail": StepStatus.FAILED,
            "lose": StepStatus.UNKNOWN,
            "hold": StepStatus.IMPLAUSIBLE,
        },
        StepStatus.UNKNOWN: {
            "succeed": StepStatus.DONE,
            "retry": StepStatus.WAITING,
            "put_off": StepStatus.WAITING,
            "fail": StepStatus.FAILED,
            "hold": StepStatus.IMPLAUSIBLE,
        },
        StepStatus.IMPLAUSIBLE: {"succeed": StepStatus.DONE, "retry": StepStatus.WAITING, "fail": StepStatus.FAILED},
        StepStatus.DONE: {},
        StepStatus.FAILED: {},
    },
)


UNDER_WAY = frozenset({StepStatus.ACTIVE, StepStatus.UNKNOWN, StepStatus.IMPLAUSIBLE})
"""An order is out, or a person is asked what became of it."""


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
class StepState:
    """One step of a run: what is planned, and how far it is."""

    plan: PlannedStep
    status: StepStatus = StepStatus.WAITING
    attempts: int = 0
    """How many orders were given for it."""
    not_ready: int = 0
    """How many of these came at the wrong moment, and so were no attempts."""
    result: dict[str, Json] | None = None
    reason: str = ""


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

    @cached_property
    def trials(self) -> tuple[TrialId, ...]:
        """The trials that it is for."""
        return tuple(dict.fromkeys(each.trial for each in self.samples if each.trial)) or (self.trial,)

    @property
    def results(self) -> Mapping[StepName, dict[str, Json]]:
        """The results that are here, by step."""
        return {name: step.result for name, step in self.steps.items() if step.result is not None}

    @cached_property
    def ready(self) -> tuple[StepState, ...]:
        """The steps that wait for nothing but an instrument. Worked out once for a run as it is: with many runs open
        the scheduler asks each of them at nearly every event."""
        if self.status is not RunStatus.RUNNING or self.broken:
            return ()
        done = {name for name, step in self.steps.items() if step.status is StepStatus.DONE or self.is_dropped(step)}
        return tuple(
            step
            for step in self.steps.values()
            if step.status is StepStatus.WAITING and not self.is_dropped(step) and done.issuperset(step.plan.after)
        )

    def is_dropped(self, step: StepState) -> bool:
        """Whether the step is of a sample that was given up, and nothing is being done about it any more: what comes
        after it in the batch as a whole does not wait for it."""
        return step.plan.sample in self.dropped and step.status in (StepStatus.WAITING, StepStatus.FAILED)

    @property
    def is_over(self) -> bool:
        """Whether it has come as far as it can: every step is done; of a batch, nothing is out any more and nothing
        more can begin."""
        if not self.samples:
            return all(step.status is StepStatus.DONE for step in self.steps.values())
        return not any(step.status in UNDER_WAY or self._is_open(step) for step in self.steps.values())

    def _is_open(self, step: StepState) -> bool:
        """Of a batch: whether the step will begin, or has failed without its sample, or the run, being told yet."""
        match step.status:
            case StepStatus.WAITING:
                return not self.broken and step.plan.sample not in self.dropped
            case StepStatus.FAILED:
                return not self.broken if step.plan.sample is None else step.plan.sample not in self.dropped
            case _:
                return False


def move_step(
    run: Run, name: StepName, trigger: str, *, result: dict[str, Json] | None = None, reason: str = ""
) -> Run:
    """The run after one of its steps moved; with the last step done it is measured."""
    step = run.steps[name]
    moved = replace(
        step,
        status=STEP.next(step.status, trigger),
        attempts=step.attempts + (trigger == "issue"),
        not_ready=step.not_ready + (trigger == "put_off"),
        result=result,
        reason=reason,
    )
    return measured(replace(run, steps={**run.steps, name: moved}))


def measured(run: Run) -> Run:
    """The run, which is measured as soon as it is over."""
    waits = run.status in (RunStatus.RUNNING, RunStatus.ABANDONED)
    return move(run, "measure") if waits and run.is_over else run


def move(run: Run, trigger: str) -> Run:
    """The run in its next state."""
    return replace(run, status=RUN.next(run.status, trigger))
