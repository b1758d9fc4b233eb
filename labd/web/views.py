"""What the page, the scripts and the command line see: plain JSON, made of the laboratory's state. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from labd.domain.events import MessageQuarantined
from labd.domain.identifiers import command_id
from labd.domain.problem import Measurement, Observation
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import Campaign, CampaignStatus
from labd.lifecycles.command import Command, CommandStatus
from labd.lifecycles.dispatch import is_for_a_person
from labd.lifecycles.instrument import Instrument, InstrumentStatus
from labd.lifecycles.run import OPEN, Run, RunStatus, StepState, StepStatus
from labd.lifecycles.trial import Attached, Trial, TrialStatus
from labd.orchestrator.attendance import Presence
from labd.orchestrator.clocks import Skew
from labd.scheduling import Machine, Waiting, why_waiting
from labd.web.stopping import stop_view

View = dict[str, Any]
"""A JSON object."""

Progress = Mapping[str, tuple[float, str]]
"""By command in hand: how far it is, and what the driver says of it."""


Present = Mapping[str, Presence]
"""By instrument: what is known of the driver that is here for it."""


def now(
    state: Laboratory,
    *,
    revision: int,
    release: str,
    trouble: str,
    progress: Progress,
    present: Present,
    at: datetime,
    repeats: Mapping[str, int],
    broker: str = "",
) -> View:
    """The laboratory at this moment: all that the first screen shows."""
    counts = Counter((trial.campaign, trial.status) for trial in state.trials.values())
    return {
        "revision": revision,
        "version": state.version,
        "laboratory": {
            "title": (state.workcell.title or state.workcell.name) if state.workcell else "",
            "release": release,
            "epoch": state.epoch,
            "linked": state.linked,
            "broker": broker,
            "trouble": trouble,
            "quarantined": state.quarantined,
            "repeats": sum(repeats.values()),
            "time": at.isoformat(),
        },
        "stop": stop_view(state),
        "campaigns": [_summary(each, counts) for each in state.campaigns.values()],
        "instruments": [
            _instrument(state, each, progress, present.get(name)) | {"repeats": repeats.get(name, 0)}
            for name, each in state.instruments.items()
        ],
        "steps": list(_steps(state)),
        "questions": [
            *(_question(state, each) for each in state.commands.values() if is_for_a_person(state, each, at)),
            *(_question_of_run(state, each) for each in state.runs.values() if each.status is RunStatus.IMPLAUSIBLE),
        ],
        "quarantine": [_quarantined(each) for each in reversed(state.quarantine)],
    }


# --- campaigns


def summary(state: Laboratory, campaign: Campaign) -> View:
    """A campaign in a few words."""
    counts = Counter((campaign.id, trial.status) for trial in state.trials_of(campaign.id))
    return _summary(campaign, counts)


def _summary(campaign: Campaign, counts: Mapping[tuple[str, TrialStatus], int]) -> View:
    protocol = campaign.protocol
    objective = protocol.problem.objectives[0]
    return {
        "id": campaign.id,
        "name": campaign.name,
        "title": protocol.title or protocol.name,
        "status": campaign.status,
        "note": campaign.note,
        "trials": campaign.trials,
        "budget": protocol.stopping.trials,
        "observed": counts.get((campaign.id, TrialStatus.OBSERVED), 0),
        "failed": counts.get((campaign.id, TrialStatus.FAILED), 0),
        "open": counts.get((campaign.id, TrialStatus.PENDING), 0),
        "planning": campaign.request is not None,
        "objective": {
            "outcome": objective.outcome,
            "goal": objective.goal,
            "unit": protocol.outcomes[objective.outcome].unit,
            "target": objective.target,
        },
        "best": _best(campaign),
        "created": campaign.created.isoformat(),
        "started": _time(campaign.started),
        "ended": _time(campaign.ended),
        "version": campaign.version,
    }


def _best(campaign: Campaign) -> View | None:
    best = campaign.best
    if best is None:
        return None
    return {
        "trial": None if _is_told(best) else int(best.trial.rpartition(".")[2]),
        "value": best.outcomes[campaign.protocol.problem.objectives[0].outcome].mean,
        "parameters": best.parameters,
    }


def _is_told(observation: Observation) -> bool:
    return observation.trial.rpartition(".")[2].startswith("told")


def campaign_view(state: Laboratory, campaign: Campaign, after: int = 0) -> View:
    """One campaign with its trials; with `after`, only those that changed since that version."""
    open_runs = {run.trial: run for run in state.runs.values() if run.status in OPEN}
    trials = [trial for trial in state.trials_of(campaign.id) if trial.version > after]
    return {
        "campaign": summary(state, campaign) | _details(campaign),
        "trials": [_trial(state, each, open_runs.get(each.id)) for each in trials],
        "told": [
            {"parameters": each.parameters, "outcomes": _outcomes(each.outcomes)}
            for each in campaign.observations
            if _is_told(each)
        ],
    }


def _details(campaign: Campaign) -> View:
    protocol = campaign.protocol
    return {
        "description": protocol.description,
        "parameters": [{"unit": each.unit, **each.model_dump(mode="json")} for each in protocol.problem.parameters],
        "outcomes": {name: spec.model_dump(mode="json") for name, spec in protocol.outcomes.items()},
        "objectives": [each.model_dump(mode="json") for each in protocol.problem.objectives],
        "stopping": protocol.stopping.model_dump(mode="json"),
        "parallel": protocol.problem.settings.parallel,
        "seed": campaign.seed,
        "protocol_hash": protocol.content_hash,
    }


def _trial(state: Laboratory, trial: Trial, run: Run | None) -> View:
    suggestion = trial.suggestion
    return {
        "number": trial.number,
        "id": trial.id,
        "status": trial.status,
        "parameters": suggestion.parameters,
        "achieved": trial.achieved,
        "method": suggestion.method,
        "reason": suggestion.reason,
        "predicted": {name: each.model_dump() for name, each in suggestion.predicted.items()},
        "exploration": suggestion.exploration,
        "importance": suggestion.importance,
        "outcomes": None if trial.outcomes is None else _outcomes(trial.outcomes),
        "note": trial.reason,
        "runs": trial.runs,
        "suggested": trial.suggested.isoformat(),
        "ended": _time(trial.ended),
        "version": trial.version,
        "steps": [] if run is None else [_trial_step(state, run, name) for name in run.steps],
        "data": [attached(each) for each in trial.data],
    }


def attached(each: Attached) -> View:
    """Data that a step of a trial gave."""
    return {
        "step": each.step,
        "result": each.result,
        "sha256": each.blob.sha256,
        **each.blob.model_dump(exclude={"blob"}),
        "url": f"/api/v1/data/{each.blob.sha256}",
    }


def _trial_step(state: Laboratory, run: Run, name: str) -> View:
    command = _command_of(state, run, name)
    return {
        "name": name,
        "status": run.steps[name].status,
        "instrument": command.order.instrument if command else None,
    }


def _outcomes(outcomes: Mapping[str, Measurement]) -> View:
    return {name: each.model_dump() for name, each in outcomes.items()}


def trials_csv(state: Laboratory, campaign: Campaign) -> str:
    """The trials as a table: a row each; a column for each parameter, outcome and standard error, with its unit, and
    whether the outcome is a limit that the truth lies below or above; where parameters were read back, those too."""
    protocol = campaign.protocol
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    parameters = protocol.problem.parameters
    head = [f"{each.name} ({each.unit})" if each.unit else each.name for each in parameters]
    for name, spec in protocol.outcomes.items():
        unit = f" ({spec.unit})" if spec.unit else ""
        head += [f"{name}{unit}", f"{name} standard error{unit}", f"{name} censored"]
    back = sorted({name for trial in state.trials_of(campaign.id) for name in trial.achieved})
    units = {each.name: f" ({each.unit})" if each.unit else "" for each in parameters}
    head += [f"{name} read back{units[name]}" for name in back]
    rows.writerow(["trial", "status", *head, "method", "suggested", "ended", "note"])
    for trial in state.trials_of(campaign.id):
        values: list[object] = [trial.suggestion.parameters.get(each.name, "") for each in parameters]
        for name in protocol.outcomes:
            measured = (trial.outcomes or {}).get(name)
            told = measured and (measured.mean, measured.standard_error, measured.censored)
            values += [_blank(each) for each in told or (None, None, None)]
        values += [_blank(trial.achieved.get(name)) for name in back]
        rest = (trial.suggestion.method, trial.suggested.isoformat(), _blank(_time(trial.ended)), trial.reason)
        rows.writerow([trial.number, trial.status, *values, *rest])
    return text.getvalue()


# --- instruments, steps, questions


def _instrument(state: Laboratory, instrument: Instrument, progress: Progress, presence: Presence | None) -> View:
    descriptor = instrument.descriptor
    command = state.commands.get(instrument.command) if instrument.command else None
    return {
        "name": instrument.name,
        "roles": list(instrument.roles),
        "status": instrument.status,
        "message": instrument.message,
        "kept": instrument.kept,
        "locked": instrument.lock is not None,
        "make": descriptor.make if descriptor else "",
        "model": descriptor.model if descriptor else "",
        "version": instrument.version,
        "protocol": presence.protocol if presence else "",
        "heard": _time(presence.heard) if presence else None,
        "clock": _clock(presence.skew) if presence and presence.skew else None,
        "doing": None if command is None else _doing(state, instrument, command, progress),
    }


def _clock(skew: Skew) -> View:
    """How the instrument's clock goes, in seconds; a warning where results would be dated wrong."""
    which = "ahead" if skew.ahead_s > 0 else "behind"
    warning = f"its clock is {abs(skew.ahead_s):.0f} s {which} (± {skew.uncertainty_s:.1g} s)" if skew.is_off else ""
    return skew._asdict() | {"uncertainty_s": skew.uncertainty_s, "warning": warning}


def _doing(state: Laboratory, instrument: Instrument, command: Command, progress: Progress) -> View:
    order = command.order
    capability = instrument.descriptor.capability(order.capability) if instrument.descriptor else None
    done, note = progress.get(order.command, (None, ""))
    return {
        "command": order.command,
        "capability": order.capability,
        **_whose(state, order.run),
        "step": order.step,
        "since": command.issued.isoformat(),
        "typical_s": capability.typical_s if capability else None,
        "progress": done,
        "note": note,
        "arguments": order.arguments,
        "status": command.status,
        "cancellable": capability.cancellable if capability else False,
    }


def _whose(state: Laboratory, run: str) -> View:
    trial = state.trials[run.rpartition(".")[0]]
    return {"campaign": state.campaigns[trial.campaign].name, "trial": trial.number}


def _steps(state: Laboratory) -> Iterator[View]:
    for run in state.runs.values():
        if run.status is not RunStatus.RUNNING:
            continue
        for name, step in run.steps.items():
            if step.status in (StepStatus.WAITING, StepStatus.ACTIVE, StepStatus.UNKNOWN, StepStatus.IMPLAUSIBLE):
                command = None if step.status is StepStatus.WAITING else _command_of(state, run, name)
                yield {
                    **_whose(state, run.id),
                    "run": run.id,
                    "step": name,
                    "status": step.status,
                    "instrument": command.order.instrument if command else step.plan.instrument,
                    "since": command.issued.isoformat() if command else None,
                    "why": _why(state, run, step),
                }


def _command_of(state: Laboratory, run: Run, step: str) -> Command | None:
    return state.commands.get(command_id(run.id, step, run.steps[step].attempts))


def _question(state: Laboratory, command: Command) -> View:
    order = command.order
    held = command.status is CommandStatus.IMPLAUSIBLE
    what, who = order.capability.replace("_", " "), order.instrument.replace("_", " ")
    return {
        "command": order.command,
        "asks": f"Can the result of “{what}” on {who} be true?" if held else f"Did {who} do “{what}”?",
        "instrument": order.instrument,
        "capability": order.capability,
        **_whose(state, order.run),
        "step": order.step,
        "message": command.message or f"{order.instrument} does not answer for it.",
        "status": command.status,
        "held": {name: each for name, each in command.held.items() if not isinstance(each, list)},
        "since": command.issued.isoformat(),
    }


def _question_of_run(state: Laboratory, run: Run) -> View:
    whose = _whose(state, run.id)
    return {
        "command": run.id,
        "asks": f"Can the outcomes of trial {whose['trial']} be true?",
        "instrument": "",
        "capability": "",
        **whose,
        "step": "analysis",
        "message": run.doubt,
        "status": run.status,
        "held": {name: each.mean for name, each in run.held.items()},
        "since": run.started.isoformat(),
    }


def _quarantined(message: MessageQuarantined) -> View:
    return message.model_dump(mode="json", exclude={"kind"})


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _blank(value: object) -> object:
    return "" if value is None else value


def _why(state: Laboratory, run: Run, step: StepState) -> str:
    """Why a step waits, in one sentence; empty where it does not."""
    if step.status is not StepStatus.WAITING:
        return ""
    behind = [name for name in step.plan.after if run.steps[name].status is not StepStatus.DONE]
    if behind:
        return f"waits for {' and '.join(behind)}"
    campaign = state.campaign_of(run)
    if state.safety.stopped and state.safety.pressed is not None:
        return f"the laboratory is stopped by {state.safety.pressed.text}"
    if campaign.status is not CampaignStatus.RUNNING:
        return f"the campaign is {campaign.status}"
    waiting = Waiting(step=step.plan.name, run=run.id, role=step.plan.role, instrument=step.plan.instrument)
    return why_waiting(waiting, {it.name: _machine(it) for it in state.instruments.values()})


def _machine(it: Instrument) -> Machine:
    """The instrument as the scheduler sees it: with an order out it is busy, whatever it last said of itself."""
    idle_but_ordered = it.status is InstrumentStatus.IDLE and it.command is not None
    return Machine(frozenset(it.roles), "busy" if idle_but_ordered else it.status.value, it.kept)
