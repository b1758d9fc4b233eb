"""Events of a person's hand on the machines: the stop of all, the lock of one, and what a driver is told to do."""

from __future__ import annotations

from typing import Literal

from labd.domain.happened import ByPerson
from labd.domain.identifiers import CommandId, InstrumentName

# --- the stop


class LaboratoryStopped(ByPerson):
    """Somebody pressed the software emergency stop, here or on the wire: nothing begins until a person releases it."""

    kind: Literal["laboratory_stopped"] = "laboratory_stopped"
    stop: str
    """Its id on the wire."""


class LaboratoryReleased(ByPerson):
    """A person released the stop. Campaigns stay paused until a person resumes each of them."""

    kind: Literal["laboratory_released"] = "laboratory_released"


# --- one instrument, one command


class InstrumentLocked(ByPerson):
    """A person reserved the instrument: what is in hand comes to its end, and nothing else begins."""

    kind: Literal["instrument_locked"] = "instrument_locked"
    instrument: InstrumentName


class InstrumentUnlocked(ByPerson):
    """A person gave the instrument back."""

    kind: Literal["instrument_unlocked"] = "instrument_unlocked"
    instrument: InstrumentName


class InstrumentPaused(ByPerson):
    """A person asked the driver to take no new order; what is in hand goes on."""

    kind: Literal["instrument_paused"] = "instrument_paused"
    instrument: InstrumentName


class InstrumentResumed(ByPerson):
    """A person asked the driver to take orders again."""

    kind: Literal["instrument_resumed"] = "instrument_resumed"
    instrument: InstrumentName


class InstrumentReset(ByPerson):
    """A person asked the driver to leave the stop or the error of this one instrument."""

    kind: Literal["instrument_reset"] = "instrument_reset"
    instrument: InstrumentName


class CancelRequested(ByPerson):
    """A person asked the driver to end what it has in hand; its report says what became of it."""

    kind: Literal["cancel_requested"] = "cancel_requested"
    command: CommandId
