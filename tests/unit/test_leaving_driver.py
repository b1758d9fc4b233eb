"""A driver that is about to end takes no order, and records none: its successor is asked, and gets it."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from labd.domain.command import Order
from labd.driver_kit import Context, Driver, action
from labd.driver_kit.executor import Executor
from labd.driver_kit.instrument import Instrument
from labd.driver_kit.ledger import Ledger


class Oven(Driver):
    """Nothing is asked of it."""

    @action()
    async def heat(self, context: Context, hours: float) -> None:
        raise AssertionError("it was told to leave")


class Said:
    """Keeps what the executor says."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def accepted(self, command: str, note: str = "") -> None:
        self.words.append(f"accepted {command}")

    def progressed(self, command: str, fraction: float | None, note: str) -> None:
        self.words.append(f"progressed {command}")

    def recorded(self, command: str, note: str = "") -> None:
        self.words.append(f"recorded {command}")

    def changed(self) -> None:
        """Of no interest here."""


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "oven.sqlite")) as ledger:
        yield ledger


@pytest.fixture
def executor(ledger: Ledger, said: Said) -> Executor:
    instrument = Instrument(Oven(), said.changed)
    instrument.opening, instrument.trouble = False, ""
    return Executor(instrument, ledger, said, asyncio.TaskGroup())


def order(hours: float) -> Order:
    return Order(
        command="c", run="r", step="s", attempt=1, instrument="oven", capability="heat", arguments={"hours": hours}
    )


def test_an_order_to_a_driver_that_leaves_is_for_its_successor(executor: Executor, said: Said, ledger: Ledger) -> None:
    before = executor.condition[0]
    executor.leave()
    after = executor.condition[0]
    assert (before, after) == ("idle", "busy")
    executor.order(1, order(1.0))
    assert said.words == []
    assert ledger.find("c") is None


@pytest.mark.parametrize("hours", [10**400, -(10**400), float("inf"), float("nan")])
def test_a_number_beyond_all_numbers_is_refused(executor: Executor, said: Said, ledger: Ledger, hours: float) -> None:
    executor.order(1, order(1.0).model_copy(update={"arguments": {"hours": hours}}))
    entry = ledger.find("c")
    assert entry is not None
    assert entry.ended is not None
    assert entry.ended.outcome.kind == "refused"
    assert said.words == ["recorded c"]
