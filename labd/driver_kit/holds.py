"""What keeps an instrument from beginning anything: stops and locks. All but the pause are in the ledger.

| hold | who puts it | who takes it away |
|---|---|---|
| the laboratory's stop | whoever says so on the stop topic | its release there, with this id or a later one |
| the instrument's own stop | a control | a reset |
| the daemon's lock | a control | a control |
| the lock at the machine | the driver's author, `Driver.lock` | `Driver.unlock` |
| the pause | a control | a control, or a restart |
"""

from __future__ import annotations

from labd.driver_kit.ledger import Ledger
from labd.wire.messages import LOCK_LENGTH, Stop, held_by


class Holds:
    """What holds now, first in memory, then on disk: the setters raise `sqlite3.Error` and hold all the same."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stop = Stop.model_validate_json(said) if (said := ledger.word("stop")) else None
        self._reset_releases = ledger.stopped
        self._locks = {name: ledger.word(name) for name in ("lock", "lock_at_the_machine")}
        self.paused = False
        """Takes no order, and goes on with what it has."""

    @property
    def stop(self) -> str:
        """The id of the laboratory's stop; empty where it is not stopped."""
        return self._stop.id if self._stop else ""

    @property
    def stopped(self) -> bool:
        """Whether any stop holds."""
        return self._stop is not None or self._reset_releases

    @property
    def why_stopped(self) -> str:
        """Who stopped it, and what ends that, for a person."""
        own = "stopped; a reset releases it"
        if self._stop is None:
            return own
        whole = f"the laboratory was stopped by {held_by(self._stop.by or 'somebody', self._stop.reason)}"
        return f"{whole}; {own}" if self._reset_releases else whole

    @property
    def lock(self) -> str:
        """Who keeps the instrument, and why; empty where nobody does."""
        return "; ".join(filter(None, self._locks.values()))[:LOCK_LENGTH]

    def take_stop(self, stop: Stop) -> None:
        """Latch the laboratory's stop; of several the latest holds."""
        if stop.id > self.stop:
            self._stop = stop
            self._ledger.keep_word("stop", stop.model_dump_json())

    def release_stop(self, release: Stop) -> None:
        """Release the laboratory's stop, unless that is a later one."""
        if self._stop is not None and self._stop.id <= release.id:
            self._ledger.keep_word("stop", "")
            self._stop = None

    def stop_until_reset(self, *, stopped: bool) -> None:
        """Latch or release the instrument's own stop."""
        if stopped:
            self._reset_releases = True
        self._ledger.latch_stop(stopped=stopped)
        self._reset_releases = stopped

    def keep(self, who: str, *, at_the_machine: bool = False) -> None:
        """Lock the instrument; with nobody, unlock it."""
        name = "lock_at_the_machine" if at_the_machine else "lock"
        if self._locks[name] != who:
            self._locks[name] = who
            self._ledger.keep_word(name, who)
