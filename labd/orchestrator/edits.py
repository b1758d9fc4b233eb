"""What a person changes in a running campaign: checked here, then brought to the laboratory as an event.

Each function raises a `LabError` that says what to do, or returns the campaign as it is once the event is on disk.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from labd.domain import edits
from labd.domain import events as e
from labd.domain.capability import Json
from labd.domain.errors import InvalidInput, NotFound, TransitionError
from labd.domain.identifiers import trial_id
from labd.domain.problem import Measurement, Parameters, Problem, Scalar, Suggestion
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import TABLE, Campaign, EditMade
from labd.lifecycles.trial import Trial
from labd.lifecycles.turns import UNASKED
from labd.orchestrator.orchestrator import Orchestrator
from labd.orchestrator.requests import check_outcomes
from labd.protocols import compile_run
from labd.protocols.admission import admitted, lowest
from labd.protocols.changes import Changed, changed

Learnt = edits.ObservationExcluded | edits.ObservationIncluded

CORNERS = 64
"""So many extreme points of a widened space are compiled before it is taken."""


async def edit(
    orchestrator: Orchestrator, key: str, changes: Mapping[str, Json], *, by: str = "operator", reason: str = ""
) -> Campaign:
    """The campaign with other bounds, objectives, planner settings, stopping rules or priority; `changes` by path, as
    in `labd.protocols.changes`. Raises `InvalidInput` and `TransitionError`."""
    campaign = orchestrator.state.campaign(key)

    def build(state: Laboratory, at: datetime) -> e.Event:
        now = state.campaigns[campaign.id]
        made = changed(now.protocol, changes)
        _check(state, now, made)
        return edits.CampaignEdited(
            at=at,
            by=by,
            reason=reason,
            campaign=now.id,
            problem=made.problem,
            stopping=made.stopping,
            priority=None if made.priority == now.priority else made.priority,
        )

    await orchestrator.submit(build)
    return orchestrator.state.campaigns[campaign.id]


def _check(state: Laboratory, campaign: Campaign, made: Changed) -> None:
    """Whether anything is another, and whether the steps can be done wherever the planner may now go."""
    if made.problem is None and made.stopping is None and made.priority in (None, campaign.priority):
        raise InvalidInput("This is so already: nothing is changed.", "`labd edits CAMPAIGN` shows what was changed.")
    if made.problem is None or state.workcell is None:
        return
    protocol = campaign.protocol.model_copy(update={"problem": made.problem})
    for point in itertools.islice(_corners(campaign.protocol.problem, made.problem), CORNERS):
        try:
            compile_run(protocol, state.workcell, point, "01.1.1", "01.1")
        except InvalidInput as error:
            at = ", ".join(f"{name} = {value}" for name, value in point.items())
            raise InvalidInput(f"{error.message} (Where {at}.)", error.hint) from None


def _corners(before: Problem, after: Problem) -> Iterator[Parameters]:
    """The extreme points over what was changed; the rest at its lowest."""
    known = {each.name: each for each in before.parameters}
    axes: list[list[Scalar]] = []
    for each in after.parameters:
        if each == known.get(each.name):
            axes.append([lowest(each)])
        elif each.kind == "categorical":
            axes.append(list(each.options))
        else:
            axes.append([lowest(each), each.values[-1] if each.kind == "discrete" else each.high])
    names = [each.name for each in after.parameters]
    for values in itertools.product(*axes):
        yield dict(zip(names, values, strict=True))


async def undo(
    orchestrator: Orchestrator, key: str, number: int | None = None, *, by: str = "operator", reason: str = ""
) -> Campaign:
    """The campaign as it was before an edit; by default the last one that stands. Raises `NotFound` and
    `TransitionError`."""
    campaign = orchestrator.state.campaign(key)

    def build(state: Laboratory, at: datetime) -> e.Event:
        now = state.campaigns[campaign.id]
        last = _last(now)
        if number is not None and number != last.number:
            raise TransitionError(
                f"Edit {number} is not the last one that stands.", f"Take edit {last.number} back first."
            )
        protocol = now.protocol
        return edits.CampaignEdited(
            at=at,
            by=by,
            reason=reason or f"takes edit {last.number} back",
            campaign=now.id,
            problem=None if last.problem == protocol.problem else last.problem,
            stopping=None if last.stopping == protocol.stopping else last.stopping,
            priority=None if last.priority == now.priority else last.priority,
            reverts=last.number,
        )

    await orchestrator.submit(build)
    return orchestrator.state.campaigns[campaign.id]


def _last(campaign: Campaign) -> EditMade:
    standing = [each for each in campaign.edits if not each.undone and each.reverts is None]
    if not standing:
        raise TransitionError(f"No edit of {campaign.name} stands.", "There is nothing to take back.")
    return standing[-1]


# --- trials that wait


def _trial(state: Laboratory, campaign: Campaign, number: int) -> Trial:
    key = trial_id(campaign.id, number)
    if key not in state.trials:
        raise NotFound(f"{campaign.name} has no trial {number}.", f"`labd trials {campaign.name}` lists them.")
    return state.trials[key]


async def _submit(
    orchestrator: Orchestrator, key: str, build: Callable[[Laboratory, Campaign, datetime], e.Event]
) -> Campaign:
    campaign = orchestrator.state.campaign(key)
    await orchestrator.submit(lambda state, at: build(state, state.campaigns[campaign.id], at))
    return orchestrator.state.campaigns[campaign.id]


async def reject(
    orchestrator: Orchestrator, key: str, number: int, *, by: str = "operator", reason: str = ""
) -> Campaign:
    """The campaign without a trial of which nothing has begun. Raises `NotFound` and `TransitionError`."""
    return await _submit(
        orchestrator,
        key,
        lambda state, now, at: edits.TrialRejected(at=at, by=by, reason=reason, trial=_trial(state, now, number).id),
    )


async def move(
    orchestrator: Orchestrator,
    key: str,
    number: int,
    parameters: Mapping[str, Scalar],
    *,
    by: str = "operator",
    reason: str = "",
) -> Campaign:
    """The campaign with a trial at another point; what `parameters` does not name stays. Raises `InvalidInput`,
    `NotFound` and `TransitionError`."""

    def build(state: Laboratory, now: Campaign, at: datetime) -> e.Event:
        trial = _trial(state, now, number)
        point = admitted(now.protocol.problem, {**trial.suggestion.parameters, **parameters})
        return edits.TrialEdited(at=at, by=by, reason=reason, trial=trial.id, parameters=point)

    return await _submit(orchestrator, key, build)


async def reorder(
    orchestrator: Orchestrator, key: str, numbers: Sequence[int], *, by: str = "operator", reason: str = ""
) -> Campaign:
    """The campaign, which begins these trials first, in this order. Raises `NotFound` and `TransitionError`."""

    def build(state: Laboratory, now: Campaign, at: datetime) -> e.Event:
        if len(set(numbers)) != len(numbers) or not numbers:
            raise InvalidInput("A trial is named twice, or none is.", "Name each trial once.")
        order = tuple(_trial(state, now, number).id for number in numbers)
        return edits.TrialsReordered(at=at, by=by, reason=reason, campaign=now.id, order=order)

    return await _submit(orchestrator, key, build)


async def insert(
    orchestrator: Orchestrator, key: str, parameters: Mapping[str, Scalar], *, by: str = "operator", reason: str = ""
) -> Campaign:
    """The campaign with one more trial, at a point that a person wants tried. Raises `InvalidInput` and
    `TransitionError`."""

    def build(_: Laboratory, now: Campaign, at: datetime) -> e.Event:
        if now.status in TABLE.terminal or now.started is None:
            how = now.status.value if now.started else "not started yet"
            raise TransitionError(f"Campaign {now.name} is {how}.", "Suggest to a campaign that runs.")
        why = f"{by} wants it tried" + (f": {reason}" if reason else ".")
        proposer, method = _proposer(now, by)
        point = admitted(now.protocol.problem, parameters)
        suggestion = Suggestion(parameters=point, method=method, proposer=proposer, reason=why)
        return e.SuggestionsMade(at=at, campaign=now.id, first=now.trials + 1, suggestions=(suggestion,))

    return await _submit(orchestrator, key, build)


def _proposer(campaign: Campaign, by: str) -> tuple[str, str]:
    """Under which name a person proposes, and the method: that of their share, where they have one."""
    mine = [each for each in campaign.proposers if each.kind in UNASKED and each.name == by.casefold()]
    return (mine[0].name, mine[0].kind) if mine else (by, "person")


# --- what is learnt from


def _observation(campaign: Campaign, name: str) -> str:
    """The id of an observation: a trial by its number, or what was told as `told1`. Raises `NotFound`."""
    key = f"{campaign.id}.{name}"
    if all(each.trial != key for each in campaign.observations):
        raise NotFound(
            f"{campaign.name} has no observation {name}.",
            "Name a trial that has ended by its number, or what was told as told1, told2, ...",
        )
    return key


async def learn(
    orchestrator: Orchestrator, kind: type[Learnt], key: str, name: str, *, by: str = "operator", reason: str = ""
) -> Campaign:
    """The campaign, which no longer learns from an observation, or does so again. Raises `NotFound` and
    `TransitionError`."""
    return await _submit(
        orchestrator, key, lambda _, now, at: kind(at=at, by=by, reason=reason, trial=_observation(now, name))
    )


async def correct(
    orchestrator: Orchestrator,
    key: str,
    name: str,
    outcomes: Mapping[str, Measurement],
    *,
    by: str = "operator",
    reason: str = "",
) -> Campaign:
    """The campaign with the outcomes of an observation as a person says that they are; what is not named stays. Raises
    `InvalidInput` and `NotFound`."""

    def build(_: Laboratory, now: Campaign, at: datetime) -> e.Event:
        observed = _observation(now, name)
        check_outcomes(now.protocol, outcomes)
        before = next(each.outcomes for each in now.observations if each.trial == observed)
        taken = {**before, **outcomes}
        return edits.ObservationCorrected(at=at, by=by, reason=reason, trial=observed, outcomes=taken)

    return await _submit(orchestrator, key, build)
