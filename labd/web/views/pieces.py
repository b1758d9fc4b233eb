"""What several views are made of. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from labd.domain.identifiers import command_id
from labd.lifecycles import Laboratory
from labd.lifecycles.command import Command
from labd.lifecycles.run import Run

View = dict[str, Any]
"""A JSON object."""


def moment_text(moment: datetime | None) -> str | None:
    """A moment as text."""
    return None if moment is None else moment.isoformat()


def whose(state: Laboratory, run: str) -> View:
    """Which trial a run is of, and of which campaign."""
    trial = state.trials[run.rpartition(".")[0]]
    return {"campaign": state.campaigns[trial.campaign].name, "trial": trial.number}


def command_of(state: Laboratory, run: Run, step: str) -> Command | None:
    """The last order of a step, if there was one."""
    return state.commands.get(command_id(run.id, step, run.steps[step].attempts))
