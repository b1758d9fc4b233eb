"""The room: which instruments there are and which roles they fill."""

from __future__ import annotations

from pydantic import Field, model_validator

from labd.domain.capability import Capability
from labd.domain.envelope import Incompatible, Interlock, JointLimit, RateLimit
from labd.domain.hazard import HazardPolicy
from labd.domain.matter import LabwareType, Location, Stock
from labd.domain.problem import Name
from labd.domain.value import Value


class DriverProcess(Value):
    """How labd starts a driver as a child process; absent when somebody else starts it."""

    type: str
    """`package.module:Class`, a class written with the driver kit."""
    options: dict[str, float | int | str | bool] = {}
    """Given to the class as keyword arguments."""


class Role(Value):
    """What a step may ask of whoever fills it. Bounds here are the workcell's envelope."""

    capabilities: tuple[Capability, ...] = Field(min_length=1)
    costs: dict[Name, float] = {}
    """By capability: what one order costs. Nothing where it is not named."""

    def capability(self, name: str) -> Capability | None:
        """The capability of that name, if the role has it."""
        return next((c for c in self.capabilities if c.name == name), None)


class WorkcellInstrument(Value):
    """A machine in the room, by name."""

    roles: tuple[Name, ...] = Field(min_length=1)
    driver: DriverProcess | None = None
    location: Name | None = None
    """Where labware stands that it works on; None: it works on nothing that stands."""


class Workcell(Value):
    """Roles and the instruments that fill them."""

    name: Name
    title: str = ""
    roles: dict[Name, Role] = Field(min_length=1)
    instruments: dict[Name, WorkcellInstrument] = Field(min_length=1)
    locations: dict[Name, Location] = {}
    labware: dict[Name, LabwareType] = {}
    """The types of labware, by name."""
    stock: dict[Name, Stock] = {}
    joint_limits: tuple[JointLimit, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
    incompatible: tuple[Incompatible, ...] = ()
    interlocks: dict[Name, Interlock] = {}
    hazard: HazardPolicy = HazardPolicy()

    @model_validator(mode="after")
    def _known_roles(self) -> Workcell:
        for name, instrument in self.instruments.items():
            for role in instrument.roles:
                if role not in self.roles:
                    raise ValueError(f"instrument {name} fills the role {role}, which is not among the roles")
        return self

    def filling(self, role: str) -> tuple[str, ...]:
        """The names of the instruments that fill a role, in the order of the file."""
        return tuple(name for name, each in self.instruments.items() if role in each.roles)

    def places(self, name: str) -> tuple[str, ...]:
        """The locations that a name means: the location itself, or those of the group."""
        if name in self.locations:
            return (name,)
        return tuple(each for each, location in self.locations.items() if location.group == name)
