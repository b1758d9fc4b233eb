"""What is decided about a command, from its order to its end, and how long its driver may be silent about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from labd.domain import events as e
from labd.domain.capability import Recovery
from labd.domain.command import Resolution
from labd.domain.effects import CancelTimer, Effect, Record, SendAck, SendAsk, SendCommand, SetTimer
from labd.domain.identifiers import CommandId
from labd.lifecycles import holding
from labd.lifecycles.command import OUT, Command, CommandStatus
from labd.lifecycles.decisions.deciding import decide
from labd.lifecycles.decisions.steps import broken_windows, moved
from labd.lifecycles.envelope import breach
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.run import RunStatus, StepState, StepStatus
from labd.lifecycles.samples import trial_of

ANSWER_WITHIN = timedelta(seconds=10)
"""A driver that has not accepted an order by then is asked."""
ASK_AGAIN = timedelta(seconds=30)
"""An overdue command is asked about this often, and more and more rarely: each time is an event in the journal."""
ASK_AT_LEAST = timedelta(minutes=30)
"""So often even after days. A driver that comes back is asked at once, and a late result comes by itself."""
LONGEST_S = 366 * 86_400.0
"""No timer is set further ahead: dates end somewhere, and a protocol may say what it likes."""


@decide.register
def _(event: e.CommandIssued, state: Laboratory) -> Iterator[Effect]:
    yield SendCommand(event.order, state.epoch)
    yield SetTimer(event.order.command, event.at + ANSWER_WITHIN)


@decide.register
def _(event: e.CommandMissed, state: Laboratory) -> Iterator[Effect]:
    if holding.may_not_be_sent(state, state.commands[event.command]):
        yield CancelTimer(event.command)  # nothing moved; the driver is asked again when it may be
    elif broken := _breach(state, event.command):
        yield Record(
            e.CommandResolved(
                at=event.at, command=event.command, resolution=Resolution.DISCARD, by="labd", reason=broken
            )
        )
    else:
        yield SendCommand(state.commands[event.command].order, state.epoch)
        yield SetTimer(event.command, event.at + ANSWER_WITHIN)


@decide.register
def _(event: e.CommandAccepted, state: Laboratory) -> Iterator[Effect]:
    order = state.commands[event.command].order
    limit = state.runs[order.run].steps[order.step].plan.timeout_s
    yield SetTimer(event.command, event.at + timedelta(seconds=min(limit, LONGEST_S)))
    yield from broken_windows(state, order.run, order.step, began=event.at, at=event.at)


@decide.register(e.CommandFinished)
@decide.register(e.CommandResolved)
def _(event: e.CommandFinished | e.CommandResolved, state: Laboratory) -> Iterator[Effect]:
    if isinstance(event, e.CommandFinished) and event.content_hash:
        yield SendAck(event.instrument, event.command, event.content_hash)
    yield CancelTimer(event.command)
    command = state.commands.get(event.command)
    run_key, step_name, _attempt = event.command.rsplit(".", 2)
    run = state.runs.get(run_key)
    if run is None or command is None:
        return
    step = run.steps[step_name]
    failed = run.status is RunStatus.RUNNING and step.status is StepStatus.FAILED
    interrupted = state.safety.interrupted(command.issued)
    discarded = isinstance(event, e.CommandResolved) and event.resolution is Resolution.DISCARD
    own = trial_of(run, step_name)
    if failed and interrupted and own is not None:
        reason = f"The laboratory was stopped in the middle of {step_name}: {step.reason}"
        yield Record(e.TrialAbandoned(at=event.at, trial=own, reason=reason))
    elif failed and (interrupted or discarded):  # whatever could stand in: the sample is not what it was
        reason = f"{step_name}: {step.reason}"
        yield Record(e.RunFailed(at=event.at, run=run.id, reason=reason, sample=step.plan.sample))
    elif step.status is StepStatus.UNKNOWN and _is_given_up(state, step):
        yield Record(
            e.CommandResolved(
                at=event.at,
                command=event.command,
                resolution=Resolution.DISCARD,
                by="labd",
                reason=f"{step.reason}; its declared recovery is to discard the sample",
            )
        )
    else:
        if command.heard is None and step.status is StepStatus.DONE:  # nobody said when it began
            began = _began(command, event, step.plan.typical_s)
            yield from broken_windows(state, run_key, step_name, began=began, at=event.at)
        yield from moved(state, run_key, step_name, event.at)


def _began(command: Command, event: e.CommandFinished | e.CommandResolved, typical_s: float) -> datetime:
    """When an action began whose acceptance was never heard of, as far as one can tell."""
    if isinstance(event, e.CommandResolved):
        return command.issued
    return max(command.issued, min(event.device_time or event.at, event.at) - timedelta(seconds=typical_s))


def _breach(state: Laboratory, key: CommandId) -> str:
    """Why an order that nobody has seen may not be sent any more: the workcell may be another one by now."""
    order = state.commands[key].order
    return breach(state, state.runs[order.run].steps[order.step].plan.role, order)


def ask_of_unseen(state: Laboratory, campaign: str, at: datetime) -> Iterator[Effect]:
    """Of what its driver may never have had: upon the answer it is sent."""
    for command in out(state):
        order = command.order
        if command.status is CommandStatus.ISSUED and order.run.startswith(f"{campaign}."):
            yield SendAsk(order.instrument, order.command)
            yield SetTimer(order.command, at + ANSWER_WITHIN)


def _is_given_up(state: Laboratory, step: StepState) -> bool:
    role = state.workcell.roles.get(step.plan.role) if state.workcell else None
    capability = role.capability(step.plan.capability) if role else None
    return capability is not None and capability.recovery is Recovery.DISCARD


def out(state: Laboratory) -> Iterator[Command]:
    """The commands about which a driver owes an answer."""
    return (command for command in state.commands.values() if command.status in OUT)
