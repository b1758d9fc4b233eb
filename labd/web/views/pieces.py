"""What several views are made of. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from labd.domain.identifiers import command_id
from labd.lifecycles import Laboratory
from labd.lifecycles.command import Command
from labd.lifecycles.run import Run
from labd.lifecycles.samples import place_of, trial_of

View = dict[str, Any]
"""A JSON object."""


def moment_text(moment: datetime | None) -> str | None:
    """A moment as text."""
    return None if moment is None else moment.isoformat()


def whose(state: Laboratory, run: str, step: str = "") -> View:
    """Which trial a run, or a step of it, is of, in which wells, and of which campaign. What is for a whole batch, or
    for a control, is counted to the trial that leads the run."""
    known = state.runs.get(run)
    own = trial_of(known, step) if known and step else None
    trial = state.trials[own or run.rpartition(".")[0]]
    sample = known.steps[step].plan.sample if known and step else None
    wells = [place_of(known.samples[sample - 1])] if known and sample else []
    return {"campaign": state.campaigns[trial.campaign].name, "trial": trial.number, "wells": wells}


def command_of(state: Laboratory, run: Run, step: str) -> Command | None:
    """The last order of a step, if there was one."""
    return state.commands.get(command_id(run.id, step, run.steps[step].attempts))
