"""How things look on a terminal: numbers, durations, tables, findings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click


def print_json(document: Any) -> None:
    """One JSON document on standard output, in one line."""
    click.echo(json.dumps(document, ensure_ascii=False))


def number(value: object) -> str:
    """A number in four significant digits; anything else as it is; nothing for None."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def pairs(values: Mapping[str, object], units: Mapping[str, str] | None = None) -> str:
    """`name value unit, ...`"""
    units = units or {}
    return ", ".join(f"{name} {number(value)} {units.get(name, '')}".rstrip() for name, value in values.items())


def plural(count: int, thing: str) -> str:
    """
    >>> plural(1, "file"), plural(0, "error")
    ('1 file', '0 errors')
    """
    return f"{count} {thing}" + "s" * (count != 1)


def since(moment: str, present: str) -> str:
    """How long ago, of two ISO times: `3 min`."""
    seconds = (datetime.fromisoformat(present) - datetime.fromisoformat(moment)).total_seconds()
    return duration(max(seconds, 0.0))


def duration(seconds: float) -> str:
    """
    >>> duration(42), duration(125), duration(7300), duration(200_000)
    ('42 s', '2 min', '2 h 1 min', '2 d 7 h')
    """
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if minutes < 1:
        return f"{seconds:.0f} s"
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h"


def clock(moment: str) -> str:
    """The local time of day of an ISO time; with the date, if that was another day."""
    local = datetime.fromisoformat(moment).astimezone()
    today = datetime.now(UTC).astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table with aligned columns.

    >>> list(table(["name", "n"], [["a", "1"], ["long", "10"]]))
    ['name  n', 'a     1', 'long  10']
    """
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def finding_lines(findings: Iterable[Any]) -> Iterator[str]:
    """What is wrong in a file, one line each: `file:line:column: message; remedy`."""
    for each in findings:
        place = ":".join(str(part) for part in (each.file, each.line, each.column) if part is not None)
        severity = "" if each.severity == "error" else f"{each.severity}: "
        yield f"{place}: {severity}{each.message}" + (f" {each.remedy}" if each.remedy else "")
