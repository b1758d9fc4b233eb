"""The books, compared: what the instruments did, what the drivers reported, what the journal holds."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import NamedTuple

from labd.domain import events as e
from labd.domain.identifiers import CampaignId
from labd.ports.journal import Journal
from labd.settings import LaboratoryFiles


class Account(NamedTuple):
    """Four independent counts of one campaign."""

    actions_commanded: int
    """Orders in the journal, less those that the driver refused."""
    actions_performed: int
    """Actions that physically began, by the instruments' own logs."""
    results_reported: int
    """Outcomes in the drivers' ledgers."""
    results_recorded: int
    """Outcomes in the journal."""
    unknown: int
    """Orders of which nobody knew whether they happened."""
    events: int
    """Events in the journal."""


async def account(journal: Journal, campaign: CampaignId, files: LaboratoryFiles) -> Account:
    """Count the books of a campaign of a laboratory whose drivers run on this machine."""
    commanded = recorded = refused = unknown = total = 0
    async for recorded_event in journal.read():
        total += 1
        match recorded_event.event:
            case e.CommandIssued(order=order) if order.run.startswith(campaign):
                commanded += 1
            case e.CommandFinished(command=command, outcome=outcome) if command.startswith(campaign):
                recorded += 1
                refused += outcome.kind == "refused"
                unknown += outcome.kind == "unknown"
    return Account(
        commanded - refused, _performed(files, campaign), _reported(files, campaign), recorded, unknown, total
    )


def _performed(files: LaboratoryFiles, campaign: CampaignId) -> int:
    lines = (
        json.loads(line)
        for path in (files.directory / "world" / "physical").glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    return sum(line["event"] == "begun" and line["command"].startswith(campaign) for line in lines)


def _reported(files: LaboratoryFiles, campaign: CampaignId) -> int:
    count = 0
    for path in files.drivers.glob("*.sqlite"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as ledger:
            query = "SELECT count(*) FROM command WHERE outcome IS NOT NULL AND command LIKE ?"
            count += ledger.execute(query, (f"{campaign}.%",)).fetchone()[0]
    return count
