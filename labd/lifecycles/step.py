"""The life of a step of a run.

    waiting ──issued, asked──> active ──succeeded, answered──> done
      ^ ^                        │ ├── failed, no attempt left ──> failed ── its stand-in is done in its stead
      │ └──── failed, retry ─────┘ │
      │ └── recovered ── recovering <── failed, retry after a recovery
      │                            ├── unknown ──> unknown ── a person says done / not done ──> done / waiting
      │                            └── held ──> implausible ── a person says done / not done ──> done / waiting
      └── its condition is false, or nobody needs it ──> skipped

A person may skip what does not run, have what failed done again, say that it is done, or give it up. A recovery step is
done anew (`again`) each time that its step needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from labd.domain.capability import Json
from labd.domain.steps import PlannedStep
from labd.lifecycles.table import Table


class StepStatus(StrEnum):
    """Where a step stands."""

    WAITING = "waiting"
    """For earlier steps, for its time, for an instrument, or for being needed."""
    ACTIVE = "active"
    """An order is out, or a person was asked."""
    DONE = "done"
    """Its result is here."""
    SKIPPED = "skipped"
    """It is not done: its condition was false, nobody needed it, or a person said so."""
    RECOVERING = "recovering"
    """It failed, and is tried again after its recovery steps."""
    FAILED = "failed"
    """No attempt is left."""
    UNKNOWN = "unknown"
    """Nobody knows whether it happened: a person is asked."""
    IMPLAUSIBLE = "implausible"
    """Its result cannot be true: a person is asked."""


STEP = Table(
    "step",
    {
        StepStatus.WAITING: {
            "issue": StepStatus.ACTIVE,
            "ask": StepStatus.ACTIVE,
            "skip": StepStatus.SKIPPED,
            "succeed": StepStatus.DONE,
            "fail": StepStatus.FAILED,
        },
        StepStatus.ACTIVE: {
            "succeed": StepStatus.DONE,
            "retry": StepStatus.WAITING,
            "put_off": StepStatus.WAITING,
            "recover": StepStatus.RECOVERING,
            "skip": StepStatus.SKIPPED,
            "fail": StepStatus.FAILED,
            "lose": StepStatus.UNKNOWN,
            "hold": StepStatus.IMPLAUSIBLE,
        },
        StepStatus.RECOVERING: {
            "recovered": StepStatus.WAITING,
            "skip": StepStatus.SKIPPED,
            "succeed": StepStatus.DONE,
            "fail": StepStatus.FAILED,
        },
        StepStatus.UNKNOWN: {
            "succeed": StepStatus.DONE,
            "retry": StepStatus.WAITING,
            "put_off": StepStatus.WAITING,
            "recover": StepStatus.RECOVERING,
            "skip": StepStatus.SKIPPED,
            "fail": StepStatus.FAILED,
            "hold": StepStatus.IMPLAUSIBLE,
        },
        StepStatus.IMPLAUSIBLE: {
            "succeed": StepStatus.DONE,
            "retry": StepStatus.WAITING,
            "skip": StepStatus.SKIPPED,
            "fail": StepStatus.FAILED,
        },
        StepStatus.FAILED: {
            "retry": StepStatus.WAITING,
            "again": StepStatus.WAITING,
            "skip": StepStatus.SKIPPED,
            "succeed": StepStatus.DONE,
        },
        StepStatus.SKIPPED: {"again": StepStatus.WAITING},
        StepStatus.DONE: {"again": StepStatus.WAITING},
    },
)

UNDER_WAY = frozenset({StepStatus.ACTIVE, StepStatus.UNKNOWN, StepStatus.IMPLAUSIBLE})
"""Something moves, or nobody knows whether it does: nothing is cleaned up meanwhile."""


@dataclass(frozen=True)  # without slots: it is copied at nearly every event
class StepState:
    """One step of a run: what is planned, and how far it is."""

    plan: PlannedStep
    status: StepStatus = StepStatus.WAITING
    attempts: int = 0
    """How many orders were given for it."""
    not_ready: int = 0
    """How many of these came at the wrong moment, and so were no attempts."""
    forgiven: int = 0
    """How many attempts count no more: of an earlier recovery, or from before a person had it done again."""
    given_up: bool = False
    """A person aborted it: if the attempt fails, there is no other."""
    result: dict[str, Json] | None = None
    reason: str = ""
    asked: str = ""
    """Of a step that a person does: what they were asked."""
    began: datetime | None = None
    """When it was last ordered, or asked of a person."""
    ended: datetime | None = None
    """When it was done, by the best account: gaps are measured from here."""
    not_before: datetime | None = None
    """A cool-down, or a gap, that must pass first."""

    @property
    def tries_left(self) -> bool:
        """Whether it may be ordered again after the present attempt failed."""
        return not self.given_up and self.attempts - self.not_ready - self.forgiven <= self.plan.retries
