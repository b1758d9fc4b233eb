"""The schema and its history: Alembic, asked only when the database is not where this release wants it."""

from __future__ import annotations

from importlib import resources

from sqlalchemy import Connection, inspect, text

HEAD = "0001"
"""The newest revision in `migrations/versions`; a test holds it."""


def migrate(connection: Connection) -> None:
    """Bring the database to `HEAD`."""
    if _revision(connection) == HEAD:
        return
    from alembic import command  # imported here: half a second that a restart need not wait
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(resources.files(__package__).joinpath("migrations")))
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
