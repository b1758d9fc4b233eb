"""How dangerous a protocol is, and what a workcell may do."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labd.domain.value import Value

HazardLevel = Literal["low", "medium", "high"]


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
