"""The reference of the life cycles, in Markdown, made of the tables that drive the code."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from labd.lifecycles import approval, campaign, command, instrument, interlock, matter, run, safety, trial
from labd.lifecycles.table import Table

TABLES: tuple[Table[Any], ...] = (
    campaign.TABLE,
    trial.TABLE,
    run.RUN,
    run.STEP,
    command.TABLE,
    instrument.TABLE,
    instrument.SERVICE,
    matter.TABLE,
    safety.TABLE,
    interlock.TABLE,
    approval.TABLE,
)

_HEAD = """\
# Life cycles

Which state may follow which, and on what. Each table below is the one that the code looks into
(`labd/lifecycles/`): what it does not have cannot happen, and is refused with a `TransitionError` that names what is
possible. A way that leads back to its own state is in the table and not in the drawing.
"""


def lifecycles_reference() -> str:
    """The reference of the life cycles."""
    return "\n".join([_HEAD, *(_section(table) for table in TABLES)])


def states(table: Table[Any]) -> dict[StrEnum, str]:
    """What each state of a table says of itself, in the order of the table.

    >>> states(run.STEP)[run.StepStatus.DONE]
    'Its result is here.'
    """
    kind = type(next(iter(table.rows)))
    said = dict(_docstrings(kind))
    return {state: said.get(state.name, "") for state in table.rows}


def _docstrings(kind: type[StrEnum]) -> Iterator[tuple[str, str]]:
    """The text under each member of an enumeration."""
    (body,) = ast.parse(inspect.getsource(kind)).body
    if not isinstance(body, ast.ClassDef):
        raise TypeError(f"{kind} is no class")
    for member, text in zip(body.body, body.body[1:], strict=False):
        match member, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(said))):
                yield name, " ".join(said.split())


def _section(table: Table[Any]) -> str:
    rows = [
        f"| `{state}` | {said} | {_ways(table, state) or 'nothing: this is its end'} |"
        for state, said in states(table).items()
    ]
    head = ["| state | what is true in it | what may happen |", "|---|---|---|"]
    return "\n".join([f"## {table.noun.capitalize()}\n", *_drawing(table), *head, *rows, ""])


def _drawing(table: Table[Any]) -> list[str]:
    """The diagram; none where every state may follow every other, since it would show nothing."""
    if all(set(ways.values()) == set(table.rows) for ways in table.rows.values()):
        return ["Any state may follow any other: the driver says how its instrument is, and not the daemon.\n"]
    return ["```mermaid", table.diagram(), "```\n"]


def _ways(table: Table[Any], state: StrEnum) -> str:
    return ", ".join(f"{trigger} → `{to}`" for trigger, to in table.rows[state].items())
