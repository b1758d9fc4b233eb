"""What an instrument can do: typed arguments and results, with units, bounds, durations and what to do in doubt."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, JsonValue, model_validator

from labd.domain.problem import Censored, Name
from labd.domain.value import Value

Json = JsonValue
"""What crosses the wire as an argument or a result."""


class Recovery(StrEnum):
    """What to do about an action of which nobody knows whether it happened."""

    REPEAT = "repeat"
    """Harmless: the driver does it again by itself."""
    QUERY = "query"
    """The driver can ask the instrument what became of it."""
    DISCARD = "discard"
    """The sample is given up; the trial may start a new run."""
    ASK = "ask"
    """A person decides."""


class Slot(Value):
    """One argument or result of a capability."""

    type: Literal["number", "integer", "string", "boolean", "array", "object", "blob"] = "number"
    """The JSON type of the value; a `blob` is a reference to data, as a large result is."""
    unit: str = ""
    """pint's spelling; empty for a pure number and for what is no number."""
    low: float | None = None
    """The least value that may be ordered, or that a result can have physically, in the unit; none without a limit."""
    high: float | None = None
    """The greatest value that may be ordered, or that a result can have physically; none without a limit."""
    detection: float | None = None
    """Of a result: at or below this the instrument cannot tell; the reading is censored, with this as its limit."""
    saturation: float | None = None
    """Of a result: at or above this the instrument cannot tell; the reading is censored, with this as its limit."""
    reads_back: str = ""
    """Of a result: the argument of which this is the value that was truly reached."""
    tolerance: float | None = Field(default=None, ge=0)
    """Of a result that reads back: further from what was ordered than this deserves a warning; in the unit."""
    options: tuple[str, ...] = ()
    """For a string: the only values."""
    optional: bool = False
    """Whether it may be left out."""
    description: str = ""

    @model_validator(mode="after")
    def _bounds(self) -> Slot:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"the lower bound {self.low:g} is above the upper bound {self.high:g}")
        if self.detection is not None and self.saturation is not None and self.detection >= self.saturation:
            raise ValueError(f"the detection limit {self.detection:g} is not below saturation {self.saturation:g}")
        return self


class Reading(Value):
    """A number in a result that says more of itself: `{"value": 12.0, "unit": "mg", "censored": "above"}`."""

    value: float
    """Of a censored reading: the limit."""
    unit: str = ""
    """Empty: the unit of the slot."""
    censored: Censored | None = None
    """On which side of the limit the truth lies, where the instrument could not tell."""

    @classmethod
    def is_meant(cls, value: Json) -> bool:
        """Whether an entry of a result is a reading in this form, right or wrong."""
        return isinstance(value, dict) and "value" in value and value.keys() <= cls.model_fields.keys()


class Capability(Value):
    """Something that an instrument can be ordered to do."""

    name: Name
    description: str = ""
    arguments: dict[Name, Slot] = {}
    """What an order gives."""
    results: dict[Name, Slot] = {}
    """What a success gives back."""
    typical_s: float = Field(default=1.0, ge=0)
    """How long it usually takes, in seconds of laboratory time."""
    maximum_s: float = Field(default=3600.0, gt=0)
    """Longer than this means that something is wrong."""
    recovery: Recovery = Recovery.ASK
    """What to do when nobody knows whether it happened."""
    cancellable: bool = False
    """Whether it can be cancelled while it runs."""


class Channel(Value):
    """One stream of readings."""

    name: Name
    unit: str = ""
    """pint's spelling."""
    every_s: float = Field(default=1.0, gt=0)
    """Between two readings, in real seconds."""


class Descriptor(Value):
    """What an instrument says of itself at birth."""

    instrument: str
    """Its name in the workcell."""
    make: str = ""
    model: str = ""
    serial: str = ""
    driver: str = ""
    """The name of the driver."""
    driver_version: str = ""
    session: str
    """A ULID, new at each start of the driver process."""
    capabilities: tuple[Capability, ...] = ()
    """What it can be ordered to do."""
    channels: tuple[Channel, ...] = ()
    """What it publishes by itself, as telemetry."""
    safe_state: str = ""
    """What the instrument does when it is told to make itself safe."""

    def capability(self, name: str) -> Capability | None:
        """The capability of that name, if there is one."""
        return next((c for c in self.capabilities if c.name == name), None)
