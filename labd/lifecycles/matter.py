"""The life of labware, and the room that places have.

    expected ──room is made──> standing <──arrived, or never left── moving ──> lost
                                   └─────────────ordered─────────────^          │
    from each of them  ── a person says where ──> standing                      │ a person says where
                       ── taken out of the room ──> removed   <─────────────────┘

Labware that moves keeps both its places until it has arrived; labware that is lost keeps them until a person says where
it is. So no robot puts a second plate where the first may stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from labd.domain.identifiers import CommandId, RunId
from labd.domain.workcell import Workcell
from labd.lifecycles.replacing import replace
from labd.lifecycles.table import Table


class LabwareStatus(StrEnum):
    """How labware is."""

    EXPECTED = "expected"
    """It is not in the room yet: there is no room where its run begins."""
    STANDING = "standing"
    """It stands at its place."""
    MOVING = "moving"
    """An order is out to bring it from its place to another."""
    LOST = "lost"
    """Nobody knows whether it is at its place, on its way, or where it should have gone: a person is asked."""
    REMOVED = "removed"
    """It is out of the room."""


_BY_PERSON = {"put": LabwareStatus.STANDING, "remove": LabwareStatus.REMOVED}

TABLE = Table(
    "labware",
    {
        LabwareStatus.EXPECTED: dict(_BY_PERSON),
        LabwareStatus.STANDING: {"order": LabwareStatus.MOVING, **_BY_PERSON},
        LabwareStatus.MOVING: {
            "arrive": LabwareStatus.STANDING,
            "stay": LabwareStatus.STANDING,
            "lose": LabwareStatus.LOST,
            **_BY_PERSON,
        },
        LabwareStatus.LOST: {
            "arrive": LabwareStatus.STANDING,
            "stay": LabwareStatus.STANDING,
            "lose": LabwareStatus.LOST,
            **_BY_PERSON,
        },
        LabwareStatus.REMOVED: {"put": LabwareStatus.STANDING},
    },
)


@dataclass(frozen=True, slots=True)
class Stay:
    """One line of where labware has been."""

    at: datetime
    place: str
    """A location; empty: out of the room, or unknown, as the note says."""
    by: str
    """The order that moved it, or who did."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Labware:
    """A plate, a rack, a vial of one run."""

    id: str
    run: RunId
    name: str
    """By which its protocol calls it."""
    type: str
    place: str
    """Where it stands, or stood last; of what is expected, the location or group where it will stand."""
    status: LabwareStatus = LabwareStatus.EXPECTED
    moving_to: str = ""
    """Where it is to go, or may have gone."""
    moved_by: CommandId = ""
    """The order that is out, or of which nobody knows."""
    wells: dict[str, str] = field(default_factory=dict)
    """Of the labware in which a batch stands: by well, the trial whose sample is there, or the control."""
    history: tuple[Stay, ...] = ()
    version: int = 0

    @property
    def keeps(self) -> tuple[str, ...]:
        """The places where nothing else may be put on its account."""
        if self.status in (LabwareStatus.EXPECTED, LabwareStatus.REMOVED):
            return ()
        return tuple(dict.fromkeys(each for each in (self.place, self.moving_to) if each))

    @property
    def known(self) -> bool:
        """Whether it stands, and everybody knows where."""
        return self.status is LabwareStatus.STANDING


def move(labware: Labware, trigger: str, stay: Stay, *, to: str = "", by: CommandId = "") -> Labware:
    """The labware in its next state, with one more line of history. Raises `TransitionError`."""
    status = TABLE.next(labware.status, trigger)
    under_way = status in (LabwareStatus.MOVING, LabwareStatus.LOST)
    place = stay.place if trigger in ("arrive", "put") else labware.place
    return replace(
        labware,
        status=status,
        place=place,
        moving_to=(to or labware.moving_to) if under_way else "",
        moved_by=(by or labware.moved_by) if under_way else "",
        history=(*labware.history, stay),
    )


# --- room


def room(workcell: Workcell, labware: Iterable[Labware]) -> dict[str, int]:
    """How much more can be put at each location."""
    kept = Counter(place for each in labware for place in each.keeps)
    return {name: location.capacity - kept[name] for name, location in workcell.locations.items()}


def fitting(workcell: Workcell, labware: Labware, to: str) -> tuple[str, ...]:
    """The locations that `to` means, a location or a group, which take this labware."""
    return tuple(
        place for place in workcell.places(to) if labware.type in (workcell.locations[place].accepts or (labware.type,))
    )


def with_room(workcell: Workcell, left: Mapping[str, int], labware: Labware, to: str) -> tuple[str, ...]:
    """Those that have room for it, too; the one where it stands needs none."""
    here = labware.place if labware.known else ""
    return tuple(place for place in fitting(workcell, labware, to) if left[place] > 0 or place == here)
