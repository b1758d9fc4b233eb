"""Rules about being there: heartbeats, numbers without gaps, and a birth on request. They came with protocol 1.1."""

from __future__ import annotations

from datetime import UTC, datetime

from labd.conformance.ordering import finished
from labd.conformance.report import Skipped, Violated
from labd.conformance.subject import Subject
from labd.wire.messages import Birth, Control, Echo, Heartbeat, Report, State

BEAT = 7
EVERY_S = 5.0


def speaks_1_1(birth: Birth) -> None:
    """Raise `Skipped` for a driver of protocol 1.0."""
    if tuple(map(int, birth.protocol.split("."))) < (1, 1):
        raise Skipped(f"It speaks protocol {birth.protocol}; this came with 1.1.")


def numbered(subject: Subject, session: str) -> list[int]:
    """The numbers of the states and reports of a session, in the order in which they came."""
    kinds = (each for each in subject.said if isinstance(each, State | Report))
    return [each.sequence for each in kinds if each.session == session]


async def numbers_without_gaps(subject: Subject) -> None:
    """The states and reports around an order."""
    birth = await subject.started()
    speaks_1_1(birth)
    already = len(subject.said)
    await finished(subject, subject.new_order(subject.chosen(birth)))
    await subject.ready_again(after=already)
    numbers = numbered(subject, birth.descriptor.session)
    if numbers != list(range(1, len(numbers) + 1)):
        raise Violated(f"The states and reports are numbered {', '.join(map(str, numbers))}.")


async def echoes_heartbeats(subject: Subject) -> None:
    """A heartbeat, while nothing is in hand."""
    birth = await subject.started()
    speaks_1_1(birth)
    beat = Heartbeat(epoch=1, number=BEAT, every_s=EVERY_S, at=datetime.now(UTC))
    await subject.send_to_all(beat)
    echo = await subject.first(Echo, lambda each: each.number == BEAT, "A heartbeat was not echoed.")
    if echo.at != beat.at:
        raise Violated(f"The heartbeat was of {beat.at.isoformat()}, and its echo says {echo.at.isoformat()}.")
    session, last = birth.descriptor.session, max(numbered(subject, birth.descriptor.session), default=0)
    if (echo.session, echo.sequence) != (session, last):
        raise Violated(
            f"The echo is of {echo.sequence} in the session {echo.session}; the last heard was {last} in {session}."
        )


async def rebirth(subject: Subject) -> None:
    """The daemon has missed something, and wants to hear everything again."""
    birth = await subject.started()
    speaks_1_1(birth)
    order = subject.new_order(subject.chosen(birth))
    at = await subject.order(order)
    await subject.outcome(order, after=at)
    await subject.ready_again(after=at)
    already = len(subject.said)
    await subject.send(Control(action="rebirth", epoch=1))
    await subject.first(Birth, lambda _: True, "No descriptor came upon a rebirth.", after=already)
    await subject.first(State, lambda _: True, "No state came upon a rebirth.", after=already)
    await subject.outcome(order, after=already)
