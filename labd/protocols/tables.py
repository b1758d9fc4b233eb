"""Points as a table of CSV: a header with the parameters, then a row for each point.

The table stands in the protocol file (`pool: |`) or in a file of its own; each of its mistakes is told where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Scalar
from labd.protocols.cells import Cell, Table, cells_of, lines
from labd.protocols.compilation import Parameter
from labd.protocols.document import MAXIMUM_CHARACTERS
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.points import scalar
from labd.protocols.quantities import NUMBER, convert

_TITLE = re.compile(r"(.*?)\s*(?:\((.*)\)|\[(.*)\])?")
"""A parameter's name, and its unit in brackets."""


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
    said = list(lines(table))
    if len(said) < 2:
        what = "The table has a header and no point." if said else "The table is empty."
        example = ", ".join(_title(each) for each in known.values())
        remedy = "Write a row for each point below it." if said else f"Write `{example}`, and a row for each point."
        findings.error(said[0][1] if said else table.place, what, remedy)
    if not said:
        return
    head = cells_of(*said[0], findings)
    columns = _columns(head, known, named, findings) if head else []
    if not columns:
        return
    for row, (line, place) in enumerate(said[1:]):
        cells = cells_of(line, replace(place, path=f"{place.path}[{row}]"), findings)
        point = _point(cells, columns, findings) if cells else {}
        if len(point) == len(known):
            yield place, {name: point[name] for name in known}


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
