"""Whether all runs can still come to their ends with the room that places have, so that no two wait for each other.

The banker's algorithm: room is granted only where some order remains in which one run after the other can take all its
ways and leave. Source: E. W. Dijkstra, "Een algorithme ter voorkoming van de dodelijke omarming" (EWD108), 1965.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labd.domain.identifiers import StepName


@dataclass(frozen=True, slots=True)
class Way:
    """A move that a run has yet to make."""

    step: StepName
    labware: str
    places: tuple[str, ...]
    """Any of these will do."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The room that a run has and has yet to take, before its labware leaves."""

    holds: Mapping[str, tuple[str, ...]]
    """By labware: where it stands, and where it is on its way to."""
    ways: tuple[Way, ...] = ()
    """In the order in which they can be taken."""
    stays: frozenset[str] = frozenset()
    """Labware that stands for good where it ends."""

    def moving(self, step: StepName, labware: str, place: str) -> Claim:
        """The claim while that step brings the labware to the place, and keeps both."""
        both = tuple(dict.fromkeys([*self.holds.get(labware, ()), place]))
        return replace(
            self,
            holds={**self.holds, labware: both},
            ways=tuple(each for each in self.ways if each.step != step),
        )


def can_all_finish(room: Mapping[str, int], claims: Sequence[Claim]) -> bool:
    """Whether there is an order in which all runs come to their ends. `room` is how much more fits at each place.

    >>> there = Claim({"a": ("hotel",)}, (Way("go", "a", ("nest",)),))
    >>> back = Claim({"b": ("nest",)}, (Way("back", "b", ("hotel",)),))
    >>> can_all_finish({"hotel": 0, "nest": 0}, [there, back])
    False
    >>> can_all_finish({"hotel": 1, "nest": 0}, [there, back])
    True
    """
    left = list(claims)
    while left:
        for claim in left:
            after = _finished(room, claim)
            if after is not None:
                room = after
                left.remove(claim)
                break
        else:
            return False
    return True


def _finished(room: Mapping[str, int], claim: Claim) -> dict[str, int] | None:
    """The room after the run took all its ways, alone, and left; None where it cannot."""
    free = dict(room)
    at = dict(claim.holds)
    for way in claim.ways:
        here = at.get(way.labware, ())
        fitting = [place for place in way.places if place in here or free.get(place, 0) > 0]
        if not fitting:
            return None
        if fitting[0] not in here:
            free[fitting[0]] -= 1
        _release(free, [place for place in here if place != fitting[0]])
        at[way.labware] = (fitting[0],)
    for labware, places in at.items():
        _release(free, places[:-1] if labware in claim.stays else places)
    return free


def _release(free: dict[str, int], places: Sequence[str]) -> None:
    for place in places:
        free[place] = free.get(place, 0) + 1
