"""What a driver class declares, and how a wrong declaration is told to its author."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest

from labd.domain.capability import Slot
from labd.domain.errors import InvalidInput
from labd.driver_kit import Context, Driver, Recovery, action, reading


class Balance(Driver):
    make, model, safe_state_description = "Acme", "B1", "the door is closed"

    @action(typical_s=3, maximum_s=30, recovery=Recovery.REPEAT, results={"mass": Slot(unit="g")}, cancellable=True)
    async def weigh(
        self,
        context: Context,
        sample: str,
        mass: Annotated[float, Slot(unit="g", low=0, high=200)],
        times: int = 1,
        mode: Literal["fast", "exact"] = "fast",
        tare: bool | None = None,
        wells: Annotated[list[str], Slot(description="by name")] = [],  # noqa: B006
        more: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Weigh a sample.

        More about it.
        """
        return {"mass": mass}

    @reading(unit="g", every_s=0.5)
    async def mass(self) -> float:
        return 1.0


class BetterBalance(Balance):
    @action()
    async def calibrate(self, context: Context) -> None:
        """Calibrate."""


def test_a_capability_is_read_off_the_signature() -> None:
    descriptor = Balance().descriptor("balance_1", "S")
    (weigh,) = descriptor.capabilities
    assert (descriptor.make, descriptor.model, descriptor.safe_state) == ("Acme", "B1", "the door is closed")
    assert descriptor.driver.endswith(":Balance")
    assert weigh.description == "Weigh a sample."
    assert (weigh.typical_s, weigh.maximum_s, weigh.recovery, weigh.cancellable) == (3, 30, Recovery.REPEAT, True)
    assert weigh.arguments == {
        "sample": Slot(type="string"),
        "mass": Slot(unit="g", low=0, high=200),
        "times": Slot(type="integer", optional=True),
        "mode": Slot(type="string", options=("fast", "exact"), optional=True),
        "tare": Slot(type="boolean", optional=True),
        "wells": Slot(type="array", optional=True, description="by name"),
        "more": Slot(type="object", optional=True),
    }
    assert weigh.results == {"mass": Slot(unit="g")}
    (channel,) = descriptor.channels
    assert (channel.name, channel.unit, channel.every_s) == ("mass", "g", 0.5)


def test_a_derived_class_has_what_its_parent_has() -> None:
    assert [each.name for each in BetterBalance.declaration.capabilities] == ["weigh", "calibrate"]


async def no_context(self: Any, sample: str) -> None: ...
async def no_type(self: Any, context: Context, sample) -> None: ...  # type: ignore[no-untyped-def]
async def wrong_type(self: Any, context: Context, sample: set[str]) -> None: ...
async def many(self: Any, context: Context, *samples: str) -> None: ...
async def contradiction(self: Any, context: Context, sample: Annotated[str, Slot(type="integer")]) -> None: ...
async def bad_default(self: Any, context: Context, mass: Annotated[float, Slot(unit="g", low=0)] = -1) -> None: ...
async def unknown(self: Any, context: Context, sample: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821
def not_async(self: Any, context: Context) -> None: ...


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_context, "the first argument after self must be the context"),
        (no_type, "argument sample has no type"),
        (wrong_type, "cannot cross the wire"),
        (many, "Name each argument"),
        (contradiction, "the annotation says string, the Slot says integer"),
        (bad_default, "the default is -1 g; it must be at least 0 g"),
        (unknown, "an annotation is not known"),
        (not_async, "is not a coroutine"),
    ],
)
def test_a_wrong_declaration_is_an_error_when_the_class_is_made(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as told:
        type("Wrong", (Driver,), {function.__name__: action()(function)})
    assert f"Wrong.{function.__name__}" in str(told.value)


async def fine(self: Any, context: Context) -> None: ...


def test_durations_must_fit() -> None:
    with pytest.raises(InvalidInput, match="maximum_s 1 is less than typical_s 2"):
        type("Wrong", (Driver,), {"fine": action(typical_s=2, maximum_s=1)(fine)})


def test_a_name_must_be_one_of_the_wire() -> None:
    with pytest.raises(InvalidInput, match=r"Wrong\.Fine"):
        type("Wrong", (Driver,), {"Fine": action()(fine)})


def test_who_declares_a_query_writes_one() -> None:
    with pytest.raises(InvalidInput, match=r"Wrong\.fine is declared Recovery\.QUERY, but the class has no query"):
        type("Wrong", (Driver,), {"fine": action(recovery=Recovery.QUERY)(fine)})


async def test_an_action_can_be_called_by_hand() -> None:
    context = Context()
    await context.progress(0.5)
    assert await Balance().weigh(context, "s", 2.0) == {"mass": 2.0}
