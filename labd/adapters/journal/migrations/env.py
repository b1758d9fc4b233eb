"""Alembic's way in: the connection is handed over, there is no ini file and no logging."""

from alembic import context
from sqlmodel import SQLModel

import labd.adapters.journal.rows  # noqa: F401 - fills the metadata

if __name__ == "env_py":  # as Alembic loads it; whoever else imports it (a doctest run does) has no connection to give
    context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
    with context.begin_transaction():
        context.run_migrations()
