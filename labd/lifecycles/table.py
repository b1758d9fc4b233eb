"""A life cycle as a table: which state may follow which, and on what. It drives the code and draws the diagram."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from labd.domain.errors import TransitionError

S = TypeVar("S", bound=StrEnum)


class Table(Generic[S]):
    """Rows of `state -> {trigger: next state}`; a state without a way out is terminal."""

    def __init__(self, noun: str, rows: Mapping[S, Mapping[str, S]]) -> None:
        self.noun = noun
        self.rows: Mapping[S, Mapping[str, S]] = MappingProxyType(
            {state: MappingProxyType(dict(ways)) for state, ways in rows.items()}
        )
        self.terminal: frozenset[S] = frozenset(state for state, ways in rows.items() if not ways)

    def next(self, status: S, trigger: str) -> S:
        """The state that follows. Raises `TransitionError` where the table has no such way."""
        try:
            return self.rows[status][trigger]
        except KeyError:
            ways = ", ".join(self.rows[status]) or "nothing: this is its end"
            raise TransitionError(
                f"A {self.noun} that is {status} cannot take {trigger!r}.", f"Possible now: {ways}."
            ) from None

    def allows(self, status: S, trigger: str) -> bool:
        """Whether the table has such a way."""
        return trigger in self.rows[status]

    def diagram(self) -> str:
        """The table as a Mermaid state diagram."""
        first = next(iter(self.rows))
        lines = ["stateDiagram-v2", f"    [*] --> {first}"]
        lines += [f"    {a} --> {b}: {t}" for a, ways in self.rows.items() for t, b in ways.items() if a != b]
        lines += [f"    {state} --> [*]" for state in self.rows if state in self.terminal]
        return "\n".join(lines)
