"""What a person is asked, and the messages that nobody could read. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from labd.domain.events import MessageQuarantined
from labd.domain.steps import Prompt
from labd.lifecycles import Laboratory
from labd.lifecycles.command import Command, CommandStatus
from labd.lifecycles.run import Run, StepState, StepStatus
from labd.web.views.pieces import View, moment_text, whose


def question(state: Laboratory, command: Command) -> View:
    """What a person is asked of an order: whether it was done, or whether its result can be true."""
    order = command.order
    held = command.status is CommandStatus.IMPLAUSIBLE
    what, who = order.capability.replace("_", " "), order.instrument.replace("_", " ")
    return {
        "command": order.command,
        "asks": f"Can the result of “{what}” on {who} be true?" if held else f"Did {who} do “{what}”?",
        "instrument": order.instrument,
        "capability": order.capability,
        **whose(state, order.run, order.step),
        "step": order.step,
        "message": command.message or f"{order.instrument} does not answer for it.",
        "status": command.status,
        "held": {name: each for name, each in command.held.items() if not isinstance(each, list)},
        "since": command.issued.isoformat(),
    }


def question_of_run(state: Laboratory, run: Run) -> View:
    """What a person is asked of a run: whether its outcomes can be true."""
    trial = whose(state, run.id)
    return {
        "command": run.id,
        "asks": f"Can the outcomes of trial {trial['trial']} be true?",
        "instrument": "",
        "capability": "",
        **trial,
        "step": "analysis",
        "message": run.doubt,
        "status": run.status,
        "held": {name: each.mean for name, each in run.held.items()},
        "since": run.started.isoformat(),
    }


def questions_of_steps(state: Laboratory) -> Iterator[View]:
    """What the steps of all runs ask of persons."""
    for run in state.runs.values():
        for step in run.steps.values():
            if step.plan.prompt is not None and step.status is StepStatus.ACTIVE:
                yield _question_of_step(state, run, step, step.plan.prompt)


def _question_of_step(state: Laboratory, run: Run, step: StepState, prompt: Prompt) -> View:
    return {
        "command": f"{run.id}/{step.plan.name}",
        "asks": step.asked,
        "instrument": "",
        "capability": "",
        **whose(state, run.id),
        "run": run.id,
        "step": step.plan.name,
        "message": "",
        "status": "asked",
        "held": {},
        "since": moment_text(step.began),
        "options": list(prompt.options),
        "note": prompt.note,
        "photo": prompt.photo,
    }


def quarantined(message: MessageQuarantined) -> View:
    """A message that was put aside."""
    return message.model_dump(mode="json", exclude={"kind"})
