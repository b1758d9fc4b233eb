"""The journal, its snapshots and the first projections."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Text = sa.String


def upgrade() -> None:
    """Create everything; the journal takes no update and no delete."""
    op.create_table(
        "event",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("stream"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("kind"),
        sa.Column("schema_version", sa.Integer, nullable=False),
        *_texts("at", "payload"),
        sa.UniqueConstraint("stream", "version", name="event_stream_version"),
    )
    op.create_index("ix_event_kind", "event", ["kind"])
    op.create_table(
        "snapshot", sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False), *_texts("state")
    )
    _create_projections()
    _refuse_changes()


def _create_projections() -> None:
    op.create_table(
        "campaign", _key(), *_texts("name", "protocol_name", "protocol", "status", "note", "created_at"), _sequence()
    )
    op.create_table(
        "trial",
        _key(),
        *_texts("campaign"),
        sa.Column("number", sa.Integer, nullable=False),
        *_texts("status", "parameters", "method", "predicted"),
        sa.Column("outcomes", Text, nullable=True),
        *_texts("reason", "suggested_at"),
        sa.Column("ended_at", Text, nullable=True),
        _sequence(),
    )
    op.create_index("ix_trial_campaign", "trial", ["campaign"])
    op.create_table(
        "command",
        _key(),
        *_texts("campaign", "trial", "run", "step", "instrument", "capability", "arguments", "status", "issued_at"),
        sa.Column("ended_at", Text, nullable=True),
        sa.Column("outcome", Text, nullable=True),
        sa.Column("content_hash", Text, nullable=True),
        _sequence(),
    )
    op.create_index("ix_command_campaign", "command", ["campaign"])
    op.create_index("ix_command_run", "command", ["run"])
    op.create_table(
        "observation",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("outcome", Text, primary_key=True),
        *_texts("campaign"),
        sa.Column("trial", Text, nullable=True),
        sa.Column("mean", sa.Float, nullable=False),
        sa.Column("standard_error", sa.Float, nullable=True),
        *_texts("at"),
    )
    op.create_index("ix_observation_campaign", "observation", ["campaign"])
    op.create_table(
        "instrument",
        sa.Column("name", Text, primary_key=True),
        *_texts("status", "session"),
        sa.Column("descriptor", Text, nullable=True),
        _sequence(),
    )
    op.create_table(
        "quarantine",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("at", "topic", "reason", "excerpt"),
        sa.Column("size_bytes", sa.Integer, nullable=False),
    )


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER event_no_{change} BEFORE {change.upper()} ON event "
                "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
            )
        # INSERT OR REPLACE deletes without asking the trigger above.
        op.execute(
            "CREATE TRIGGER event_next BEFORE INSERT ON event "
            "WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM event) "
            "OR EXISTS (SELECT 1 FROM event WHERE stream = NEW.stream AND version = NEW.version) "
            "BEGIN SELECT RAISE(ABORT, 'the journal is append-only: not the next event'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_is_append_only()"
    )


def _key() -> sa.Column[str]:
    return sa.Column("id", Text, primary_key=True)


def _sequence() -> sa.Column[int]:
    return sa.Column("sequence", sa.Integer, nullable=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, Text, nullable=False) for name in names]
