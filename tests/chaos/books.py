"""The four accounts of a laboratory at rest, read from its files."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from labd.settings import LaboratoryFiles
from tests.chaos.accounts import Books, Line, Row


def read(directory: Path, physical: Path) -> Books:
    """The books of the laboratory in a directory, whose machines log into `physical`."""
    files = LaboratoryFiles(directory)
    ledgers: dict[str, str | None] = {}
    for path in files.drivers.glob("*.sqlite"):
        with closing(_opened(path)) as rows:
            ledgers |= dict(rows.execute("SELECT command, content_hash FROM command"))
    with closing(_opened(files.journal)) as rows:
        events = [json.loads(text) for (text,) in rows.execute("SELECT payload FROM event ORDER BY sequence")]
        commands = {key: Row(*rest) for key, *rest in rows.execute("SELECT id, status, content_hash FROM command")}
        observed = dict(rows.execute("SELECT id, status FROM trial"))
    return Books(_lines(physical), ledgers, events, commands, observed)


def _lines(physical: Path) -> list[Line]:
    """Each log in its own order: between machines there is none that matters."""
    found = []
    for path in sorted(physical.glob("*.jsonl")):
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            found.append(Line(line["event"], line["command"], line["action"], line["moved"].get("value")))
    return found


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)
