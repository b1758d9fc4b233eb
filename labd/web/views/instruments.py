"""An instrument: what it says of itself, how its clock goes, what it does. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from labd.lifecycles import Laboratory
from labd.lifecycles.command import Command
from labd.lifecycles.instrument import Instrument
from labd.orchestrator.attendance import Presence
from labd.orchestrator.clocks import Skew
from labd.web.views.pieces import View, moment_text, whose

Progress = Mapping[str, tuple[float, str]]
"""By command in hand: how far it is, and what the driver says of it."""


def instrument_view(state: Laboratory, instrument: Instrument, progress: Progress, presence: Presence | None) -> View:
    """An instrument: what it says of itself, and what it does."""
    descriptor = instrument.descriptor
    command = state.commands.get(instrument.command) if instrument.command else None
    return {
        "name": instrument.name,
        "roles": list(instrument.roles),
        "status": instrument.status,
        "message": instrument.message,
        "kept": instrument.kept,
        "locked": instrument.lock is not None,
        "service": instrument.service,
        "withdrawn": instrument.withdrawn,
        "make": descriptor.make if descriptor else "",
        "model": descriptor.model if descriptor else "",
        "version": instrument.version,
        "protocol": presence.protocol if presence else "",
        "heard": moment_text(presence.heard) if presence else None,
        "clock": _clock(presence.skew) if presence and presence.skew else None,
        "doing": None if command is None else _doing(state, instrument, command, progress),
    }


def _clock(skew: Skew) -> View:
    """How the instrument's clock goes, in seconds; a warning where results would be dated wrong."""
    which = "ahead" if skew.ahead_s > 0 else "behind"
    warning = f"its clock is {abs(skew.ahead_s):.0f} s {which} (± {skew.uncertainty_s:.1g} s)" if skew.is_off else ""
    return skew._asdict() | {"uncertainty_s": skew.uncertainty_s, "warning": warning}


def _doing(state: Laboratory, instrument: Instrument, command: Command, progress: Progress) -> View:
    order = command.order
    capability = instrument.descriptor.capability(order.capability) if instrument.descriptor else None
    done, note = progress.get(order.command, (None, ""))
    return {
        "command": order.command,
        "capability": order.capability,
        **whose(state, order.run, order.step),
        "step": order.step,
        "since": command.issued.isoformat(),
        "typical_s": capability.typical_s if capability else None,
        "progress": done,
        "note": note,
        "arguments": order.arguments,
        "status": command.status,
        "cancellable": capability.cancellable if capability else False,
    }
