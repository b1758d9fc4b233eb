"""A journal that an earlier release wrote opens, with what it holds, and with the columns that have come since."""

import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from labd.adapters.journal.schema import HEAD, migrate


def test_a_schema_of_before_is_brought_up_to_date_and_keeps_its_rows(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'lab.sqlite'}")
    with engine.begin() as connection:
        first = Config()
        first.set_main_option("script_location", str(resources.files("labd.adapters.journal") / "migrations"))
        first.attributes["connection"] = connection
        command.upgrade(first, "0001")
        connection.exec_driver_sql(
            "INSERT INTO observation (sequence, outcome, campaign, mean, at) VALUES (1, 'yield', 'C', 7.5, 'then')"
        )
    with engine.connect() as connection:
        migrate(connection)
        connection.commit()
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "lab.sqlite")) as rows:
        assert rows.execute("SELECT mean, censored FROM observation").fetchall() == [(7.5, None)]
        assert rows.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
