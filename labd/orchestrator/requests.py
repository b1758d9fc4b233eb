"""What a person asks for: checked here, then brought to the laboratory as an event.

Each function raises a `LabError` that says what to do, or returns the campaign as it is once the event is on disk.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from labd import analysis
from labd.domain import events as e
from labd.domain.approvals import ApprovalRequested
from labd.domain.capability import Json
from labd.domain.command import Resolution
from labd.domain.errors import InvalidInput, NotFound, TransitionError
from labd.domain.identifiers import CommandId
from labd.domain.problem import Measurement, Scalar
from labd.domain.protocol import Protocol
from labd.domain.steps import Step
from labd.domain.workcell import Workcell
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.command import OUT
from labd.lifecycles.dispatch import is_for_a_person
from labd.lifecycles.run import Run, RunStatus
from labd.orchestrator.admission import admitted
from labd.orchestrator.approvals import first_asked, waits
from labd.orchestrator.orchestrator import Orchestrator
from labd.ports.ids import Ids
from labd.ports.screener import Screener
from labd.protocols import Table, load_protocol
from labd.protocols.admission import completed
from labd.protocols.earlier import earlier

NAME_LENGTH = 64

Moved = Callable[[Laboratory, Campaign, e.ByPerson], e.Event]
"""The event that moves a campaign, by whom and why."""


# --- campaigns


async def draft(
    orchestrator: Orchestrator,
    ids: Ids,
    text: str,
    file: str,
    *,
    table: Table | None = None,
    name: str | None = None,
    seed: int | None = None,
    priority: int = 0,
    autonomy: int = 3,
    by_machine: bool = False,
    screener: Screener | None = None,
    by: str = "operator",
) -> Campaign:
    """A new campaign of the protocol in `text`; `file` is what the findings call it. The points of a
    `table` take the place of its pool.

    Raises `InvalidInput`, with the findings in the protocol or why it may not be done here, `NotFound` where it is to
    learn from a campaign that there is not, and `TransitionError` where the name is taken."""
    if name is not None:
        _check_name(name)
    workcell = orchestrator.state.workcell
    protocol = await asyncio.to_thread(load_protocol, text, file, workcell, analysis.signatures(), table)
    for each in protocol.problem.settings.learn_from:
        orchestrator.state.campaign(each)
    doubts = await admitted(protocol, workcell, screener)
    key = ids.ulid()
    drawn = ids.seed() if seed is None else seed

    def build(state: Laboratory, at: datetime) -> e.Event:
        free = _free_name(state, name, protocol.name)
        return e.CampaignDrafted(
            at=at,
            by=by,
            campaign=key,
            name=free,
            protocol=protocol,
            seed=drawn,
            priority=priority,
            autonomy=autonomy,
            by_machine=by_machine,
            doubts=doubts,
        )

    await orchestrator.submit(build)
    return orchestrator.state.campaign(key)


def _check_name(name: str) -> None:
    usable = name.replace("-", "").replace("_", "").isalnum() and name.isascii() and name[0].isalnum()
    if not usable or len(name) > NAME_LENGTH:
        raise InvalidInput(
            f"{name!r} cannot be the name of a campaign.",
            f"Use letters, digits, - and _, beginning with a letter or a digit, at most {NAME_LENGTH} of them.",
        )


def _free_name(state: Laboratory, wanted: str | None, default: str) -> str:
    taken = {each.name for each in state.campaigns.values()} | set(state.campaigns)
    if wanted is not None:
        if wanted in taken:
            raise TransitionError(f"There is a campaign {wanted} already.", "Choose another name, or give none.")
        return wanted
    number = 2
    name = default
    while name in taken:
        name, number = f"{default}-{number}", number + 1
    return name


async def start(
    orchestrator: Orchestrator, key: str, *, learn_from: Sequence[str] = (), by: str = "operator", reason: str = ""
) -> Campaign:
    """The campaign, running; it learns from these earlier ones, and from those that its protocol names, as they are
    now. Raises `TransitionError` where the workcell cannot do what its protocol asks for, `NotFound` where there is no
    such campaign, and `InvalidInput` where there is nothing to learn from one."""

    def started(state: Laboratory, campaign: Campaign, who: e.ByPerson) -> e.Event:
        for step in campaign.protocol.steps:
            _check_step(state, step)
        names = dict.fromkeys((*campaign.protocol.problem.settings.learn_from, *learn_from))
        learnt = {each.id: each for each in map(state.campaign, names)}
        if campaign.id in learnt:
            raise InvalidInput(f"{campaign.name} cannot learn from itself.", "Name an earlier campaign.")
        found = [earlier(campaign.protocol, each.name, each.protocol, each.learnt) for each in learnt.values()]
        return e.CampaignStarted(**dict(who), campaign=campaign.id, earlier=tuple(found))

    return await _move(orchestrator, key, started, by=by, reason=reason)


async def pause(orchestrator: Orchestrator, key: str, *, by: str = "operator", reason: str = "") -> Campaign:
    """The campaign, paused."""
    return await _move(orchestrator, key, _into(e.CampaignPaused), by=by, reason=reason)


async def resume(orchestrator: Orchestrator, key: str, *, by: str = "operator", reason: str = "") -> Campaign:
    """The campaign, running again."""
    return await _move(orchestrator, key, _into(e.CampaignResumed), by=by, reason=reason)


async def stop(orchestrator: Orchestrator, key: str, *, by: str = "operator", reason: str = "") -> Campaign:
    """The campaign, stopped for good."""
    return await _move(orchestrator, key, _into(e.CampaignStopped), by=by, reason=reason)


def _into(kind: type[e.CampaignPaused | e.CampaignResumed | e.CampaignStopped]) -> Moved:
    return lambda _, campaign, who: kind(**dict(who), campaign=campaign.id)


async def _move(orchestrator: Orchestrator, key: str, moved: Moved, *, by: str, reason: str) -> Campaign:
    campaign = orchestrator.state.campaign(key)

    def build(state: Laboratory, at: datetime) -> e.Event:
        now = state.campaign(campaign.id)
        wanted = moved(state, now, e.ByPerson(at=at, by=by, reason=reason))
        goes_on = isinstance(wanted, e.CampaignStarted | e.CampaignResumed)
        return (first_asked(state, now, at) if goes_on else None) or wanted

    event = await orchestrator.submit(build)
    if isinstance(event, ApprovalRequested):
        raise waits(orchestrator.state.campaign(campaign.id), event.approval)
    return orchestrator.state.campaign(campaign.id)


def _check_step(state: Laboratory, step: Step) -> None:
    """Whether somebody here can do the step: as the workcell says, and as the instruments that were heard say."""
    if state.workcell is None:
        raise TransitionError("No workcell is loaded.", "Start the daemon with one: `labd serve --workcell FILE`.")
    role = state.workcell.roles.get(step.role)
    if role is None or role.capability(step.capability) is None:
        raise TransitionError(
            f"Step {step.name} needs {step.capability} of a {step.role}, which the workcell does not have.",
            "Add it to the workcell file, or load a protocol for this workcell.",
        )
    filling = _filling(state.workcell, step)
    if not filling:
        who = f"the instrument {step.instrument} as a {step.role}" if step.instrument else f"a {step.role}"
        raise TransitionError(
            f"Step {step.name} needs {who}, which the workcell does not have.", "Add the instrument to the workcell."
        )
    heard = [state.instruments[name].descriptor for name in filling if name in state.instruments]
    if heard and all(each is not None and each.capability(step.capability) is None for each in heard):
        raise TransitionError(
            f"Step {step.name} needs {step.capability}, which none of {', '.join(filling)} offers.",
            "Compare the drivers' capabilities with the workcell file.",
        )


def _filling(workcell: Workcell, step: Step) -> tuple[str, ...]:
    return tuple(name for name in workcell.filling(step.role) if step.instrument in (None, name))


# --- data from elsewhere


async def tell(
    orchestrator: Orchestrator,
    key: str,
    parameters: Mapping[str, Scalar],
    outcomes: Mapping[str, Measurement],
    *,
    by: str = "operator",
    reason: str = "",
) -> Campaign:
    """The campaign, with an experiment that was done elsewhere. Raises `InvalidInput` where the data do not fit it."""
    campaign = orchestrator.state.campaign(key)
    told = completed(campaign.protocol.problem, parameters)
    check_outcomes(campaign.protocol, outcomes)
    await orchestrator.submit(
        lambda _, at: e.ObservationAdded(
            at=at, by=by, reason=reason, campaign=campaign.id, parameters=told, outcomes=dict(outcomes)
        )
    )
    return orchestrator.state.campaign(campaign.id)


def check_outcomes(protocol: Protocol, outcomes: Mapping[str, Measurement]) -> None:
    """Raises `InvalidInput` unless there are outcomes, all of them the protocol's and physically possible."""
    known = ", ".join(protocol.outcomes)
    if not outcomes:
        raise InvalidInput("There is no outcome.", f"Give at least one of {known}.")
    for name, measured in outcomes.items():
        spec = protocol.outcomes.get(name)
        if spec is None:
            raise InvalidInput(f"The protocol has no outcome {name}.", f"Its outcomes: {known}.")
        low = -math.inf if spec.low is None else spec.low
        high = math.inf if spec.high is None else spec.high
        if not low <= measured.mean <= high:
            raise InvalidInput(
                f"{name} cannot be {measured.mean:g} {spec.unit}".rstrip() + ": it is physically impossible.",
                f"The protocol says: between {low:g} and {high:g} {spec.unit}".rstrip() + ".",
            )


# --- commands


async def resolve(
    orchestrator: Orchestrator,
    command: CommandId,
    resolution: Resolution,
    *,
    result: Mapping[str, Json] | None = None,
    by: str = "operator",
    reason: str = "",
) -> None:
    """Say what became of a command that is `UNKNOWN`, that is out on an instrument which does not answer for it, or
    whose result is held: with `done` that result is taken, but for what `result` corrects in it. Or, by the id of a
    run, what is to become of its outcomes that are held.

    Raises `InvalidInput`, `NotFound` and `TransitionError`."""
    if result and resolution is not Resolution.DONE:
        raise InvalidInput(f"A command that is {resolution} has no result.", "Give a result only with `done`.")

    def build(state: Laboratory, at: datetime) -> e.Event:
        if command in state.runs:
            return _resolved_run(state.runs[command], resolution, result or {}, e.ByPerson(at=at, by=by, reason=reason))
        known = state.commands.get(command)
        if known is None:
            raise NotFound(f"There is no open command {command!r}.", "`labd status` names those that wait.")
        if known.status in OUT and not is_for_a_person(state, known, at):
            raise TransitionError(
                f"{known.order.instrument} has {command} and is to report on it.",
                "Wait for its result; if its driver has gone for good, it can be resolved a minute after the order.",
            )
        taken = {**known.held, **(result or {})} if resolution is Resolution.DONE else {}
        return e.CommandResolved(at=at, by=by, reason=reason, command=command, resolution=resolution, result=taken)

    await orchestrator.submit(build)


def _resolved_run(run: Run, resolution: Resolution, result: Mapping[str, Json], who: e.ByPerson) -> e.RunResolved:
    """What a person says of held outcomes; a number in `result` corrects the mean of the outcome of that name."""
    if run.status is not RunStatus.IMPLAUSIBLE:
        raise TransitionError(f"The outcomes of {run.id} are not held.", "`labd status` names what waits for a person.")
    outcomes = {}
    for name, each in result.items():
        if name not in run.held:
            raise InvalidInput(f"{run.id} has no outcome {name}.", f"Its outcomes: {', '.join(run.held)}.")
        if isinstance(each, bool) or not isinstance(each, int | float) or not math.isfinite(each):
            raise InvalidInput(f"{name} cannot be {str(each)[:60]}.", "Write a number.")
        outcomes[name] = Measurement(mean=each)
    taken = {**run.held, **outcomes} if resolution is Resolution.DONE else {}
    return e.RunResolved(at=who.at, by=who.by, reason=who.reason, run=run.id, resolution=resolution, outcomes=taken)
