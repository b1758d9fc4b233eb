"""A mistake: an edit of a sound file, the place that the finding must point to, and what it must say."""

from collections.abc import Sequence
from typing import NamedTuple

from labd.protocols import Finding

Place = tuple[int, int]


class Case(NamedTuple):
    name: str
    old: str
    new: str
    message: str
    """A part of it."""
    remedy: str
    """A part of it."""
    at: Place | None = None
    """Line and column, where the edit holds no mark."""
    findings: int = 1


def edited(sound: str, old: str, new: str, at: Place | None) -> tuple[str, Place]:
    assert sound.count(old) == 1, f"the edit is not at one place: {old!r}"
    marked = sound.replace(old, new)
    if at is None:
        before = marked.partition("¦")[0]
        at = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    return marked.replace("¦", ""), at


def told(findings: Sequence[Finding], at: Place, message: str, remedy: str) -> None:
    here = [each for each in findings if (each.line, each.column) == at and message in each.message]
    assert here, "\n".join(map(str, findings))
    assert remedy in here[0].remedy, str(here[0])
