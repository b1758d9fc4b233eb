"""The tables that people query say what the fold of the same events says."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, select
from sqlmodel import SQLModel

from labd.adapters.journal.projections import project
from labd.adapters.journal.rows import CampaignRow, CommandRow, InstrumentRow, ObservationRow, TrialRow, table
from labd.adapters.journal.writing import apply
from labd.domain import events as e
from labd.domain.command import Failed as CommandFailed
from labd.domain.command import FailureKind, Order, Resolution, Succeeded, Unknown
from labd.lifecycles import Laboratory, evolve
from labd.ports.journal import Recorded
from tests.scenery import MORNING, WORKCELL, later
from tests.stateful.test_laboratory import LaboratoryWalk

COMMAND = "C1.3.2.mix.1"


Rows = dict[type[SQLModel], list[dict[str, Any]]]


class Tables:
    """The projections in memory, fed with one event after the other."""

    def __init__(self) -> None:
        self._engine = create_engine("sqlite://")
        SQLModel.metadata.create_all(self._engine)
        self._connection = self._engine.connect()
        self.fed = 0

    def feed(self, events: Sequence[e.Event]) -> None:
        for event in events:
            self.fed += 1
            apply(self._connection, project(Recorded(self.fed, event)))

    def rows(self) -> Rows:
        return {
            row: [dict(each._mapping) for each in self._connection.execute(select(table(row)))]
            for row in (CampaignRow, TrialRow, CommandRow, ObservationRow, InstrumentRow)
        }

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()


def projected(*events: e.Event) -> Rows:
    """The rows, by table, that the events lead to."""
    tables = Tables()
    tables.feed(events)
    rows = tables.rows()
    tables.close()
    return rows


class ProjectedWalk(LaboratoryWalk):
    """A random walk through a laboratory: after each of its events the tables are compared with the fold."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = Tables()
        self.folded = Laboratory()

    def teardown(self) -> None:
        super().teardown()
        for event in self.journal:
            self.tables.feed([event])
            self.folded = evolve(self.folded, event)
            agree(self.tables.rows(), self.folded)
        self.tables.close()


def agree(rows: Rows, state: Laboratory) -> None:
    """The tables and the state say the same."""
    assert {r["id"]: (r["status"], r["note"]) for r in rows[CampaignRow]} == {
        each.id: (each.status, each.note) for each in state.campaigns.values()
    }
    assert {r["id"]: (r["campaign"], r["number"], r["status"], r["reason"]) for r in rows[TrialRow]} == {
        each.id: (each.campaign, each.number, each.status, each.reason) for each in state.trials.values()
    }
    status = {r["id"]: (r["status"], r["content_hash"] or "") for r in rows[CommandRow]}
    for key, command in state.commands.items():
        assert status[key] == (command.status, command.content_hash)
    assert {r["name"]: (r["status"], r["session"]) for r in rows[InstrumentRow]} == {
        each.name: (each.status, each.session) for each in state.instruments.values()
    }
    measured = [o for each in state.campaigns.values() for o in each.observations if o.outcomes]
    assert sorted(r["mean"] for r in rows[ObservationRow]) == sorted(
        m.mean for o in measured for m in o.outcomes.values()
    )


TestProjectedWalk = ProjectedWalk.TestCase
TestProjectedWalk.settings = settings(
    max_examples=20, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)


def issued() -> e.CommandIssued:
    order = Order(command=COMMAND, run="C1.3.2", step="mix", attempt=1, instrument="mixer_1", capability="mix")
    return e.CommandIssued(at=MORNING, order=order)


def finished(outcome: Succeeded | CommandFailed | Unknown) -> e.CommandFinished:
    return e.CommandFinished(at=later(9), command=COMMAND, instrument="mixer_1", outcome=outcome, content_hash="abc")


def command_after(*events: e.Event) -> dict[str, Any]:
    (row,) = projected(issued(), *events)[CommandRow]
    return row


def test_a_command_knows_its_run_its_trial_and_its_campaign() -> None:
    row = command_after()
    assert (row["run"], row["trial"], row["campaign"], row["status"]) == ("C1.3.2", "C1.3", "C1", "issued")


def test_a_command_that_was_missed_is_to_be_sent_again() -> None:
    accepted, missed = e.CommandAccepted(at=later(1), command=COMMAND), e.CommandMissed(at=later(2), command=COMMAND)
    assert command_after(accepted)["status"] == "accepted"
    assert command_after(accepted, missed)["status"] == "issued"


def test_only_a_command_that_is_in_hand_becomes_overdue() -> None:
    accepted, fired = e.CommandAccepted(at=later(1), command=COMMAND), e.TimerFired(at=later(600), timer=COMMAND)
    assert command_after(fired)["status"] == "issued"
    assert command_after(accepted, fired)["status"] == "overdue"
    assert command_after(accepted, fired, accepted)["status"] == "overdue"
    assert command_after(accepted, finished(Succeeded()), fired)["status"] == "succeeded"


def test_what_a_person_says_of_a_command_is_its_outcome() -> None:
    unknown = finished(Unknown(message="died in the middle"))
    done = e.CommandResolved(at=later(10), command=COMMAND, resolution=Resolution.DONE, result={"volume": 2.0})
    row = command_after(unknown, done)
    assert row["status"] == "succeeded"
    assert json.loads(row["outcome"])["result"] == {"volume": 2.0}
    assert row["content_hash"] == "abc"
    not_done = e.CommandResolved(at=later(10), command=COMMAND, resolution=Resolution.NOT_DONE)
    assert command_after(unknown, not_done)["status"] == "failed"


def test_a_failure_keeps_its_words() -> None:
    row = command_after(finished(CommandFailed(failure=FailureKind.DEFINED, message="stalled")))
    assert json.loads(row["outcome"]) == {"kind": "failed", "failure": "defined", "message": "stalled"}


def test_an_instrument_keeps_what_an_event_does_not_speak_of() -> None:
    state = e.InstrumentStateReported(at=later(1), instrument="mixer_1", session="S1", status="busy")
    furnished = e.WorkcellLoaded(at=MORNING, workcell=WORKCELL)
    rows = projected(furnished, state, furnished)[InstrumentRow]
    assert {r["name"]: r["status"] for r in rows} == {"mixer_1": "busy", "mixer_2": "offline", "meter_1": "offline"}
    rows = projected(furnished, state, e.DaemonStarted(at=later(2), epoch=2, version="test"))[InstrumentRow]
    assert {r["status"] for r in rows} == {"offline"}


def test_a_row_that_is_there_already_is_no_reason_to_refuse_an_event() -> None:
    assert len(projected(issued(), issued())[CommandRow]) == 1
