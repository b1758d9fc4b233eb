"""The software emergency stop as people see it: who, when, why, and each instrument's answer. Pure."""

from __future__ import annotations

from typing import Any, Literal

from labd.domain.identifiers import InstrumentName
from labd.lifecycles import Laboratory
from labd.lifecycles.instrument import Instrument, InstrumentStatus
from labd.lifecycles.safety import Word

Answer = Literal["obeyed", "not yet", "not safe", "offline"]


def stop_view(state: Laboratory) -> dict[str, Any]:
    """The software emergency stop: whether it holds, who pressed and released it, and each instrument's answer."""
    safety = state.safety
    return {
        "status": safety.status,
        "id": safety.stop,
        "pressed": _word(safety.pressed),
        "released": None if safety.stopped else _word(safety.released),
        "answers": answers(state) if safety.stopped else {},
    }


def answers(state: Laboratory) -> dict[InstrumentName, Answer]:
    """What each instrument has said to the stop that holds."""
    return {it.name: _answer(state, it) for it in state.instruments.values()}


def _word(word: Word | None) -> dict[str, Any] | None:
    return None if word is None else {"by": word.by, "reason": word.reason, "at": word.at.isoformat()}


def _answer(state: Laboratory, it: Instrument) -> Answer:
    if it.status in (InstrumentStatus.OFFLINE, InstrumentStatus.SILENT) or not state.linked:
        return "offline"
    if it.status is InstrumentStatus.ERROR:
        return "not safe"
    return "obeyed" if it.stop >= state.safety.stop else "not yet"
