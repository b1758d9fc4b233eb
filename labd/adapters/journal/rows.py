"""The tables. Rows, never the domain: what is in them was validated before, and JSON stays JSON."""

from sqlalchemy import Table
from sqlmodel import Field, SQLModel, UniqueConstraint


def table(row: type[SQLModel]) -> Table:
    """The table of a row class, for statements that carry many rows at once."""
    found: Table = row.__table__  # type: ignore[attr-defined]
    return found


class EventRow(SQLModel, table=True):
    """One event: the truth. Triggers refuse any change."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("stream", "version", name="event_stream_version"),)

    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    stream: str
    version: int
    kind: str = Field(index=True)
    schema_version: int
    at: str
    payload: str


class SnapshotRow(SQLModel, table=True):
    """The folded state at a place, so that a restart need not begin at the beginning."""

    __tablename__ = "snapshot"

    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    state: str


class CampaignRow(SQLModel, table=True):
    """Projection: a campaign as it stands."""

    __tablename__ = "campaign"

    id: str = Field(primary_key=True)
    name: str
    protocol_name: str
    protocol: str
    status: str
    note: str = ""
    created_at: str
    sequence: int


class TrialRow(SQLModel, table=True):
    """Projection: a trial as it stands."""

    __tablename__ = "trial"

    id: str = Field(primary_key=True)
    campaign: str = Field(index=True)
    number: int
    status: str
    parameters: str
    method: str
    predicted: str
    outcomes: str | None = None
    achieved: str | None = None
    """The parameters that were read back, as they were; null before the end, and for what is not read back."""
    reason: str = ""
    suggested_at: str
    ended_at: str | None = None
    sequence: int


class CommandRow(SQLModel, table=True):
    """Projection: an order and what became of it; with its result, which is raw data."""

    __tablename__ = "command"

    id: str = Field(primary_key=True)
    campaign: str = Field(index=True)
    trial: str
    run: str = Field(index=True)
    step: str
    instrument: str
    capability: str
    arguments: str
    status: str
    issued_at: str
    ended_at: str | None = None
    outcome: str | None = None
    """As it was reported, or as a person said."""
    content_hash: str | None = None
    device_time: str | None = None
    """When it ended, by the driver's clock; `ended_at` is when the daemon learnt of it."""
    sequence: int


class ObservationRow(SQLModel, table=True):
    """Projection: one outcome of one trial, or one that a person added."""

    __tablename__ = "observation"

    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    outcome: str = Field(primary_key=True)
    campaign: str = Field(index=True)
    trial: str | None = None
    mean: float
    standard_error: float | None = None
    censored: str | None = None
    """`below` or `above`: the truth lies beyond the mean, which is a limit."""
    at: str


class InstrumentRow(SQLModel, table=True):
    """Projection: an instrument as it last was."""

    __tablename__ = "instrument"

    name: str = Field(primary_key=True)
    status: str
    session: str
    descriptor: str | None = None
    sequence: int


class QuarantineRow(SQLModel, table=True):
    """Projection: something that arrived and could not be taken."""

    __tablename__ = "quarantine"

    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str
    topic: str
    reason: str
    excerpt: str
    size_bytes: int


PROJECTIONS: tuple[type[SQLModel], ...] = (
    CampaignRow,
    TrialRow,
    CommandRow,
    ObservationRow,
    InstrumentRow,
    QuarantineRow,
)
