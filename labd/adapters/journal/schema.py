"""The schema and its history: Alembic, asked only when the database is not where this release wants it."""

from __future__ import annotations

from importlib import resources

from sqlalchemy import Connection, inspect, text

from labd.domain.errors import JournalError

HEAD = "0002"
"""The newest revision in `migrations/versions`; a test holds it."""


def migrate(connection: Connection) -> None:
    """Bring the database to `HEAD`, in a transaction that the caller commits. Raises `JournalError` for a database of
    a newer release."""
    found = _revision(connection)
    if found == HEAD:
        return
    from alembic import command  # imported here: half a second that a restart need not wait
    from alembic.config import Config
    from alembic.util import CommandError

    configuration = Config()
    configuration.set_main_option("script_location", str(resources.files(__package__).joinpath("migrations")))
    configuration.attributes["connection"] = connection
    if connection.dialect.name == "sqlite":
        # Python's sqlite3 opens no transaction before DDL, and a schema that is half there would never open again.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        command.upgrade(configuration, "head")
    except CommandError as error:
        raise JournalError(
            f"The journal's schema {found} is not known to this release of labd.",
            "It was written by a newer release: use that one, or a newer one.",
        ) from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
