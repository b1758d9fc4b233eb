"""The journal on a database: SQLModel rows on SQLite or PostgreSQL. The only home of SQLModel."""

from labd.adapters.journal.sql_journal import SqlJournal

__all__ = ["SqlJournal"]
