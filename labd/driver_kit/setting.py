"""The decorator `setting`: a typed, bounded value of the instrument that can be read and written.

    @setting(unit="V", low=0, high=30)
    async def voltage(self) -> float:
        \"\"\"The set point of the output.\"\"\"

    @voltage.set
    async def set_voltage(self, volts: float) -> None: ...

It becomes a telemetry channel `voltage` and a capability `set_voltage`, whose argument has the limits and whose result
is what the instrument says afterwards: what was set and what it took may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar, overload

from labd.domain.capability import Recovery
from labd.domain.errors import InvalidInput

T = TypeVar("T")
Instrument = TypeVar("Instrument")

Read = Callable[[Any], Coroutine[Any, Any, T]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the decorator was given."""

    unit: str
    low: float | None
    high: float | None
    every_s: float
    typical_s: float
    maximum_s: float
    recovery: Recovery


class Setting(Generic[T]):
    """A setting in the class of its driver; of an instance, the coroutine that reads it."""

    def __init__(self, read: Read[T], terms: Terms) -> None:
        self.read, self.terms = read, terms
        self.name: str = getattr(read, "__name__", "")
        self.write: Callable[..., Coroutine[Any, Any, None]] | None = None
        """The coroutine that sets it, once it is declared."""

    def set(
        self, write: Callable[[Instrument, T], Coroutine[Any, Any, None]]
    ) -> Callable[[Instrument, T], Coroutine[Any, Any, None]]:
        """Make a coroutine `async def set_NAME(self, value) -> None` the one that sets it, under its own name.

        Raises `InvalidInput` where that name is the setting's.
        """
        if getattr(write, "__name__", "") == self.name:
            raise InvalidInput(f"What sets {self.name} has the same name.", f"Write `async def set_{self.name}(...)`.")
        self.write = write
        return write

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Callable[[], Coroutine[Any, Any, T]]: ...

    def __get__(self, instance: object | None, owner: type) -> Self | Callable[[], Coroutine[Any, Any, T]]:
        """The setting itself in the class, and its bound reader in an instance."""
        if instance is None:
            return self
        bound: Callable[[], Coroutine[Any, Any, T]] = self.read.__get__(instance, owner)
        return bound


def setting(
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    every_s: float = 10.0,
    typical_s: float = 1.0,
    maximum_s: float = 60.0,
    recovery: Recovery = Recovery.REPEAT,
) -> Callable[[Read[T]], Setting[T]]:
    """Make a coroutine `async def name(self) -> float` a setting; `@name.set` declares what sets it.

    It is read every `every_s` real seconds. `typical_s`, `maximum_s` and `recovery` are those of the capability that
    sets it: to set the same value again is harmless unless you say otherwise.
    """
    terms = Terms(unit, low, high, every_s, typical_s, maximum_s, recovery)
    return lambda read: Setting(read, terms)
