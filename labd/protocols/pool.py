"""The pool: the only points that may be tried, as a list or as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labd.domain.errors import InvalidInput
from labd.domain.problem import Scalar
from labd.protocols.cells import Table
from labd.protocols.compilation import Parameter
from labd.protocols.document import Node
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.points import scalar
from labd.protocols.tables import table_points
from labd.protocols.written import ProtocolWritten


def pool(
    written: ProtocolWritten, table: Table | None, known: Mapping[str, Parameter], findings: Findings
) -> tuple[dict[str, Scalar], ...] | None:
    """The points of the pool in the parameters' units, without those that are wrong; None when there is no pool.

    A `table` of a file of its own takes the place of the pool that the protocol has.
    """
    rows = _rows(written, table, known, findings)
    if rows is None:
        return None
    points: dict[tuple[Scalar, ...], dict[str, Scalar]] = {}
    for place, point in rows:
        if tuple(point.values()) in points:
            findings.warning(place, "This point is in the pool already.", "Take it out.")
        points[tuple(point.values())] = point
    return tuple(points.values())


def _rows(
    written: ProtocolWritten, table: Table | None, known: Mapping[str, Parameter], findings: Findings
) -> Iterator[tuple[Place, dict[str, Scalar]]] | None:
    node = written.entry("pool")
    names = written.names("parameters")
    if table is None and (node is None or written.pool is None):
        return None
    if table is None and node is not None and isinstance(node.value, str):
        if node.block is None:
            findings.error(node.place, "A table needs lines of its own.", "Write `pool: |`, and the table below it.")
            return None
        table = Table(node.value, node.block)
    if table is not None:
        return table_points(table, known, names, findings)
    return _listed(node, known, names, findings) if node is not None else None


def _listed(
    node: Node, known: Mapping[str, Parameter], names: list[str], findings: Findings
) -> Iterator[tuple[Place, dict[str, Scalar]]]:
    if not node.value:
        findings.error(node.place, "The pool is empty.", "Write at least one point, or take the pool out.")
    for row in node.items():
        point = _point(row, known, names, findings)
        if len(point) == len(known):
            yield row.place, point


def _point(row: Node, known: Mapping[str, Parameter], names: list[str], findings: Findings) -> dict[str, Scalar]:
    """The values of a point that are right, by parameter."""
    for name, entry in row.entries():
        if name not in names:
            findings.error(entry.key, f"There is no parameter {name}.", instead(name, names))
    point: dict[str, Scalar] = {}
    for name, parameter in known.items():
        entry_of = row.get(name)
        if entry_of is None:
            findings.error(row.place, f"This point has no {name}.", f"Write {name}: and its value.")
            continue
        try:
            point[name] = scalar(parameter, entry_of.plain())
        except InvalidInput as error:
            findings.error(entry_of.place, error.message, error.hint)
    return point
