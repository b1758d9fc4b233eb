"""The laboratory at this moment, for the first screen. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from labd.lifecycles import Laboratory
from labd.lifecycles.dispatch import is_for_a_person
from labd.lifecycles.run import RunStatus
from labd.orchestrator.attendance import Presence
from labd.web.stopping import stop_view
from labd.web.views.approvals import open_approvals
from labd.web.views.campaigns import counted_summary
from labd.web.views.instruments import Progress, instrument_view
from labd.web.views.interlocks import interlocks
from labd.web.views.matter import in_the_room, needs, places_view, stock_view
from labd.web.views.pieces import View
from labd.web.views.questions import quarantined, question, question_of_run, questions_of_steps
from labd.web.views.steps import steps

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
    shelves = stock_view(state, at)
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
        "campaigns": [counted_summary(each, counts) for each in state.campaigns.values()],
        "instruments": [
            instrument_view(state, each, progress, present.get(name)) | {"repeats": repeats.get(name, 0)}
            for name, each in state.instruments.items()
        ],
        "steps": list(steps(state, at)),
        "questions": [
            *(question(state, each) for each in state.commands.values() if is_for_a_person(state, each, at)),
            *(question_of_run(state, each) for each in state.runs.values() if each.status is RunStatus.IMPLAUSIBLE),
            *questions_of_steps(state),
        ],
        "stock": shelves,
        "labware": in_the_room(state),
        "locations": places_view(state),
        "needs": needs(state, shelves),
        "approvals": open_approvals(state),
        "interlocks": list(interlocks(state)),
        "quarantine": [quarantined(each) for each in reversed(state.quarantine)],
    }
