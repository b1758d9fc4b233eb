"""What events make of the room: its instruments, one by one or all at once."""

from __future__ import annotations

from collections.abc import Callable

from labd.domain import events as e
from labd.domain.errors import NotFound, TransitionError
from labd.domain.identifiers import InstrumentName
from labd.domain.workcell import Workcell
from labd.lifecycles import command as commands
from labd.lifecycles.fold.interlocks import interlocks_of
from labd.lifecycles.instrument import TABLE as INSTRUMENT
from labd.lifecycles.instrument import Instrument, InstrumentStatus, Lock
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.register import Register
from labd.lifecycles.replacing import replace


def furnish(state: Laboratory, workcell: Workcell) -> Laboratory:
    """The room as the workcell has it; what is out on an instrument stays with it."""
    out = {it.order.instrument: key for key, it in state.commands.items() if it.status in commands.OUT}
    instruments = {
        name: replace(
            state.instruments.get(name, Instrument(name, command=out.get(name))),
            roles=tuple(each.roles),
            version=state.version,
        )
        for name, each in workcell.instruments.items()
    }
    interlocks = interlocks_of(state, workcell)
    return replace(state, workcell=workcell, instruments=Register(instruments), interlocks=interlocks)


def change_instrument(
    state: Laboratory, name: InstrumentName, change: Callable[[Instrument], Instrument]
) -> Laboratory:
    """The state with one instrument changed. Raises `NotFound`."""
    if name not in state.instruments:
        raise NotFound(f"The workcell has no instrument {name!r}.", "Add it to the workcell file.")
    changed = replace(change(state.instruments[name]), version=state.version)
    return replace(state, instruments=state.instruments | {name: changed})


def report_state(state: Laboratory, event: e.InstrumentStateReported) -> Laboratory:
    """The instrument as its driver says that it is."""

    def change(it: Instrument) -> Instrument:
        status = INSTRUMENT.next(it.status, event.status)
        return replace(
            it,
            status=status,
            session=event.session,
            in_hand=event.commands,
            message=event.message,
            stop=event.stop,
            held=event.lock,
        )

    return change_instrument(state, event.instrument, change)


def lock(state: Laboratory, event: e.InstrumentLocked) -> Laboratory:
    """The instrument, reserved. Raises `TransitionError` where another person has it."""

    def change(it: Instrument) -> Instrument:
        if it.lock is not None and it.lock.by != event.by:
            raise TransitionError(
                f"{it.name} is locked by {it.lock.text}.", "Ask them; whoever gives it back says why."
            )
        return replace(it, lock=Lock(event.by, event.reason), given_back=it.lock.text if it.lock else it.given_back)

    return change_instrument(state, event.instrument, change)


def unlock(state: Laboratory, event: e.InstrumentUnlocked) -> Laboratory:
    """The instrument, given back. Raises `TransitionError` where nobody has reserved it."""

    def change(it: Instrument) -> Instrument:
        if it.lock is None:
            at_the_machine = f" It is held at the machine: {it.held}." if it.held else ""
            raise TransitionError(f"{it.name} is not locked.{at_the_machine}", "There is nothing to give back here.")
        return replace(it, lock=None, given_back=it.lock.text)

    return change_instrument(state, event.instrument, change)


def fall_silent(state: Laboratory, event: e.InstrumentFellSilent) -> Laboratory:
    """The instrument, of which nobody knows how it is. Raises `TransitionError` where it is known to be offline."""

    def change(it: Instrument) -> Instrument:
        if it.status is InstrumentStatus.OFFLINE:
            raise TransitionError(f"{it.name} is offline.", "It was its driver's last word.")
        since = event.since.isoformat(timespec="seconds")
        return replace(it, status=InstrumentStatus.SILENT, message=f"nothing was heard of it since {since}")

    return change_instrument(state, event.instrument, change)


def contest(state: Laboratory, event: e.InstrumentContested) -> Laboratory:
    """The instrument, which is given no order while several drivers would take it."""
    message = (
        f"{len(event.sessions)} drivers speak under this name ({', '.join(event.sessions)}): end all but one of them"
    )
    return change_instrument(
        state, event.instrument, lambda it: replace(it, status=InstrumentStatus.ERROR, message=message)
    )
