"""Messages as they are on the wire: one short exchange with a pump, for the documents of the wire."""

from __future__ import annotations

from datetime import UTC, datetime

from labd.domain.capability import Capability, Channel, Descriptor, Recovery, Slot
from labd.domain.command import Order, Succeeded
from labd.domain.identifiers import command_id, run_id, trial_id
from labd.domain.value import Value
from labd.wire.messages import (
    Ack,
    Answer,
    Ask,
    Birth,
    Command,
    Control,
    Echo,
    Fetch,
    Heartbeat,
    Reading,
    Report,
    State,
    Stop,
    content_hash,
    order_hash,
)
from labd.wire.topics import PROTOCOL

_SESSION = "01KAF3X7Q5V0W9R2N8T6M4J1CE"
_AT = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)
_A_LITTLE_LATER = datetime(2026, 3, 2, 21, 30, 0, 4000, tzinfo=UTC)
_RUN = run_id(trial_id("01KAF3Y0B7D4S6H8K2P5Z9G3QX", 4), 1)
_COMMAND = command_id(_RUN, "dose", 1)
_OUTCOME = Succeeded(result={"volume": 2.48})
_ORDER = Order(
    command=_COMMAND,
    run=_RUN,
    step="dose",
    attempt=1,
    instrument="pump",
    capability="dispense",
    arguments={"volume": 2.5},
    deadline=datetime(2026, 3, 2, 21, 40, tzinfo=UTC),
)
_IMAGE = "sha256:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
_DISPENSE = Capability(
    name="dispense",
    description="Push a volume out.",
    arguments={"volume": Slot(unit="mL", low=0.1, high=10)},
    results={"volume": Slot(unit="mL")},
    typical_s=12,
    maximum_s=60,
    recovery=Recovery.DISCARD,
    cancellable=True,
)
_PUMP = Descriptor(
    instrument="pump",
    make="Acme",
    model="P-10",
    serial="4711",
    driver="acme_pump",
    driver_version="1.2.0",
    session=_SESSION,
    capabilities=(_DISPENSE,),
    channels=(Channel(name="pressure", unit="kPa", every_s=5),),
    safe_state="the motor is off",
)


def _report(sequence: int, **said: object) -> Report:
    whole = {"command": _COMMAND, "session": _SESSION, "sequence": sequence, "device_time": _AT, **said}
    return Report.model_validate(whole)


EXAMPLES: dict[str, tuple[tuple[str, Value], ...]] = {
    "descriptor": (
        ("birth", Birth(descriptor=_PUMP, protocol=PROTOCOL, epoch=6, ledger="01KAF3X5ZC8R1H7M0Y6W9T3D2Q")),
    ),
    "state": (
        ("busy", State(session=_SESSION, sequence=3, status="busy", commands=(_COMMAND,))),
        ("locked", State(session=_SESSION, sequence=9, status="stopped", message="locked", lock="ada: its tubing")),
        ("lastWill", State(session=_SESSION, sequence=0, status="offline")),
    ),
    "report": (
        ("accepted", _report(2, accepted=True)),
        ("progress", _report(4, progress=0.5, note="half of it is out")),
        (
            "outcome",
            _report(5, outcome=_OUTCOME, content_hash=content_hash(_COMMAND, _OUTCOME), order_hash=order_hash(_ORDER)),
        ),
    ),
    "answer": (("neverSeen", Answer(command=_COMMAND, session=_SESSION, standing="never_seen")),),
    "telemetry": (("reading", Reading(session=_SESSION, device_time=_AT, value=101.3, unit="kPa")),),
    "command": (("order", Command(epoch=7, order=_ORDER)),),
    "ack": (("committed", Ack(command=_COMMAND, content_hash=content_hash(_COMMAND, _OUTCOME))),),
    "ask": (("ask", Ask(command=_COMMAND)),),
    "echo": (("echo", Echo(session=_SESSION, number=42, at=_AT, device_time=_A_LITTLE_LATER, sequence=5)),),
    "control": (
        ("cancel", Control(action="cancel", epoch=7, command=_COMMAND)),
        ("lock", Control(action="lock", epoch=7, by="ada", reason="its tubing is changed")),
        ("rebirth", Control(action="rebirth", epoch=7)),
    ),
    "fetch": (("firstPart", Fetch(blob=_IMAGE, offset=0, length=262_144)),),
    "heartbeat": (("heartbeat", Heartbeat(epoch=7, number=42, every_s=5, at=_AT, protocol=PROTOCOL)),),
    "stop": (("stop", Stop(id="01KAF41M2N6X8B0C3V7S5D9FGH", stopped=True, by="ada", reason="smoke", at=_AT)),),
}
"""By channel: what the message shows, and the message."""
