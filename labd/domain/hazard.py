"""How dangerous a protocol is, and what a workcell may do."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labd.domain.value import Value

HazardLevel = Literal["low", "medium", "high"]
LEVELS: tuple[HazardLevel, ...] = ("low", "medium", "high")


class Hazard(Value):
    """What a protocol declares of itself. Held against the workcell at load, and a part of what is approved."""

    level: HazardLevel = "low"
    """`medium`: its first run is approved by a person; `high`: by two, of whom one is a safety officer."""
    biosafety_level: int = Field(default=1, ge=1, le=4)
    materials: tuple[str, ...] = ()
    """What it handles, by the names of the workcell's allow-list."""


class HazardPolicy(Value):
    """What a workcell may do."""

    biosafety_level: int = Field(default=1, ge=1, le=4)
    """The highest that it is equipped for."""
    materials: tuple[str, ...] | None = None
    """The allow-list; None: anything."""
    most: HazardLevel = "high"
    """Nothing above this is loaded."""
    screener: str = ""
    """`package.module:function`, asked at load about each protocol; unavailable means hold. Empty: none."""

    def against(self, hazard: Hazard) -> tuple[str, ...]:
        """Why what a protocol declares may not be done here; empty where it may.

        >>> HazardPolicy(materials=("ecoli_k12",)).against(Hazard(biosafety_level=2, materials=("anthrax",)))
        ('it needs biosafety level 2, and this workcell has 1', 'anthrax is not on its list of materials')
        """
        found = []
        if hazard.biosafety_level > self.biosafety_level:
            wanted = f"it needs biosafety level {hazard.biosafety_level}"
            found.append(f"{wanted}, and this workcell has {self.biosafety_level}")
        if LEVELS.index(hazard.level) > LEVELS.index(self.most):
            found.append(f"its hazard is {hazard.level}, and here the most is {self.most}")
        allowed = hazard.materials if self.materials is None else self.materials
        found += [f"{each} is not on its list of materials" for each in hazard.materials if each not in allowed]
        return tuple(found)
