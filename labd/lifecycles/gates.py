"""What a person must allow before it happens, and whether they did.

| gate | who must say yes | to what |
|---|---|---|
| a protocol of hazard `medium`, the first time that this version is run | one person | the protocol as it is |
| the same of hazard `high` | two persons | the protocol as it is |
| a protocol that a machine wrote, below autonomy 4 or without a cap | one person | the protocol as it is |
| a protocol that the screener could not judge | one person | the protocol as it is |
| any of these after an edit | as before | the protocol as it is now |
| a trial that a machine proposed, at autonomy 2 | one person | its parameters, under this protocol |
| a step, at autonomy 1 | one person | the order as it is, attempt by attempt |

At autonomy 0 nothing is ordered. Content is told apart by its hash: what is another content needs another approval.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from labd.domain.approvals import Approval, ApprovalRequested, Subject
from labd.domain.effects import Record
from labd.domain.errors import LabError
from labd.domain.problem import Continuous, Discrete, Integer, Problem
from labd.lifecycles.approval import ApprovalStatus
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import Run, StepState
from labd.lifecycles.trial import Trial
from labd.protocols import resolve

ANSWER_WITHIN = timedelta(hours=24)
"""Not answered by then means hold."""
BY_PERSON = "person"
"""The method of a suggestion that a person made."""


def requested(approval: Approval, at: datetime) -> ApprovalRequested:
    """The question, from now on."""
    return ApprovalRequested(at=at, approval=approval.model_copy(update={"until": at + ANSWER_WITHIN}))


def is_given(state: Laboratory, approval: Approval) -> bool:
    """Whether as many persons as it needs have said yes to this very content."""
    known = state.approvals.get(approval.id)
    return (
        known is not None
        and known.status is ApprovalStatus.GIVEN
        and known.approval.content_hash == approval.content_hash
        and known.approval.persons >= approval.persons
    )


# --- campaigns


def of_campaign(campaign: Campaign) -> Approval | None:
    """What must be allowed before the campaign goes on; None where nobody need be asked."""
    protocol = campaign.protocol
    reasons = list(_why(campaign))
    if not reasons:
        return None
    content = f"{protocol.content_hash}/{campaign.autonomy}"
    return _approval(
        campaign,
        "campaign",
        protocol.name,
        content,
        f"Run {protocol.title or protocol.name}, version {protocol.version}, at autonomy {campaign.autonomy}",
        reasons,
        persons=2 if protocol.hazard.level == "high" else 1,
    )


def _why(campaign: Campaign) -> Iterator[str]:
    level, stopping = campaign.protocol.hazard.level, campaign.protocol.stopping
    if level != "low":
        yield f"its hazard is {level}, and this version was not run before"
    if campaign.by_machine and campaign.autonomy < 4:
        yield "a machine wrote it"
    elif campaign.by_machine and not (stopping.trials or stopping.hours or stopping.cost):
        yield "a machine wrote it, and nothing caps its trials, hours or cost"
    yield from campaign.doubts
    if (level != "low" or campaign.by_machine or campaign.doubts) and campaign.edits:
        first = campaign.edits[0].problem
        yield "its bounds were widened" if _wider(first, campaign.protocol.problem) else "it was edited"


def _wider(before: Problem, now: Problem) -> bool:
    """Whether any parameter may take values that it could not take before."""
    old = {each.name: each for each in before.parameters}
    return any(each != old.get(each.name) and not _within(each, old.get(each.name)) for each in now.parameters)


def _within(now: Any, before: Any) -> bool:
    if type(now) is not type(before):
        return False
    match now:
        case Continuous() | Integer():
            return bool(before.low <= now.low and now.high <= before.high)
        case Discrete():
            return set(now.values) <= set(before.values)
        case _:
            return set(now.options) <= set(before.options)


# --- trials and steps

ASKS = frozenset({1, 2})
"""The autonomies with which a person releases each step, or each trial."""


def holding_back(state: Laboratory, run: Run, step: StepState) -> Approval | None:
    """What must be allowed before the step begins, and was not yet; None where it may begin. Autonomy 0 is for
    `labd.lifecycles.beginning`: there is nothing to ask."""
    campaign = state.campaign_of(run)
    if campaign.autonomy == 1:
        approval = _of_step(campaign, run, step)
        return None if is_given(state, approval) else approval
    if campaign.autonomy == 2:
        for key in run.trials:
            trial = state.trials[key]
            if trial.suggestion.method != BY_PERSON and not is_given(state, asked := of_trial(campaign, trial)):
                return asked
    return None


def of_trial(campaign: Campaign, trial: Trial) -> Approval:
    """What is to be allowed of a trial."""
    suggestion = trial.suggestion
    content = json.dumps([campaign.protocol.content_hash, suggestion.parameters], sort_keys=True)
    values = ", ".join(f"{name} {value}" for name, value in suggestion.parameters.items())
    text = f"Trial {trial.number} of {campaign.name}: {values}"
    return _approval(campaign, "trial", trial.id, content, text, [f"proposed by {suggestion.method}"])


def _of_step(campaign: Campaign, run: Run, step: StepState) -> Approval:
    plan = step.plan
    try:
        arguments = resolve(plan, run.results)
    except LabError:
        arguments = plan.arguments
    content = json.dumps([plan.model_dump(mode="json"), arguments, step.attempts + 1], sort_keys=True)
    values = ", ".join(f"{name} {value}" for name, value in arguments.items())
    text = f"Step {plan.name} of {run.id} ({campaign.name}): {plan.role} {plan.capability} {values}".rstrip()
    return _approval(campaign, "step", f"{run.id}.{plan.name}", content, text, ["each step is released by a person"])


def _approval(
    campaign: Campaign, subject: Subject, what: str, content: str, text: str, reasons: list[str], *, persons: int = 1
) -> Approval:
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Approval(
        id=f"{subject}:{what}:{digest[:12]}",
        campaign=campaign.id,
        subject=subject,
        what=what,
        content_hash=digest,
        text=text,
        reasons=tuple(reasons),
        persons=persons,
    )


def wanted(state: Laboratory, steps: Iterator[tuple[Run, StepState]], at: datetime) -> Iterator[Record]:
    """The questions that these steps lead to, each once: what was refused, or not answered in time, is asked again
    only when a person wants it."""
    asked: set[str] = set()
    for run, step in steps:
        approval = holding_back(state, run, step)
        if approval is not None and approval.id not in asked and approval.id not in state.approvals:
            asked.add(approval.id)
            yield Record(requested(approval, at))
