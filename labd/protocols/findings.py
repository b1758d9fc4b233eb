"""What is wrong with a file: where, what, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from labd.domain.errors import InvalidInput

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; lines and columns count from 1."""

    line: int
    column: int
    path: str = ""
    """The keys that lead there, with dots: `steps.react.arguments.temperature`."""
    file: str = ""
    """Where it is another file than the one that is checked: a table of points."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a file.

    >>> print(Finding("a.yaml", 12, 9, "steps.wash.role", "There is no role pump.", "Write pumps."))
    a.yaml:12:9: There is no role pump. Write pumps.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    remedy: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        """One line, as compilers write it."""
        mark = "warning: " if self.severity == "warning" else ""
        return f"{self.file}:{self.line}:{self.column}: {mark}{self.message} {self.remedy}".strip()


class InvalidFile(InvalidInput):
    """A file cannot be taken; `findings` has everything that is wrong with it, and the warnings, by line."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


@dataclass(slots=True)
class Findings:
    """Collects what is wrong with one file."""

    file: str
    found: dict[Finding, None] = field(default_factory=dict)
    """In order, each once: a template's mistake is met wherever it is used."""

    def error(self, place: Place, message: str, remedy: str = "") -> None:
        """The file cannot be taken because of this."""
        self._add(place, message, remedy, "error")

    def warning(self, place: Place, message: str, remedy: str = "") -> None:
        """Worth a look; the file is taken."""
        self._add(place, message, remedy, "warning")

    def _add(self, place: Place, message: str, remedy: str, severity: Severity) -> None:
        file = place.file or self.file
        self.found[Finding(file, place.line, place.column, place.path, message, remedy, severity)] = None

    def in_order(self) -> tuple[Finding, ...]:
        """All of them, from the top of the file to its end, and then those in a table of its own."""
        return tuple(sorted(self.found, key=lambda each: (each.file != self.file, each.line, each.column)))

    def refuse_errors(self) -> None:
        """Raises `InvalidFile` if there is an error among the findings."""
        if any(each.severity == "error" for each in self.found):
            raise InvalidFile(self.in_order())


def instead(wrong: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name.

    >>> instead("temprature", ["temperature", "time"])
    'Write temperature.'
    >>> instead("x", ["temperature", "time"])
    'Write one of: temperature, time.'
    """
    names = list(dict.fromkeys(known))
    close = difflib.get_close_matches(wrong, names, n=1)
    if close:
        return f"Write {close[0]}."
    if not names:
        return ""
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"Write one of: {listed}." if len(names) > 1 else f"Write {listed}."
