"""Ids. A root's id is a ULID, drawn by an adapter; a child's id is made of its parent's.

So the id of a command is the same after a replay, and reads as a path:

>>> command_id(run_id(trial_id("01JD3Z", 7), 1), "react", 2)
'01JD3Z.7.1.react.2'
"""

import hashlib
from datetime import datetime

CampaignId = str
TrialId = str
RunId = str
CommandId = str
InstrumentName = str
StepName = str


def trial_id(campaign: CampaignId, number: int) -> TrialId:
    """The id of a campaign's trial, numbered from 1."""
    return f"{campaign}.{number}"


def run_id(trial: TrialId, number: int) -> RunId:
    """The id of a trial's run, numbered from 1; retries and replicates are runs of one trial."""
    return f"{trial}.{number}"


def campaign_of_run(run: RunId) -> CampaignId:
    """The campaign that a run, or a command of one, belongs to.

    >>> campaign_of_run("01JD3Z.7.1")
    '01JD3Z'
    """
    return run.partition(".")[0]


def sample_id(run: RunId, number: int) -> str:
    """The id of a sample of a run, numbered from 1; without a batch there is one."""
    return f"{run}.s{number}"


def command_id(run: RunId, step: StepName, attempt: int) -> CommandId:
    """The id of the order for one attempt at a step of a run."""
    return f"{run}.{step}.{attempt}"


def stop_id(at: datetime, cause: str) -> str:
    """The id of a stop that the laboratory itself pressed at that moment: a ULID made of its cause, and not drawn.

    >>> from datetime import UTC
    >>> stop_id(datetime(2026, 1, 5, tzinfo=UTC), "hood"), stop_id(datetime(2026, 1, 6, tzinfo=UTC), "hood")
    ('01KE5Q86004CA5AQ48S00V2B6Y', '01KE89MX004CA5AQ48S00V2B6Y')
    """
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(hashlib.sha256(cause.encode()).digest()[:10], "big")
    return "".join(_CROCKFORD[number >> place & 31] for place in range(125, -1, -5))


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
