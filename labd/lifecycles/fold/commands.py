"""What events make of commands, and of the steps that wait for them."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from labd.domain import events as e
from labd.domain.blob import references_in
from labd.domain.capability import Json
from labd.domain.command import Failed, Order, Refused, Resolution, Succeeded, Unknown
from labd.domain.errors import NotFound, TransitionError
from labd.domain.identifiers import CommandId, StepName
from labd.lifecycles import command as commands
from labd.lifecycles import history
from labd.lifecycles import run as runs
from labd.lifecycles.caps import spent_by
from labd.lifecycles.command import Command
from labd.lifecycles.fold import matter
from labd.lifecycles.fold.room import change_instrument
from labd.lifecycles.fold.trials import open_run, put_run, put_step
from labd.lifecycles.instrument import Instrument, Ordered
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.replacing import replace
from labd.lifecycles.run import Run, StepState
from labd.lifecycles.samples import concerned
from labd.lifecycles.trial import Attached

PUT_OFF_AT_MOST = 20
"""A driver that calls itself idle and yet is not ready, so many times for one step, does not know itself."""


def issue(state: Laboratory, event: e.CommandIssued) -> Laboratory:
    """The order is out: its step runs and its instrument is taken. Raises `TransitionError`."""
    order = event.order
    if order.command in state.commands:
        raise TransitionError(f"Command {order.command} was issued already.", "Another attempt has an id of its own.")
    run = runs.move_step(open_run(state, order.run), order.step, "issue", event.at)
    state = matter.keep(put_run(state, run, order.step), event)
    ledger = state.instruments[order.instrument].ledger if order.instrument in state.instruments else ""
    spent = spent_by(state.workcell, run.steps[order.step].plan.role, event)
    command = Command(order, event.at, ledger=ledger, holds=event.holds, spent=spent)
    state = replace(state, commands=state.commands | {order.command: command})
    state = _charge(state, command, run.steps[order.step].plan.typical_s, event.at)
    state = _pay(state, command)
    for name in event.holds:
        state = change_instrument(state, name, lambda it: replace(it, serves=order.command))
    return change_instrument(state, order.instrument, lambda it: replace(it, command=order.command))


def _charge(state: Laboratory, command: Command, seconds: float, at: datetime) -> Laboratory:
    """The campaign of an order, which has had so much more time of each instrument that the order takes."""
    if not seconds:
        return state
    campaign = state.campaign_of(state.runs[command.order.run])
    share = campaign.share.plus(seconds * (1 + len(command.holds)), at)
    return replace(state, campaigns={**state.campaigns, campaign.id: replace(campaign, share=share)})


def _pay(state: Laboratory, command: Command, sign: int = 1) -> Laboratory:
    """The campaign of an order, which uses so much; with a sign of -1 it was not used after all."""
    if not (command.spent.cost or command.spent.materials):
        return state
    campaign = state.campaign_of(state.runs[command.order.run])
    spent = campaign.spent.plus(command.spent, sign)
    return replace(state, campaigns={**state.campaigns, campaign.id: replace(campaign, spent=spent)})


def _give_back(state: Laboratory, key: CommandId, at: datetime) -> Laboratory:
    """An order that was out is over: what was kept for it is free, and its campaign is charged for what it took."""
    command = state.commands.get(key)
    if command is None or command.status not in commands.OUT:
        return state
    for name in command.holds:
        if name in state.instruments and state.instruments[name].serves == command.order.command:
            state = change_instrument(state, name, lambda it: replace(it, serves=None))
    expected_s = state.runs[command.order.run].steps[command.order.step].plan.typical_s
    return _charge(state, command, (at - command.issued).total_seconds() - expected_s, at)


def move_command(
    state: Laboratory, key: CommandId, trigger: str, *, content_hash: str = "", message: str = ""
) -> Laboratory:
    """The command in its next state. Raises `NotFound` or `TransitionError`."""
    if key not in state.commands:
        raise NotFound(f"There is no open command {key!r}.", "It may be finished already.")
    moved = commands.move(state.commands[key], trigger, content_hash=content_hash, message=message)
    return replace(state, commands=state.commands | {key: moved})


def accept(state: Laboratory, event: e.CommandAccepted) -> Laboratory:
    """The driver has the order, and its clock stands where it says. Raises `NotFound` or `TransitionError`."""
    state = move_command(state, event.command, "accepted")
    known = state.commands[event.command]
    told = replace(known, session=event.session, accepted=event.device_time, heard=known.heard or event.at)
    return replace(state, commands=state.commands | {event.command: told})


def overdue(state: Laboratory, event: e.TimerFired) -> Laboratory:
    """The command is overdue, if it is still out."""
    command = state.commands.get(event.timer)
    if command is None or command.status not in commands.OUT:
        return state
    return move_command(state, event.timer, "overdue")


def finish(state: Laboratory, event: e.CommandFinished) -> Laboratory:
    """The command at its end, as the driver reports it, with what its step makes of that."""
    outcome = event.outcome
    message = event.doubt if isinstance(outcome, Succeeded) else outcome.message
    trigger = "implausible" if event.doubt else outcome.kind
    state = _give_back(state, event.command, event.at)
    state = move_command(state, event.command, trigger, content_hash=event.content_hash, message=message)
    order = state.commands[event.command].order
    if order.instrument in state.instruments:
        state = change_instrument(state, order.instrument, lambda it: _released(it, event))
        if not isinstance(outcome, Refused):
            state = _begun(state, event.command)
    state = matter.settle(state, event.command, matter.fate(outcome), event.at)
    if matter.fate(outcome) is matter.Fate.NOTHING:
        state = _pay(state, state.commands[event.command], -1)
    run = _moved_by(state, open_run(state, order.run), event, message)
    if isinstance(outcome, Succeeded):
        result = {**outcome.result, **event.taken}
        state = _hold(state, event.command, result) if event.doubt else _learn(state, order, result)
        state = attach(state, run, order.step, outcome.result)
    return put_step(state, run, order.step)


def _moved_by(state: Laboratory, run: Run, event: e.CommandFinished, message: str) -> Run:
    """The run, with what its step makes of the outcome."""
    command, outcome = state.commands[event.command], event.outcome
    name = command.order.step
    match outcome:
        case Succeeded() if event.doubt:
            return runs.move_step(run, name, "hold", event.at, reason=event.doubt, ended=_ended(command, event))
        case Succeeded():
            result = {**outcome.result, **event.taken}
            return runs.move_step(run, name, "succeed", event.at, result=result, ended=_ended(command, event))
        case Refused(reason="not_ready") if _may_be_put_off(run.steps[name]):
            return runs.move_step(run, name, "put_off", event.at, reason=message)
        case Failed() | Refused():
            interrupted = isinstance(outcome, Failed) and state.safety.interrupted(command.issued)
            return runs.fail_attempt(run, name, event.at, message, final=interrupted)
        case Unknown():
            return runs.move_step(run, name, "lose", event.at, reason=message)
        case _:
            assert_never(outcome)


def _may_be_put_off(step: StepState) -> bool:
    return step.not_ready < PUT_OFF_AT_MOST and not step.given_up


def _ended(command: Command, event: e.CommandFinished) -> datetime:
    """When the action ended, by the daemon's clock: so long after it was accepted as the driver's clock says, for the
    report may be late. Without both times of the driver: when the report arrived."""
    if command.heard is None or command.accepted is None or event.device_time is None:
        return event.at
    return min(max(command.heard + (event.device_time - command.accepted), command.heard), event.at)


def attach(state: Laboratory, run: Run, step: StepName, result: dict[str, Json]) -> Laboratory:
    """The trial, with the data that the result refers to."""
    found = tuple(Attached(step, place, blob) for place, blob in references_in(result) if blob is not None)
    if not found:
        return state
    trials = [state.trials[key] for key in concerned(run, step)]
    return replace(state, trials=state.trials | {it.id: replace(it, data=it.data + found) for it in trials})


def _hold(state: Laboratory, key: CommandId, result: dict[str, Json]) -> Laboratory:
    held = replace(state.commands[key], held=result)
    return replace(state, commands=state.commands | {key: held})


def _learn(state: Laboratory, order: Order, result: dict[str, Json]) -> Laboratory:
    """The campaign, which has seen one more result of this capability of this instrument."""
    key = state.trials[state.runs[order.run].trial].campaign
    campaign = state.campaigns[key]
    seen = {**campaign.seen, **history.widened(campaign.seen, order, result)}
    return replace(state, campaigns={**state.campaigns, key: replace(campaign, seen=seen)})


def _begun(state: Laboratory, key: CommandId) -> Laboratory:
    """The instrument, which began this order: what it was told last, and when."""
    command = state.commands[key]
    numbers = {name: value for name, value in command.order.arguments.items() if isinstance(value, int | float)}
    if not numbers:
        return state
    last = {command.order.capability: Ordered(numbers, command.issued)}
    return change_instrument(state, command.order.instrument, lambda it: replace(it, last={**it.last, **last}))


def _released(it: Instrument, event: e.CommandFinished) -> Instrument:
    """The instrument without that command. After a refusal, what else it has in hand is its secret until it says so."""
    return replace(
        it,
        command=None if it.command == event.command else it.command,
        in_hand=() if isinstance(event.outcome, Refused) else it.in_hand,
    )


def resolve(state: Laboratory, event: e.CommandResolved) -> Laboratory:
    """The command at its end, as a person says."""
    state = _give_back(state, event.command, event.at)
    state = move_command(state, event.command, event.resolution, message=event.reason)
    order = state.commands[event.command].order
    if order.instrument in state.instruments and state.instruments[order.instrument].command == event.command:
        state = change_instrument(state, order.instrument, lambda it: replace(it, command=None))
    if event.resolution is not Resolution.NOT_DONE and order.instrument in state.instruments:
        state = _begun(state, event.command)
    state = matter.settle(state, event.command, matter.RESOLVED[event.resolution], event.at)
    trigger = {Resolution.DONE: "succeed", Resolution.NOT_DONE: "retry", Resolution.DISCARD: "fail"}[event.resolution]
    done = event.resolution is Resolution.DONE
    if done:
        state = _learn(state, order, event.result)
    run = open_run(state, order.run)
    result = event.result if done else None
    run = runs.move_step(run, order.step, trigger, event.at, result=result, reason=event.reason)
    return put_step(state, run, order.step)
