"""What an event does to the tables that people query: a pure function from events to row operations."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
from labd.domain import events as e
from labd.domain.identifiers import CampaignId, trial_id
from labd.domain.problem import Measurement
from labd.ports.journal import Recorded


class Insert(NamedTuple):
    """A new row."""

    table: type[SQLModel]
    values: dict[str, Any]


class Update(NamedTuple):
    """New values for the row of that key; nothing where there is none."""

    table: type[SQLModel]
    key: str
    values: dict[str, Any]


class Upsert(NamedTuple):
    """A row by its key, new or not."""

    table: type[SQLModel]
    key: str
    values: dict[str, Any]


Operation = Insert | Update | Upsert

_CAMPAIGN_STATUS = {
    e.CampaignStarted: "running",
    e.CampaignPaused: "paused",
    e.CampaignResumed: "running",
    e.CampaignStopped: "stopped",
    e.CampaignFinished: "finished",
}


def project(recorded: Recorded) -> Iterator[Operation]:  # noqa: C901, PLR0912 - one arm an event
    """The row operations that follow from an event."""
    sequence, event = recorded
    at = event.at.isoformat()
    match event:
        case e.CampaignDrafted():
            yield Insert(
                CampaignRow,
                {
                    "id": event.campaign,
                    "name": event.name,
                    "protocol": _json(event.protocol),
                    "status": "draft",
                    "note": "",
                    "created_at": at,
                    "sequence": sequence,
                },
            )
        case (
            e.CampaignStarted() | e.CampaignPaused() | e.CampaignResumed() | e.CampaignStopped() | e.CampaignFinished()
        ):
            status = _CAMPAIGN_STATUS[type(event)]
            yield Update(CampaignRow, event.campaign, {"status": status, "note": event.reason, "sequence": sequence})
        case e.SuggestionsMade():
            for number, suggestion in enumerate(event.suggestions, event.first):
                yield Insert(
                    TrialRow,
                    {
                        "id": trial_id(event.campaign, number),
                        "campaign": event.campaign,
                        "number": number,
                        "status": "pending",
                        "parameters": json.dumps(suggestion.parameters),
                        "method": suggestion.method,
                        "predicted": json.dumps({k: v.model_dump() for k, v in suggestion.predicted.items()}),
                        "outcomes": None,
                        "reason": "",
                        "suggested_at": at,
                        "ended_at": None,
                        "sequence": sequence,
                    },
                )
        case e.ObservationAdded():
            yield from _observations(sequence, at, event.campaign, None, event.outcomes)
        case e.TrialObserved():
            outcomes = json.dumps({k: v.model_dump() for k, v in event.outcomes.items()})
            yield Update(
                TrialRow,
                event.trial,
                {"status": "observed", "outcomes": outcomes, "reason": "", "ended_at": at, "sequence": sequence},
            )
            yield from _observations(sequence, at, event.trial.partition(".")[0], event.trial, event.outcomes)
        case e.TrialFailed() | e.TrialAbandoned():
            status = "failed" if isinstance(event, e.TrialFailed) else "abandoned"
            yield Update(
                TrialRow,
                event.trial,
                {"status": status, "reason": event.reason, "ended_at": at, "sequence": sequence},
            )
        case e.CommandIssued(order=order):
            yield Insert(
                CommandRow,
                {
                    "id": order.command,
                    "run": order.run,
                    "step": order.step,
                    "instrument": order.instrument,
                    "capability": order.capability,
                    "arguments": json.dumps(order.arguments),
                    "status": "issued",
                    "issued_at": at,
                    "ended_at": None,
                    "outcome": None,
                    "content_hash": None,
                    "sequence": sequence,
                },
            )
        case e.CommandAccepted():
            yield Update(CommandRow, event.command, {"status": "accepted", "sequence": sequence})
        case e.CommandFinished():
            yield Update(
                CommandRow,
                event.command,
                {
                    "status": event.outcome.kind,
                    "ended_at": at,
                    "outcome": _json(event.outcome),
                    "content_hash": event.content_hash,
                    "sequence": sequence,
                },
            )
        case e.CommandResolved():
            status = "succeeded" if event.resolution == "done" else "failed"
            yield Update(CommandRow, event.command, {"status": status, "sequence": sequence})
        case e.InstrumentDescribed():
            described = event.descriptor
            yield Upsert(
                InstrumentRow,
                event.instrument,
                {"session": described.session, "descriptor": _json(described), "sequence": sequence},
            )
        case e.InstrumentStateReported():
            yield Upsert(
                InstrumentRow,
                event.instrument,
                {"status": event.status, "session": event.session, "sequence": sequence},
            )
        case e.MessageQuarantined():
            yield Insert(
                QuarantineRow,
                {
                    "sequence": sequence,
                    "at": at,
                    "topic": event.topic,
                    "reason": event.reason,
                    "excerpt": event.excerpt,
                    "size_bytes": event.size_bytes,
                },
            )
        case _:
            return


def _observations(
    sequence: int, at: str, campaign: CampaignId, trial: str | None, outcomes: dict[str, Measurement]
) -> Iterator[Insert]:
    for name, measured in outcomes.items():
        yield Insert(
            ObservationRow,
            {
                "sequence": sequence,
                "outcome": name,
                "campaign": campaign,
                "trial": trial,
                "mean": measured.mean,
                "standard_error": measured.standard_error,
                "at": at,
            },
        )


def _json(value: BaseModel) -> str:
    return value.model_dump_json()
