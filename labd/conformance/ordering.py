"""Rules about orders and outcomes, while everything lives."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

from labd.conformance.report import Skipped, Violated
from labd.conformance.sampling import forbidden
from labd.conformance.subject import Subject
from labd.domain.command import Order, Refused
from labd.wire.messages import Ack, Answer, Ask, Report, State, content_hash, order_hash

SILENCE_MARGIN_S = 0.5
LATE = timedelta(minutes=1)
LONGER_THAN_THE_GAP = 3.0
"""Back-off doubles the gap between two sendings: what was silent for three gaps has stopped."""


async def accepts_and_reports(subject: Subject) -> None:
    """One order, from acceptance to outcome."""
    order = subject.new_order(subject.chosen(await subject.started()))
    await subject.order(order)
    report = await subject.outcome(order)
    if not any(each.accepted for each in subject.reports(order.command)[:1]):
        raise Violated("The outcome came without `accepted` before it.")
    expect_hashes(report, order)
    session = report.session
    numbers = [each.sequence for each in subject.said if isinstance(each, State | Report) and each.session == session]
    if any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
        raise Violated(f"The sequence numbers do not go upwards: {', '.join(map(str, numbers))}.")


def expect_hashes(report: Report, order: Order) -> None:
    """Raise `Violated` when a hash is not that of what was reported."""
    if report.outcome is None:
        raise Violated("The report has no outcome.")
    expected = content_hash(order.command, report.outcome)
    if report.content_hash != expected:
        raise Violated(f"The content hash of the outcome is {report.content_hash or 'missing'}; it must be {expected}.")
    if report.order_hash and report.order_hash != order_hash(order):
        raise Violated(f"The order hash is {report.order_hash}; it must be {order_hash(order)}.")


async def finished(subject: Subject, order: Order, *, epoch: int = 1) -> Report:
    """Order it, wait for its outcome, acknowledge that."""
    already = await subject.order(order, epoch=epoch)
    report = await subject.outcome(order, after=already)
    await subject.send(Ack(command=order.command, content_hash=report.content_hash))
    return report


async def duplicate_moves_nothing(subject: Subject) -> None:
    """The same order again, after its outcome."""
    order = subject.new_order(subject.chosen(await subject.started()))
    first = await finished(subject, order)
    already = await subject.order(order)
    await expect_recorded(subject, order, first, already)


async def expect_recorded(subject: Subject, order: Order, first: Report, already: int) -> None:
    """Raise `Violated` unless the next that is heard of the order is its first outcome, and nothing moved for it."""
    again = await subject.outcome(order, after=already)
    busy = [each for each in subject.said[already:] if isinstance(each, State) and order.command in each.commands]
    reports = subject.reports(order.command, after=already)
    if busy or any(each.accepted or each.progress is not None for each in reports[: reports.index(again)]):
        raise Violated("The second order with the same id was begun again.")
    if again.content_hash != first.content_hash or again.outcome != first.outcome:
        raise Violated(f"The second order with the same id had another outcome: {again.outcome}.")


async def refuses_unknown_capability(subject: Subject) -> None:
    """An order for nothing that the descriptor has."""
    chosen = subject.chosen(await subject.started())
    await expect_refusal(subject, subject.new_order(chosen.model_copy(update={"name": "labd_check_unknown"})))


async def refuses_out_of_bounds(subject: Subject) -> None:
    """Each limit of each argument of each capability, from the other side."""
    birth = await subject.started()
    looked_at = 0
    for capability in birth.descriptor.capabilities:
        for name, value in forbidden(capability):
            looked_at += 1
            what = f"{capability.name} with {name} = {value}"
            await expect_refusal(subject, subject.new_order(capability, **{name: value}), what)
    if not looked_at:
        raise Skipped("No argument in the descriptor has a limit; give it one, and it is looked at.")


async def refuses_what_is_late(subject: Subject) -> None:
    """An order that should have begun a minute ago."""
    chosen = subject.chosen(await subject.started())
    late = subject.new_order(chosen).model_copy(update={"deadline": datetime.now(UTC) - LATE})
    await expect_refusal(subject, late, f"An order that should have begun before {late.deadline:%H:%M:%S}")


async def expect_refusal(subject: Subject, order: Order, what: str = "", *, epoch: int = 1) -> None:
    """Raise `Violated` unless the order is refused and nothing moves."""
    report = await finished(subject, order, epoch=epoch)
    what = what or order.capability
    if any(each.accepted for each in subject.reports(order.command)):
        raise Violated(f"{what} was accepted.")
    if not isinstance(report.outcome, Refused):
        raise Violated(f"{what} was not refused; the outcome is {report.outcome}.")


async def resends_until_acked(subject: Subject) -> None:
    """An outcome that nobody acknowledges."""
    first, gap_s = await _first_sending(subject)
    if gap_s is None:
        raise Violated("An outcome that was not acknowledged was not sent again.")
    if any(each.content_hash != first.content_hash for each in subject.reports(first.command) if each.outcome):
        raise Violated("The outcome that was sent again has another hash.")


async def _first_sending(subject: Subject) -> tuple[Report, float | None]:
    """The outcome of an order, and how many seconds later it was sent again; None when it was not."""
    loop = asyncio.get_running_loop()
    order = subject.new_order(subject.chosen(await subject.started()))
    await subject.order(order)
    first = await subject.outcome(order)
    at, after = loop.time(), subject.said.index(first) + 1
    again = await subject.happens(
        lambda: any(each.outcome for each in subject.reports(order.command, after=after)),
        within_s=subject.choice.patience_s,
    )
    return first, loop.time() - at if again else None


async def stops_resending_after_ack(subject: Subject) -> None:
    """An outcome is acknowledged after it was sent twice."""
    report, gap_s = await _first_sending(subject)
    if gap_s is None:
        raise Skipped("It does not send again what is not acknowledged.")
    await subject.send(Ack(command=report.command, content_hash=report.content_hash))
    already = len(subject.said)
    silence_s = LONGER_THAN_THE_GAP * gap_s + SILENCE_MARGIN_S
    if await subject.happens(lambda: bool(subject.reports(report.command, after=already)), within_s=silence_s):
        raise Violated("An outcome that was acknowledged was sent again.")


async def answers_ask(subject: Subject) -> None:
    """Asked about a command that never was, and about one that was done."""
    order = subject.new_order(subject.chosen(await subject.started()))
    standing = await _answer(subject, order.command)
    if standing != "never_seen":
        raise Violated(f"Of a command that it never saw it says {standing}.")
    first = await finished(subject, order)
    already = len(subject.said)
    await subject.send(Ask(command=order.command))
    again = await subject.outcome(order, after=already)
    if again.content_hash != first.content_hash:
        raise Violated("Asked about a command that was done, it reports another outcome.")


async def _answer(subject: Subject, command: str) -> str:
    """What it says of a command that it never saw."""
    already = len(subject.said)
    await subject.send(Ask(command=command))
    silent = "Asked about a command that it never saw, it says nothing."
    return (await subject.first(Answer, lambda each: each.command == command, silent, after=already)).standing
