"""Alembic's way in: the connection is handed over, there is no ini file and no logging."""

from alembic import context
from sqlmodel import SQLModel

import labd.adapters.journal.rows  # noqa: F401 - fills the metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
with context.begin_transaction():
    context.run_migrations()
