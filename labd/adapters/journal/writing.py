"""Row operations as statements: few of them, each with many rows, built once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert, Update
from sqlmodel import SQLModel

from labd.adapters.journal.projections import Operation, Put
from labd.adapters.journal.projections import Update as Change
from labd.adapters.journal.rows import table


def apply(connection: Connection, operations: Iterable[Operation]) -> None:
    """Carry out the operations, those on one row in their order; those of one shape travel as one statement."""
    groups: dict[tuple[str, int, _Shape], list[dict[str, Any]]] = {}
    for turn, op in _in_turns(operations):
        groups.setdefault((str(op.table.__tablename__), turn, _shape(op)), []).append(_bound(op))
    for (_, _, shape), rows in sorted(groups.items(), key=lambda group: group[0][:2]):
        put(connection, _statement(connection.dialect.name, shape), rows)


def put(connection: Connection, statement: Insert | Update, rows: list[dict[str, Any]]) -> None:
    """Carry out a statement for each of these rows, which have the same columns.

    On SQLite what SQLAlchemy would do for each row costs more than the row itself: the text of the statement is made
    once, and the values go past it."""
    if connection.dialect.name != "sqlite":
        connection.execute(statement, rows)
        return
    text, names = _text(connection.dialect, statement, tuple(rows[0]))
    connection.exec_driver_sql(text, [tuple(row[name] for name in names) for row in rows])


@lru_cache(128)
def _text(dialect: Dialect, statement: Insert | Update, columns: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """A statement as SQLite takes it, and the order of its values."""
    made = statement.compile(dialect=dialect, column_keys=columns)
    return str(made), tuple(made.positiontup or ())


def _in_turns(operations: Iterable[Operation]) -> Iterator[tuple[int, Operation]]:
    """Each operation with its turn: what concerns different rows is independent, so a row's n-th operation is in
    turn n; one that concerns all rows of its table has a turn for itself."""
    turns: dict[tuple[type[SQLModel], object], int] = {}
    floors: dict[type[SQLModel], int] = {}
    last: dict[type[SQLModel], int] = {}
    for op in operations:
        key = _key(op)
        if key is None:
            turn = floors[op.table] = last.get(op.table, 0) + 1
        else:
            turn = turns[op.table, key] = max(turns.get((op.table, key), 0), floors.get(op.table, 0)) + 1
        last[op.table] = max(turn, last.get(op.table, 0))
        yield turn, op


def _key(op: Operation) -> object:
    """Of the row; None for all rows."""
    if isinstance(op, Put):
        return tuple(op.values[column.name] for column in table(op.table).primary_key)
    return op.key if op.key is None else (op.key,)


def storable(text: str) -> str:
    """The text without NUL, which PostgreSQL does not take; a payload is JSON and has it escaped.

    >>> storable("a\\x00b")
    'a\N{REPLACEMENT CHARACTER}b'
    """
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


class _Shape(NamedTuple):
    """What operations have in common that travel as one statement."""

    row: type[SQLModel]
    columns: tuple[str, ...]
    keep: tuple[str, ...] | None
    """None for an update."""
    by_key: bool
    by_status: bool


def _shape(op: Operation) -> _Shape:
    if isinstance(op, Put):
        return _Shape(op.table, tuple(op.values), op.keep, by_key=False, by_status=False)
    return _Shape(op.table, tuple(op.values), None, by_key=op.key is not None, by_status=op.status is not None)


def _bound(op: Operation) -> dict[str, Any]:
    values = {name: storable(value) if isinstance(value, str) else value for name, value in op.values.items()}
    if isinstance(op, Change):
        values |= {"of_key": op.key} if op.key is not None else {}
        values |= {"of_status": op.status} if op.status is not None else {}
    return values


@cache
def _statement(dialect: str, shape: _Shape) -> Insert | Update:
    row, columns, keep, by_key, by_status = shape
    into = table(row)
    if keep is not None:
        made = postgresql.insert(into) if dialect == "postgresql" else sqlite.insert(into)
        keys = [column.name for column in into.primary_key]
        changed = {name: made.excluded[name] for name in columns if name not in (*keys, *keep)}
        return made.on_conflict_do_update(index_elements=keys, set_=changed)
    change = update(into).values({name: bindparam(name) for name in columns})
    if by_key:
        change = change.where(into.primary_key.columns[0] == bindparam("of_key"))
    if by_status:
        change = change.where(into.c.status == bindparam("of_status"))
    return change
