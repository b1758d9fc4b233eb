"""Who proposes the next trials: whose share has had the least of what is its due.

Each trial gives every proposer its share of it, and takes a whole one from who proposed it. Whose credit is the largest
is asked. Nobody is asked who rests, nor who has failed since somebody last answered: the turn passes to the next.
Persons and agents are never asked: they propose when they please, and what is due to them is remembered, up to a bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from labd.domain.problem import PlannerSettings, Share
from labd.lifecycles.replacing import replace

PLANNER = Share(name="planner", kind="planner", share=1.0)
"""Proposes everything, where nobody else is named."""
UNASKED = frozenset({"person", "agent"})
"""The kinds that nobody waits for."""
BOUND = 5.0
"""So many trials of what is due, or was had too early, are remembered."""
PATIENCE = 3
"""After so many failures in a row a proposer rests."""
REST = timedelta(minutes=10)
"""For so long; and for twice as long after each further failure."""
LONGEST = 7
"""Of such doublings: that is most of a day."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a proposer stands."""

    credit: float = 0.0
    """So many trials are its due."""
    failures: int = 0
    """In a row."""
    passed: bool = False
    """Whether it has failed since somebody last answered."""
    rests_until: datetime | None = None
    said: str = ""
    """Why it failed, the last time."""


Standings = Mapping[str, Standing]
"""By the name of the share; of whom nothing is known yet, as if at the beginning."""


def shares(settings: PlannerSettings) -> tuple[Share, ...]:
    """Who proposes."""
    return settings.proposers or (PLANNER,)


def turn(among: Sequence[Share], standings: Standings, most: int, at: datetime) -> tuple[Share, int] | None:
    """Whose turn it is, and how many trials in a row, `most` at most; None where nobody can be asked now."""
    chosen = _first(among, standings, at)
    if chosen is None:
        return None
    count = 0
    while count < most and _first(among, standings, at) == chosen:
        standings = credited(among, standings, [chosen.name])
        count += 1
    return chosen, count


def _first(among: Sequence[Share], standings: Standings, at: datetime) -> Share | None:
    askable = [each for each in among if _is_askable(each, standings.get(each.name, Standing()), at)]
    return max(askable, key=lambda each: standings.get(each.name, Standing()).credit + _part(each, among), default=None)


def _is_askable(share: Share, standing: Standing, at: datetime) -> bool:
    rests = standing.rests_until is not None and standing.rests_until > at
    return share.kind not in UNASKED and not standing.passed and not rests


def _part(share: Share, among: Sequence[Share]) -> float:
    return share.share / sum(each.share for each in among)


def credited(among: Sequence[Share], standings: Standings, by: Sequence[str]) -> dict[str, Standing]:
    """The standings after a trial of each of these, in turn. What is due beyond the bound goes to the others."""
    now = {each.name: standings.get(each.name, Standing()) for each in among}
    for name in by:
        if name not in now:
            continue  # a person without a share takes nothing from anybody
        due = [each for each in among if each.name == name or now[each.name].credit < BOUND]
        for each in due:
            more = _part(each, due) - (each.name == name)
            kept = min(max(now[each.name].credit + more, -BOUND), BOUND)
            now[each.name] = replace(now[each.name], credit=kept)
    return now


def answered(standings: Standings, name: str) -> dict[str, Standing]:
    """The standings after an answer: who has failed before may be asked again, and who answered has not failed."""
    return {
        key: replace(each, passed=False, failures=0, rests_until=None) if key == name else replace(each, passed=False)
        for key, each in standings.items()
    }


def failed(standings: Standings, name: str, why: str, at: datetime) -> dict[str, Standing]:
    """The standings after a proposer could not answer."""
    before = standings.get(name, Standing())
    failures = before.failures + 1
    doublings = min(failures - PATIENCE, LONGEST)
    rests = at + REST * 2**doublings if failures >= PATIENCE else None
    after = replace(before, failures=failures, passed=True, rests_until=rests, said=why)
    return {**standings, name: after}


def rested(standings: Standings) -> dict[str, Standing]:
    """The standings once a person has looked after it: all may be asked again."""
    return {key: replace(each, passed=False, failures=0, rests_until=None) for key, each in standings.items()}
