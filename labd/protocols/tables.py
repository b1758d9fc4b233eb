"""Points as a table of CSV: a header with the parameters, then a row for each point.

The table stands in the protocol file (`pool: |`) or in a file of its own; each of its mistakes is told where it stands.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Scalar
from labd.protocols.compilation import Parameter
from labd.protocols.document import MAXIMUM_CHARACTERS
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.points import scalar
from labd.protocols.quantities import NUMBER, convert

_CELL = re.compile(r' *(?:"(?:[^"]|"")*"|[^,]*)(?:,|$)')
"""A value as `csv` reads it, and the comma behind it: `csv` does not say in which column a value stands."""
_TITLE = re.compile(r"(.*?)\s*(?:\((.*)\)|\[(.*)\])?")
"""A parameter's name, and its unit in brackets."""


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


class Column(NamedTuple):
    """What a column of the table has the values of."""

    name: str
    parameter: Parameter | None
    """None where the column is wrong: what stands in it cannot be checked."""
    unit: str


def table_points(
    table: Table, known: Mapping[str, Parameter], named: Sequence[str], findings: Findings
) -> Iterator[tuple[Place, dict[str, Scalar]]]:
    """The points of the table in the parameters' units and where they stand, without the rows that are wrong.

    `known` are the sound parameters, `named` the names of all that the protocol has.
    """
    if len(table.text) > MAXIMUM_CHARACTERS:
        findings.error(
            table.place, f"The table has {len(table.text)} characters.", f"Keep it under {MAXIMUM_CHARACTERS}."
        )
        return
    lines = list(_lines(table))
    if len(lines) < 2:
        what = "The table has a header and no point." if lines else "The table is empty."
        example = ", ".join(_title(each) for each in known.values())
        remedy = "Write a row for each point below it." if lines else f"Write `{example}`, and a row for each point."
        findings.error(lines[0][1] if lines else table.place, what, remedy)
    if not lines:
        return
    head = _cells(*lines[0], findings)
    columns = _columns(head, known, named, findings) if head else []
    if not columns:
        return
    for row, (line, place) in enumerate(lines[1:]):
        cells = _cells(line, replace(place, path=f"{place.path}[{row}]"), findings)
        point = _point(cells, columns, findings) if cells else {}
        if len(point) == len(known):
            yield place, {name: point[name] for name in known}


def _lines(table: Table) -> Iterator[tuple[str, Place]]:
    """The lines that say something; a spreadsheet leaves empty ones behind, and ones of commas only."""
    for number, line in enumerate(table.text.removeprefix("\ufeff").split("\n")):
        if line.strip(" \t\r,"):
            yield line.removesuffix("\r"), replace(table.place, line=table.place.line + number)


def _cells(line: str, place: Place, findings: Findings) -> list[Cell] | None:
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


def _columns(
    head: Sequence[Cell], known: Mapping[str, Parameter], named: Sequence[str], findings: Findings
) -> list[Column]:
    columns: list[Column] = []
    for cell in head:
        columns.append(_column(cell, known, named, {each.name for each in columns}, findings))
    for missing in [name for name in named if name not in {each.name for each in columns}]:
        title = _title(known[missing]) if missing in known else missing
        findings.error(head[0].place, f"The table has no column {missing}.", f"Write a column `{title}`.")
    return columns


def _column(
    cell: Cell, known: Mapping[str, Parameter], named: Sequence[str], before: Container[str], findings: Findings
) -> Column:
    match = _TITLE.fullmatch(cell.text)
    name, unit = (match[1], (match[2] or match[3] or "").strip()) if match else (cell.text, "")
    place = replace(cell.place, path=f"{cell.place.path}.{name}")
    parameter = known.get(name)
    if name not in named:
        message = f"There is no parameter {name[:60]}." if name else "This column has no name."
        commas = ";" in name or "\t" in name
        findings.error(place, message, "Put commas between the columns." if commas else instead(name, named))
    elif name in before:
        findings.error(place, f"The column {name} is there twice.", "Keep one of them.")
        parameter = None
    elif parameter is not None and unit and (wrong := _wrong_unit(parameter, unit)):
        findings.error(place, *wrong)
        parameter = None
    return Column(name, parameter, unit or (parameter.unit if parameter else ""))


def _wrong_unit(parameter: Parameter, unit: str) -> tuple[str, str] | None:
    """Why the parameter's values cannot be written in this unit, and the remedy."""
    if isinstance(parameter, Categorical):
        return f"{parameter.name} has options, and they have no unit.", f"Write `{parameter.name}`."
    try:
        convert(1, unit, parameter.unit)
    except InvalidInput as error:
        return error.message, error.hint if parameter.unit else f"Write `{parameter.name}`."
    return None


def _point(cells: Sequence[Cell], columns: Sequence[Column], findings: Findings) -> dict[str, Scalar]:
    """The values of a row that are right, by parameter."""
    if len(cells) != len(columns):
        place = cells[len(columns)].place if len(cells) > len(columns) else cells[0].place
        message = f"The header has {len(columns)} columns, and this row {len(cells)}."
        findings.error(place, message, 'Write a value for each column; one with a comma in it stands in "quotes".')
        return {}
    point: dict[str, Scalar] = {}
    for cell, column in zip(cells, columns, strict=True):
        if column.parameter is None:
            continue
        try:
            point[column.name] = _value(cell.text, column.parameter, column.unit)
        except InvalidInput as error:
            place = replace(cell.place, path=f"{cell.place.path}.{column.name}")
            findings.error(place, error.message, error.hint)
    return point


def _value(text: str, parameter: Parameter, unit: str) -> Scalar:
    if not text:
        raise InvalidInput(f"This point has no {parameter.name}.", "Write its value.")
    if isinstance(parameter, Categorical):
        return scalar(parameter, text)
    if not re.fullmatch(NUMBER, text):
        remedy = f"Write a number; the header says that it is in {unit}." if unit else "Write a number."
        raise InvalidInput(f"{text[:60]!r} is no number.", remedy)
    number = convert(float(text), unit, parameter.unit)
    try:
        return scalar(parameter, int(number) if number.is_integer() else number)
    except InvalidInput as error:
        converted = f"{text} {unit}: " if unit != parameter.unit else ""
        raise InvalidInput(f"{converted}{error.message}", error.hint) from None


def _title(parameter: Parameter) -> str:
    """The parameter as a header says it."""
    return f"{parameter.name} ({parameter.unit})" if parameter.unit else parameter.name
