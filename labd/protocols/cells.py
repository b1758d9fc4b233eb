"""Text in CSV, line by line and cell by cell: where each value stands."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from labd.protocols.findings import Findings, Place

_CELL = re.compile(r' *(?:"(?:[^"]|"")*"|[^,]*)(?:,|$)')
"""A value as `csv` reads it, and the comma behind it: `csv` does not say in which column a value stands."""


@dataclass(frozen=True, slots=True)
class Table:
    """CSV text, and where its first line begins; further lines begin in the same column."""

    text: str
    place: Place

    @classmethod
    def of_file(cls, text: str, file: str) -> Table:
        """The table of a file of its own, by which name the findings call it."""
        return cls(text, Place(1, 1, "pool", file))


class Cell(NamedTuple):
    """A value of a table."""

    text: str
    place: Place


def rows_of(table: Table, findings: Findings) -> list[list[Cell]]:
    """The cells of each line that says something, without the lines that are no row."""
    rows = (
        cells_of(line, replace(place, path=f"{place.path}[{row}]"), findings)
        for row, (line, place) in enumerate(lines(table))
    )
    return [each for each in rows if each]


def lines(table: Table) -> Iterator[tuple[str, Place]]:
    """The lines that say something; a spreadsheet leaves empty ones behind, and ones of commas only."""
    for number, line in enumerate(table.text.removeprefix("\ufeff").split("\n")):
        if line.strip(" \t\r,"):
            yield line.removesuffix("\r"), replace(table.place, line=table.place.line + number)


def cells_of(line: str, place: Place, findings: Findings) -> list[Cell] | None:
    """The values of a line, and where each stands; None where the line is no row."""
    try:
        (values,) = csv.reader([line], strict=True, skipinitialspace=True)
    except csv.Error as error:
        remedy = 'Put quotes around the whole of a value, in one line, and write "" for a quote within it.'
        findings.error(place, f"This is no row of a table: {error}.", remedy)
        return None
    begins = (match.start() + len(match[0]) - len(match[0].lstrip()) for match in _CELL.finditer(line))
    return [
        Cell(value.strip(), replace(place, column=place.column + begin))
        for value, begin in zip(values, begins, strict=False)  # behind the last value there is one more, empty match
    ]
