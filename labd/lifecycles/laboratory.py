"""The whole laboratory as one value: the fold of the journal.

`evolve(state, event)` is what an event makes of the state. It takes everything from the event, so a journal folds to
the same state for ever, whatever release reads it; what is *decided* about an event is in `labd.lifecycles.decisions`,
and each decision that matters is itself an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import assert_never

from labd.domain import events as e
from labd.domain.command import Failed, Refused, Resolution, Succeeded, Unknown
from labd.domain.errors import NotFound, TransitionError
from labd.domain.identifiers import CampaignId, CommandId, InstrumentName, RunId, TrialId, trial_id
from labd.domain.problem import Observation
from labd.domain.workcell import Workcell
from labd.lifecycles import campaign as campaigns
from labd.lifecycles import command as commands
from labd.lifecycles import run as runs
from labd.lifecycles import trial as trials
from labd.lifecycles.campaign import Campaign, PlanRequest
from labd.lifecycles.command import Command
from labd.lifecycles.instrument import TABLE as INSTRUMENT
from labd.lifecycles.instrument import Instrument, InstrumentStatus
from labd.lifecycles.run import Run, StepState
from labd.lifecycles.trial import Trial, TrialStatus

QUARANTINE_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Everything that the daemon knows, minus what only the journal need remember (the commands of closed runs)."""

    version: int = 0
    """How many events were folded: the journal's sequence."""
    epoch: int = 0
    workcell: Workcell | None = None
    linked: bool = False
    """Whether the broker is reached."""
    campaigns: dict[CampaignId, Campaign] = field(default_factory=dict)
    trials: dict[TrialId, Trial] = field(default_factory=dict)
    runs: dict[RunId, Run] = field(default_factory=dict)
    commands: dict[CommandId, Command] = field(default_factory=dict)
    instruments: dict[InstrumentName, Instrument] = field(default_factory=dict)
    quarantined: int = 0
    """How many messages were ever quarantined; all of them are in the journal."""
    quarantine: tuple[e.MessageQuarantined, ...] = ()
    """The newest few, shortened, the newest last."""

    def campaign(self, key: str) -> Campaign:
        """The campaign of that id or name; the newest, if names repeat. Raises `NotFound`."""
        if key in self.campaigns:
            return self.campaigns[key]
        named = [each for each in self.campaigns.values() if each.name == key]
        if not named:
            known = ", ".join(each.name for each in self.campaigns.values()) or "none is loaded"
            raise NotFound(f"There is no campaign {key!r}.", f"Campaigns: {known}.")
        return named[-1]

    def trials_of(self, campaign: CampaignId) -> Iterator[Trial]:
        """The trials of a campaign, by number."""
        for number in range(1, self.campaigns[campaign].trials + 1):
            yield self.trials[trial_id(campaign, number)]

    def open_trials(self, campaign: CampaignId) -> list[Trial]:
        """The trials that are pending."""
        return [each for each in self.trials_of(campaign) if each.status is TrialStatus.PENDING]

    def campaign_of(self, run: Run) -> Campaign:
        """The campaign to which a run belongs."""
        return self.campaigns[self.trials[run.trial].campaign]


def evolve(state: Laboratory, event: e.Event) -> Laboratory:  # noqa: C901, PLR0912 - one arm an event
    """The state after the event. Raises `TransitionError` or `NotFound` where the event cannot follow: it is then no
    part of the journal."""
    state = replace(state, version=state.version + 1)
    match event:
        case e.DaemonStarted():
            silent = {
                name: replace(each, status=InstrumentStatus.OFFLINE, session="", in_hand=(), version=state.version)
                for name, each in state.instruments.items()
            }
            return replace(state, epoch=event.epoch, linked=False, instruments=silent)
        case e.WorkcellLoaded():
            return _furnish(state, event.workcell)
        case e.LinkConnected():
            return replace(state, linked=True)
        case e.LinkLost():
            return replace(state, linked=False)
        case e.MessageQuarantined():
            short = event.model_copy(update={"excerpt": event.excerpt[:500]})
            return replace(
                state, quarantined=state.quarantined + 1, quarantine=(*state.quarantine, short)[-QUARANTINE_SHOWN:]
            )
        case e.TimerFired():
            return _overdue(state, event)
        case e.InstrumentDescribed():
            return _instrument(
                state,
                event.instrument,
                lambda it: replace(it, descriptor=event.descriptor, session=event.descriptor.session),
            )
        case e.InstrumentStateReported():
            return _report_state(state, event)
        case e.CampaignDrafted():
            if event.campaign in state.campaigns:
                raise TransitionError(f"Campaign {event.campaign} exists already.", "Ids are drawn, never chosen.")
            return _put_campaign(state, campaigns.drafted(event, state.version))
        case e.CampaignStarted():
            return _move_campaign(state, event, "start")
        case e.CampaignPaused():
            return _move_campaign(state, event, "pause")
        case e.CampaignResumed():
            return _move_campaign(state, event, "resume")
        case e.CampaignStopped():
            return _move_campaign(state, event, "stop")
        case e.CampaignFinished():
            return _move_campaign(state, event, "finish")
        case e.SuggestionsRequested():
            request = PlanRequest(event.request, event.count, event.seed)
            return _campaign(
                state, event.campaign, lambda c: replace(c, request=request, requests=max(c.requests, event.request))
            )
        case e.SuggestionsMade():
            return _open_trials(state, event)
        case e.PlanningFailed():
            _answered(state.campaign(event.campaign), event.request)
            return _campaign(state, event.campaign, lambda c: replace(c, request=None))
        case e.ObservationAdded():
            return _tell(state, event)
        case e.RunStarted():
            return _start_run(state, event)
        case e.RunAnalysed():
            return _move_run(state, event.run, "analyse")
        case e.RunFailed():
            return _forget(_move_run(state, event.run, "fail"), event.run)
        case e.TrialObserved():
            return _close_trial(state, event, "observe", "")
        case e.TrialFailed():
            return _close_trial(state, event, "fail", event.reason)
        case e.TrialAbandoned():
            return _close_trial(state, event, "abandon", event.reason)
        case e.CommandIssued():
            return _issue(state, event)
        case e.CommandAccepted():
            return _command(state, event.command, "accepted")
        case e.CommandMissed():
            return _command(state, event.command, "missed")
        case e.CommandFinished():
            return _finish(state, event)
        case e.CommandResolved():
            return _resolve(state, event)
        case _:
            assert_never(event)


# --- instruments


def _furnish(state: Laboratory, workcell: Workcell) -> Laboratory:
    out = {it.order.instrument: key for key, it in state.commands.items() if it.status in commands.OUT}
    instruments = {
        name: replace(
            state.instruments.get(name, Instrument(name, command=out.get(name))),
            roles=tuple(each.roles),
            version=state.version,
        )
        for name, each in workcell.instruments.items()
    }
    return replace(state, workcell=workcell, instruments=instruments)


def _instrument(state: Laboratory, name: InstrumentName, change: Callable[[Instrument], Instrument]) -> Laboratory:
    if name not in state.instruments:
        raise NotFound(f"The workcell has no instrument {name!r}.", "Add it to the workcell file.")
    changed = replace(change(state.instruments[name]), version=state.version)
    return replace(state, instruments={**state.instruments, name: changed})


def _report_state(state: Laboratory, event: e.InstrumentStateReported) -> Laboratory:
    def change(it: Instrument) -> Instrument:
        status = INSTRUMENT.next(it.status, event.status)
        return replace(it, status=status, session=event.session, in_hand=event.commands, message=event.message)

    return _instrument(state, event.instrument, change)


# --- campaigns


def _put_campaign(state: Laboratory, campaign: Campaign) -> Laboratory:
    return replace(state, campaigns={**state.campaigns, campaign.id: replace(campaign, version=state.version)})


def _campaign(state: Laboratory, key: CampaignId, change: Callable[[Campaign], Campaign]) -> Laboratory:
    return _put_campaign(state, change(state.campaign(key)))


def _move_campaign(
    state: Laboratory,
    event: e.CampaignStarted | e.CampaignPaused | e.CampaignResumed | e.CampaignStopped | e.CampaignFinished,
    trigger: str,
) -> Laboratory:
    return _campaign(state, event.campaign, lambda c: campaigns.move(c, trigger, event.at, event.reason))


def _answered(campaign: Campaign, request: int) -> None:
    if campaign.request is None or campaign.request.number != request:
        raise TransitionError(
            f"Campaign {campaign.name} does not wait for an answer to request {request}.",
            "It was answered already, or the campaign has ended.",
        )


def _open_trials(state: Laboratory, event: e.SuggestionsMade) -> Laboratory:
    campaign = state.campaign(event.campaign)
    if campaign.status in campaigns.TABLE.terminal:
        raise TransitionError(
            f"Campaign {campaign.name} is {campaign.status}: it takes no more suggestions.",
            "Load the protocol again, as another campaign.",
        )
    if event.first != campaign.trials + 1:
        raise TransitionError(
            f"The next trial of {campaign.name} is {campaign.trials + 1}, not {event.first}.",
            "Somebody else suggested in the meantime: suggest again.",
        )
    if event.request is not None:
        _answered(campaign, event.request)
        campaign = replace(campaign, request=None)
    opened = {
        trial_id(campaign.id, number): Trial(
            trial_id(campaign.id, number), campaign.id, number, suggestion, event.at, state.version
        )
        for number, suggestion in enumerate(event.suggestions, event.first)
    }
    state = replace(state, trials={**state.trials, **opened})
    return _put_campaign(state, replace(campaign, trials=campaign.trials + len(opened)))


def _tell(state: Laboratory, event: e.ObservationAdded) -> Laboratory:
    def change(campaign: Campaign) -> Campaign:
        told = Observation(
            trial=f"{campaign.id}.told{campaign.told + 1}", parameters=event.parameters, outcomes=event.outcomes
        )
        return replace(campaign, observations=(*campaign.observations, told), told=campaign.told + 1)

    return _campaign(state, event.campaign, change)


# --- trials and runs


def _start_run(state: Laboratory, event: e.RunStarted) -> Laboratory:
    trial = state.trials[event.trial]
    if trial.status is not TrialStatus.PENDING:
        raise TransitionError(f"Trial {trial.number} is {trial.status}: it opens no run.", "Suggest its point again.")
    run = Run(event.run, event.trial, event.at, {step.name: StepState(step) for step in event.steps})
    trial = replace(trial, runs=trial.runs + 1, version=state.version)
    return replace(state, runs={**state.runs, run.id: run}, trials={**state.trials, trial.id: trial})


def _put_run(state: Laboratory, run: Run) -> Laboratory:
    trial = replace(state.trials[run.trial], version=state.version)
    return replace(state, runs={**state.runs, run.id: run}, trials={**state.trials, trial.id: trial})


def _run(state: Laboratory, key: RunId) -> Run:
    if key not in state.runs:
        raise NotFound(f"There is no open run {key!r}.", "It may be closed already.")
    return state.runs[key]


def _move_run(state: Laboratory, key: RunId, trigger: str) -> Laboratory:
    return _put_run(state, runs.move(_run(state, key), trigger))


def _close_trial(
    state: Laboratory, event: e.TrialObserved | e.TrialFailed | e.TrialAbandoned, trigger: str, reason: str
) -> Laboratory:
    trial = state.trials[event.trial]
    outcomes = event.outcomes if isinstance(event, e.TrialObserved) else None
    closed = replace(trials.close(trial, trigger, event.at, reason, outcomes), version=state.version)
    state = replace(state, trials={**state.trials, trial.id: closed})
    for run in [each for each in state.runs.values() if each.trial == trial.id]:
        if runs.RUN.allows(run.status, "abandon"):
            state = _put_run(state, runs.move(run, "abandon"))
        state = _forget(state, run.id)
    if trigger == "abandon":
        return state
    observation = Observation(
        trial=trial.id, parameters=trial.suggestion.parameters, outcomes=outcomes or {}, failed=trigger == "fail"
    )
    return _campaign(
        state,
        trial.campaign,
        lambda c: replace(
            c,
            observations=(*c.observations, observation),
            failures=c.failures + 1 if trigger == "fail" else 0,
        ),
    )


def _forget(state: Laboratory, key: RunId) -> Laboratory:
    """Drop a run and its commands once its trial is closed and nothing of it is out: the journal remembers."""
    run = state.runs.get(key)
    if run is None or state.trials[run.trial].status is TrialStatus.PENDING:
        return state
    mine = [each for each in state.commands.values() if each.order.run == key]
    if any(each.status in commands.OUT or each.status is commands.CommandStatus.UNKNOWN for each in mine):
        return state
    if run.status is runs.RunStatus.ABANDONED and _complete(run):
        return state
    gone = {each.order.command for each in mine}
    return replace(
        state,
        runs={k: v for k, v in state.runs.items() if k != key},
        commands={k: v for k, v in state.commands.items() if k not in gone},
    )


def _complete(run: Run) -> bool:
    return all(step.status is runs.StepStatus.DONE for step in run.steps.values())


# --- commands


def _issue(state: Laboratory, event: e.CommandIssued) -> Laboratory:
    order = event.order
    if order.command in state.commands:
        raise TransitionError(f"Command {order.command} was issued already.", "Another attempt has an id of its own.")
    run = runs.move_step(_run(state, order.run), order.step, "issue")
    state = _put_run(state, run)
    state = replace(state, commands={**state.commands, order.command: Command(order, event.at)})
    return _instrument(state, order.instrument, lambda it: replace(it, command=order.command))


def _command(
    state: Laboratory, key: CommandId, trigger: str, *, content_hash: str = "", message: str = ""
) -> Laboratory:
    if key not in state.commands:
        raise NotFound(f"There is no open command {key!r}.", "It may be finished already.")
    moved = commands.move(state.commands[key], trigger, content_hash=content_hash, message=message)
    return replace(state, commands={**state.commands, key: moved})


def _overdue(state: Laboratory, event: e.TimerFired) -> Laboratory:
    command = state.commands.get(event.timer)
    if command is None or command.status not in commands.OUT:
        return state
    return _command(state, event.timer, "overdue")


def _finish(state: Laboratory, event: e.CommandFinished) -> Laboratory:
    outcome = event.outcome
    message = "" if isinstance(outcome, Succeeded) else outcome.message
    state = _command(state, event.command, outcome.kind, content_hash=event.content_hash, message=message)
    order = state.commands[event.command].order
    if order.instrument in state.instruments:
        state = _instrument(state, order.instrument, lambda it: _released(it, event))
    run = _run(state, order.run)
    match outcome:
        case Succeeded():
            run = runs.move_step(run, order.step, "succeed", result=outcome.result)
        case Failed() | Refused():
            step = run.steps[order.step]
            retry = step.attempts <= step.plan.retries
            run = runs.move_step(run, order.step, "retry" if retry else "fail", reason=message)
        case Unknown():
            run = runs.move_step(run, order.step, "lose", reason=message)
        case _:
            assert_never(outcome)
    return _forget(_put_run(state, run), run.id)


def _released(it: Instrument, event: e.CommandFinished) -> Instrument:
    """The instrument without that command. After a refusal, what else it has in hand is its secret until it says so."""
    return replace(
        it,
        command=None if it.command == event.command else it.command,
        in_hand=() if isinstance(event.outcome, Refused) else it.in_hand,
    )


def _resolve(state: Laboratory, event: e.CommandResolved) -> Laboratory:
    state = _command(state, event.command, event.resolution, message=event.reason)
    order = state.commands[event.command].order
    if order.instrument in state.instruments and state.instruments[order.instrument].command == event.command:
        state = _instrument(state, order.instrument, lambda it: replace(it, command=None))
    trigger = {Resolution.DONE: "succeed", Resolution.NOT_DONE: "retry", Resolution.DISCARD: "fail"}[event.resolution]
    result = event.result if event.resolution is Resolution.DONE else None
    run = runs.move_step(_run(state, order.run), order.step, trigger, result=result, reason=event.reason)
    return _forget(_put_run(state, run), run.id)
