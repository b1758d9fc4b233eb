"""Why a step waits, in one sentence for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from labd.domain.identifiers import InstrumentName
from labd.scheduling.assignment import Waiting, fits


@dataclass(frozen=True, slots=True)
class Machine:
    """An instrument as the scheduler sees it."""

    roles: frozenset[str]
    status: Literal["idle", "busy", "error", "stopped", "offline", "silent"]
    kept: str = ""
    """Who keeps it for themselves, and why; empty where nobody does."""


def why_waiting(step: Waiting, machines: Mapping[InstrumentName, Machine]) -> str:
    """One sentence without a full stop: what the step waits for.

    >>> reactors = {f"reactor_{n}": Machine(frozenset({"reactor"}), "busy") for n in (1, 2)}
    >>> why_waiting(Waiting("react", "c.1.1", "reactor"), reactors)
    'reactor_1 and reactor_2 are busy'
    """
    if step.instrument is not None and step.instrument not in machines:
        return f"there is no instrument {step.instrument}"
    fitting = {name: machine for name, machine in machines.items() if fits(step, name, machine.roles)}
    if not fitting:
        who = f"{step.instrument} does not fill" if step.instrument else "no instrument fills"
        return f"{who} role {step.role}"
    online = {name: machine.status for name, machine in fitting.items() if machine.status != "offline"}
    if not online and step.instrument:
        return f"{step.instrument} is offline"
    if not online:
        return f"no instrument that fills role {step.role} is online"
    kept = {name: machine.kept for name, machine in fitting.items() if name in online and machine.kept}
    idle = [name for name, status in online.items() if status == "idle" and name not in kept]
    if idle:
        return f"{_are(idle)} idle: the step is about to begin"
    words = {"busy": "busy", "error": "in error", "stopped": "stopped", "silent": "silent"}
    groups = {
        status: [name for name, each in online.items() if each == status and name not in kept] for status in words
    }
    said = [f"{_are(names)} {words[status]}" for status, names in groups.items() if names]
    return ", ".join([*said, *(f"{name} is locked by {who}" for name, who in kept.items())])


def _are(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} is"
    return f"{', '.join(names[:-1])} and {names[-1]} are"
