"""Why a step waits, in one sentence for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from labd.domain.identifiers import InstrumentName
from labd.scheduling.turns import Ahead, Need, Waiting, needs_of


@dataclass(frozen=True, slots=True)
class Machine:
    """An instrument as the scheduler sees it."""

    roles: frozenset[str]
    status: Literal["idle", "busy", "error", "stopped", "offline", "silent"]
    kept: str = ""
    """Why it is given nothing, whatever it says of itself: `locked by ada`; empty where that is not so."""
    doing: str = ""
    """For what it is busy: `measure of trial 3 of mixing`."""
    free_in_s: float | None = None
    """When it is expected to be free again; None where nobody knows."""


class Reason(NamedTuple):
    """Why a step waits."""

    text: str
    """One sentence without a full stop."""
    in_s: float | None = None
    """When that is expected to be over; None where nobody knows."""
    ready: bool = False
    """Whether nothing is lacking."""


def why_waiting(step: Waiting, machines: Mapping[InstrumentName, Machine], before: Ahead = Ahead()) -> Reason:  # noqa: B008 - frozen
    """What of its needs cannot be met, as far as instruments go.

    >>> reactors = {f"reactor_{n}": Machine(frozenset({"reactor"}), "busy", free_in_s=60.0 * n) for n in (1, 2)}
    >>> why_waiting(Waiting("react", "c.1.1", "reactor"), reactors)
    Reason(text='reactor_1 and reactor_2 are busy', in_s=60.0, ready=False)
    """
    lacking = [reason for need in needs_of(step) if (reason := _lacks(need, machines))]
    if not lacking:
        return _about_to_begin(step, machines)
    reason = max(lacking, key=lambda each: float("inf") if each.in_s is None else each.in_s)
    if before.steps and any(it.status == "busy" and step.role in it.roles for it in machines.values()):
        return Reason(f"{reason.text}; {before}")
    return reason


def _about_to_begin(step: Waiting, machines: Mapping[InstrumentName, Machine]) -> Reason:
    names = [
        name for name, it in machines.items() if _is_idle(it) and any(n.met_by(name, it.roles) for n in needs_of(step))
    ]
    if step.also and len(names) <= len(step.also):
        return Reason(f"it needs {len(step.also) + 1} instruments at once, and only {_are(names)} idle")
    return Reason(f"{_are(names)} idle: the step is about to begin", ready=True)


def _lacks(need: Need, machines: Mapping[InstrumentName, Machine]) -> Reason | None:
    """Why a need is not met; None where an idle instrument would do."""
    if need.instrument is not None and need.instrument not in machines:
        return Reason(f"there is no instrument {need.instrument}")
    fitting = {name: machine for name, machine in machines.items() if need.met_by(name, machine.roles)}
    if not fitting:
        who = f"{need.instrument} does not fill" if need.instrument else "no instrument fills"
        return Reason(f"{who} role {need.role}")
    online = {name: machine for name, machine in fitting.items() if machine.status != "offline"}
    if not online and need.instrument:
        return Reason(f"{need.instrument} is offline")
    if not online:
        return Reason(f"no instrument that fills role {need.role} is online")
    if any(_is_idle(machine) for machine in online.values()):
        return None
    return Reason(
        _states(online), min((it.free_in_s for it in online.values() if it.free_in_s is not None), default=None)
    )


def _states(machines: Mapping[InstrumentName, Machine]) -> str:
    kept = {name: machine.kept for name, machine in machines.items() if machine.kept}
    words = {"busy": "busy", "error": "in error", "stopped": "stopped", "silent": "silent"}
    groups = {
        word: [name for name, each in machines.items() if each.status == status and name not in kept]
        for status, word in words.items()
    }
    said = [f"{_are(names)} {word}{_with(machines, names)}" for word, names in groups.items() if names]
    return ", ".join([*said, *(f"{name} is {how}" for name, how in kept.items())])


def _with(machines: Mapping[InstrumentName, Machine], names: Sequence[InstrumentName]) -> str:
    """What a single one of them does."""
    doing = machines[names[0]].doing if len(names) == 1 else ""
    return f" with {doing}" if doing else ""


def _is_idle(machine: Machine) -> bool:
    return machine.status == "idle" and not machine.kept


def _are(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} is"
    return f"{', '.join(names[:-1])} and {names[-1]} are"
