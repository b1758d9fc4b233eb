"""A setting: read, set within its limits, read back. mypy judges `typed`: an `ignore` without need is an error."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, assert_type

import pytest

from labd.domain.capability import Slot
from labd.domain.errors import InvalidInput
from labd.driver_kit import Context, Driver, Recovery, setting
from labd.driver_kit.driver import carried_out


class Supply(Driver):
    def __init__(self) -> None:
        self.volts, self.range = 0.0, "low"

    @setting(unit="V", low=0, high=30, every_s=2)
    async def voltage(self) -> float:
        """The set point of the output."""
        return self.volts

    @voltage.set
    async def set_voltage(self, volts: float) -> None:
        self.volts = round(volts, 1)  # as coarse as its converter

    @setting(typical_s=3, recovery=Recovery.ASK)
    async def span(self) -> Literal["low", "high"]:
        return "low" if self.range == "low" else "high"

    @span.set
    async def set_span(self, span: Literal["low", "high"]) -> None:
        """Switch the relay."""
        self.range = span


async def typed(supply: Supply) -> None:
    """Never called: mypy reads it."""
    assert_type(await supply.voltage(), float)
    await supply.set_voltage("5 V")  # type: ignore[arg-type]
    await supply.set_span("middle")  # type: ignore[arg-type]

    class Wrong(Supply):
        @setting(unit="A")
        async def current(self) -> float:
            return 0.0

        @current.set  # type: ignore[arg-type]
        async def set_current(self, amperes: str) -> None: ...


def test_a_setting_is_a_channel_and_a_capability() -> None:
    descriptor = Supply().descriptor("supply", "S")
    assert [(each.name, each.unit, each.every_s) for each in descriptor.channels] == [
        ("voltage", "V", 2),
        ("span", "", 10),
    ]
    voltage, span = descriptor.capabilities
    assert (voltage.name, voltage.description) == ("set_voltage", "The set point of the output.")
    assert voltage.arguments == {"voltage": Slot(unit="V", low=0, high=30)}
    assert voltage.results == {"voltage": Slot(unit="V", reads_back="voltage")}
    assert (voltage.recovery, span.recovery, span.typical_s) == (Recovery.REPEAT, Recovery.ASK, 3)
    assert (span.description, span.arguments["span"].options) == ("Switch the relay.", ("low", "high"))


async def test_what_it_took_is_the_result() -> None:
    supply = Supply()
    assert await carried_out(supply, "set_voltage", Context(), {"voltage": 4.96}) == {"voltage": 5.0}
    assert await supply.voltage() == 5.0
    await supply.set_voltage(3.0)
    assert supply.volts == 3.0


async def reads(self: Any) -> float:
    return 0.0


async def reads_anything(self: Any): ...  # type: ignore[no-untyped-def]
async def reads_text(self: Any) -> str:
    return ""


def reads_at_once(self: Any) -> float:
    return 0.0


async def sets(self: Any, value: float) -> None: ...
async def sets_nothing(self: Any) -> None: ...
async def sets_text(self: Any, value: str) -> None: ...


@pytest.mark.parametrize(
    ("read", "write", "limits", "message"),
    [
        (reads, None, {}, r"Wrong\.level cannot be set\. Write `@level\.set` on `async def set_level"),
        (reads_anything, sets, {}, r"Wrong\.level, what it returns has no type"),
        (reads_at_once, sets, {}, r"Wrong\.level is not a coroutine"),
        (reads, sets_nothing, {}, r"Wrong\.sets_nothing does not take one value"),
        (reads, sets_text, {}, r"Wrong\.sets_text: what is set is not of the type that level returns"),
        (reads_text, sets_text, {"high": 3}, r"Wrong\.level: low and high are for numbers; it is a string"),
        (reads, sets, {"low": 3, "high": 1}, r"the lower bound 3 is above the upper bound 1"),
    ],
)
def test_a_wrong_setting_is_an_error_where_it_is_declared(
    read: Callable[[Any], Awaitable[Any]], write: Any, limits: dict[str, float], message: str
) -> None:
    made: Any = setting(**limits)(read)  # type: ignore[arg-type]
    if write is not None:
        made.set(write)
    with pytest.raises(InvalidInput, match=message):
        type("Wrong", (Driver,), {"level": made})


def test_what_sets_it_has_a_name_of_its_own() -> None:
    with pytest.raises(InvalidInput, match="has the same name"):
        setting()(reads).set(reads)  # type: ignore[arg-type]
