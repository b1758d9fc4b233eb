"""What an event does to the tables that people query: a pure function from an event to row operations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlmodel import SQLModel

from labd.adapters.journal.rows import (
    CampaignRow,
    CommandRow,
    InstrumentRow,
    ObservationRow,
    QuarantineRow,
    TrialRow,
)
from labd.domain import edits
from labd.domain import events as e
from labd.domain.command import Resolution, Succeeded
from labd.domain.identifiers import CampaignId, trial_id
from labd.domain.problem import Measurement
from labd.ports.journal import Recorded


class Put(NamedTuple):
    """A row by its key, new or not; of one that is there, the columns `keep` stay as they are."""

    table: type[SQLModel]
    values: dict[str, Any]
    keep: tuple[str, ...] = ()


class Update(NamedTuple):
    """New values for the row of that key (None: for all rows), if its status is that one (None: any)."""

    table: type[SQLModel]
    key: str | None
    values: dict[str, Any]
    status: str | None = None


Operation = Put | Update


def project(recorded: Recorded) -> Iterator[Operation]:  # noqa: C901, PLR0912 - one arm an event
    """The row operations that follow from an event."""
    sequence, event = recorded
    match event:
        case e.DaemonStarted():
            yield Update(InstrumentRow, None, {"status": "offline", "session": "", "sequence": sequence})
        case e.WorkcellLoaded():
            for name in event.workcell.instruments:
                yield _instrument(sequence, name, keep=("status", "session", "descriptor"))
        case e.InstrumentDescribed(descriptor=born):
            session, descriptor = born.session, born.model_dump_json()
            yield _instrument(sequence, event.instrument, session=session, descriptor=descriptor, keep=("status",))
        case e.InstrumentStateReported():
            yield _instrument(
                sequence, event.instrument, status=event.status, session=event.session, keep=("descriptor",)
            )
        case e.MessageQuarantined():
            columns = event.model_dump(include={"topic", "reason", "excerpt", "size_bytes"})
            yield Put(QuarantineRow, {"sequence": sequence, "at": _at(event), **columns})
        case (
            e.CampaignDrafted()
            | e.CampaignStarted()
            | e.CampaignPaused()
            | e.CampaignResumed()
            | e.CampaignStopped()
            | e.CampaignFinished()
        ):
            yield _campaign(sequence, event)
        case e.SuggestionsMade():
            yield from _opened(sequence, event)
        case e.ObservationAdded():
            yield from _observations(sequence, event, event.campaign, None, event.outcomes)
        case e.TrialObserved():
            found = {"outcomes": _json(event.outcomes), "achieved": json.dumps(event.achieved)}
            yield _closed(
                sequence, event, "observed", **found, reason="; ".join(filter(None, (*event.flags, event.note)))
            )
            if not event.flags:  # else nothing is learnt from it
                yield from _observations(sequence, event, _root(event.trial), event.trial, event.outcomes)
        case edits.TrialRejected():
            yield _closed(sequence, event, "abandoned", reason=f"rejected by {event.by}: {event.reason}".rstrip(": "))
        case edits.TrialEdited():
            found = {"parameters": json.dumps(event.parameters), "method": "person", "predicted": "{}"}
            yield Update(TrialRow, event.trial, {**found, "sequence": sequence})
        case edits.ObservationCorrected():
            yield Update(TrialRow, event.trial, {"outcomes": _json(event.outcomes), "sequence": sequence})
            yield from _observations(sequence, event, _root(event.trial), event.trial, event.outcomes)
        case e.TrialFailed():
            yield _closed(sequence, event, "failed", reason=event.reason)
        case e.TrialAbandoned():
            yield _closed(sequence, event, "abandoned", reason=event.reason)
        case (
            e.CommandIssued()
            | e.CommandAccepted()
            | e.CommandMissed()
            | e.TimerFired()
            | e.CommandFinished()
            | e.CommandResolved()
        ):
            yield _command(sequence, event)
        case _:
            return


def _instrument(
    sequence: int,
    name: str,
    *,
    status: str = "offline",
    session: str = "",
    descriptor: str | None = None,
    keep: tuple[str, ...],
) -> Put:
    values = {"name": name, "status": status, "session": session, "descriptor": descriptor, "sequence": sequence}
    return Put(InstrumentRow, values, keep)


_STATUS_OF_CAMPAIGN: Mapping[type[e.Happened], str] = {
    e.CampaignStarted: "running",
    e.CampaignPaused: "paused",
    e.CampaignResumed: "running",
    e.CampaignStopped: "stopped",
    e.CampaignFinished: "finished",
}


def _campaign(
    sequence: int,
    event: e.CampaignDrafted
    | e.CampaignStarted
    | e.CampaignPaused
    | e.CampaignResumed
    | e.CampaignStopped
    | e.CampaignFinished,
) -> Operation:
    if not isinstance(event, e.CampaignDrafted):
        values = {"status": _STATUS_OF_CAMPAIGN[type(event)], "note": event.reason, "sequence": sequence}
        return Update(CampaignRow, event.campaign, values)
    return Put(
        CampaignRow,
        {
            "id": event.campaign,
            "name": event.name,
            "protocol_name": event.protocol.name,
            "protocol": event.protocol.model_dump_json(),
            "status": "draft",
            "note": "",
            "created_at": _at(event),
            "sequence": sequence,
        },
    )


def _opened(sequence: int, event: e.SuggestionsMade) -> Iterator[Put]:
    for number, suggestion in enumerate(event.suggestions, event.first):
        yield Put(
            TrialRow,
            {
                "id": trial_id(event.campaign, number),
                "campaign": event.campaign,
                "number": number,
                "status": "pending",
                "parameters": json.dumps(suggestion.parameters),
                "method": suggestion.method,
                "predicted": _json(suggestion.predicted),
                "outcomes": None,
                "achieved": None,
                "reason": "",
                "suggested_at": _at(event),
                "ended_at": None,
                "sequence": sequence,
            },
        )


def _closed(
    sequence: int,
    event: e.TrialObserved | e.TrialFailed | e.TrialAbandoned | edits.TrialRejected,
    status: str,
    **values: str,
) -> Update:
    return Update(TrialRow, event.trial, {"status": status, **values, "ended_at": _at(event), "sequence": sequence})


def _observations(
    sequence: int, event: e.Happened, campaign: CampaignId, trial: str | None, outcomes: Mapping[str, Measurement]
) -> Iterator[Put]:
    for name, measured in outcomes.items():
        yield Put(
            ObservationRow,
            {
                "sequence": sequence,
                "outcome": name,
                "campaign": campaign,
                "trial": trial,
                "mean": measured.mean,
                "standard_error": measured.standard_error,
                "censored": measured.censored,
                "at": _at(event),
            },
        )


def _command(
    sequence: int,
    event: e.CommandIssued | e.CommandAccepted | e.CommandMissed | e.TimerFired | e.CommandFinished | e.CommandResolved,
) -> Operation:
    match event:
        case e.CommandIssued():
            return _issued(sequence, event)
        case e.CommandAccepted():
            return Update(CommandRow, event.command, {"status": "accepted", "sequence": sequence}, status="issued")
        case e.CommandMissed():
            return Update(CommandRow, event.command, {"status": "issued", "sequence": sequence})
        case e.TimerFired():  # a timer of a command bears its id
            return Update(CommandRow, event.timer, {"status": "overdue", "sequence": sequence}, status="accepted")
        case e.CommandFinished():
            values = {
                "status": "implausible" if event.doubt else event.outcome.kind,
                "ended_at": _at(event),
                "outcome": event.outcome.model_dump_json(),
                "content_hash": event.content_hash,
                "device_time": event.device_time.isoformat() if event.device_time else None,
                "sequence": sequence,
            }
            return Update(CommandRow, event.command, values)
        case e.CommandResolved(resolution=Resolution.DONE):
            outcome = Succeeded(result=event.result).model_dump_json()
            return Update(CommandRow, event.command, {"status": "succeeded", "outcome": outcome, "sequence": sequence})
        case e.CommandResolved():
            return Update(CommandRow, event.command, {"status": "failed", "sequence": sequence})


def _issued(sequence: int, event: e.CommandIssued) -> Put:
    order = event.order
    return Put(
        CommandRow,
        {
            "id": order.command,
            "campaign": _root(order.run),
            "trial": order.run.rpartition(".")[0],
            "run": order.run,
            "step": order.step,
            "instrument": order.instrument,
            "capability": order.capability,
            "arguments": json.dumps(order.arguments),
            "status": "issued",
            "issued_at": _at(event),
            "ended_at": None,
            "outcome": None,
            "content_hash": None,
            "device_time": None,
            "sequence": sequence,
        },
    )


def _root(key: str) -> CampaignId:
    return key.partition(".")[0]


def _at(event: e.Happened) -> str:
    return event.at.isoformat()


def _json(values: Mapping[str, BaseModel]) -> str:
    return json.dumps({name: value.model_dump() for name, value in values.items()})
