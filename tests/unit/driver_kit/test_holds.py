"""What keeps an instrument from working: each hold has its own end, and all but the pause outlive the process."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from labd.driver_kit import Driver
from labd.driver_kit.executor import Executor
from labd.driver_kit.holds import Holds
from labd.driver_kit.instrument import Instrument
from labd.driver_kit.ledger import Ledger
from labd.wire.messages import Stop


def said(stop: str, *, stopped: bool = True) -> Stop:
    return Stop(id=stop, stopped=stopped, by="ada", reason="smoke", at=datetime(2026, 1, 5, tzinfo=UTC))


class Panel(Driver):
    """Has a key that says "local"."""


class Nobody:
    """Listens, and remembers nothing."""

    def accepted(self, command: str, note: str = "") -> None: ...
    def progressed(self, command: str, fraction: float | None, note: str) -> None: ...
    def recorded(self, command: str, note: str = "") -> None: ...
    def changed(self) -> None: ...


def test_each_stop_has_an_end_of_its_own(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "pump.sqlite")
    holds = Holds(ledger)
    assert not holds.stopped
    holds.take_stop(said("S2"))
    holds.take_stop(said("S1"))
    assert holds.stop == "S2", "the latest holds"
    holds.stop_until_reset(stopped=True)
    holds.release_stop(said("S1", stopped=False))
    assert Holds(ledger).stop == "S2", "on disk, and not released by an earlier one"
    holds.release_stop(said("S3", stopped=False))
    assert not holds.stop
    assert Holds(ledger).stopped, "its own stop waits for a reset"
    holds.stop_until_reset(stopped=False)
    assert not Holds(ledger).stopped
    ledger.close()


def test_a_stop_of_the_laboratory_is_not_ended_by_a_reset(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "pump.sqlite")
    holds = Holds(ledger)
    holds.take_stop(said("S1"))
    holds.stop_until_reset(stopped=False)
    assert Holds(ledger).stopped
    assert "ada: smoke" in holds.why_stopped
    ledger.close()


def test_a_lock_at_the_machine_stands_behind_the_daemons_and_outlives_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "pump.sqlite")
    driver = Panel()
    driver.lock("nobody listens yet")

    def executor() -> Executor:
        listener = Nobody()
        return Executor(Instrument(driver, listener.changed), ledger, listener, asyncio.TaskGroup())

    first = executor()
    driver.lock("the front panel")
    first.keep("bob: cleaning")
    assert first.lock == "bob: cleaning; the front panel"
    again = executor()
    assert again.lock == first.lock
    again.keep("")
    assert again.lock == "the front panel"
    driver.unlock()
    assert not again.lock
    ledger.close()
