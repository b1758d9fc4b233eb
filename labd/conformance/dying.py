"""Rules about deaths, of the driver and of daemons, and about what no daemon would send."""

from __future__ import annotations

from datetime import UTC, datetime

from labd.conformance.ordering import expect_recorded, expect_refusal, finished
from labd.conformance.report import Skipped, Violated
from labd.conformance.subject import Subject
from labd.domain.capability import Capability, Recovery
from labd.domain.command import Order, Unknown
from labd.wire.messages import Ack, Answer, Ask, Birth, Report, State
from labd.wire.topics import TO_DRIVER

LATER_EPOCH = 5
RUBBISH = (
    b"",
    b"\x00\xff\xfe",
    b"{",
    b"null",
    b"[]",
    b"17",
    b'{"epoch": -1}',
    b'{"command": null}',
    b"[" * 100_000,
    b'{"epoch": 1, "order": {"command": 1, "capability": [], "arguments": "none"}}',
)
"""No message of the wire, on whichever topic; some of it is JSON."""


async def last_will(subject: Subject) -> None:
    """`kill -9`, and another start."""
    birth = await subject.started()
    session, already = birth.descriptor.session, len(subject.said)
    await subject.kill()
    will = await subject.first(
        State, lambda each: each.status == "offline", "It was killed, and its state is not offline.", after=already
    )
    if will.session != session:
        raise Violated(f"The last will is of the session {will.session}; the descriptor's is {session}.")
    if await subject.retained("state") != will:
        raise Violated("The last will is not retained.")
    if (await subject.started()).descriptor.session == session:
        raise Violated("The next process has the same session.")


async def stale_epoch_refused(subject: Subject) -> None:
    """An order of a daemon, then one of an earlier daemon, before and after a restart."""
    capability = subject.chosen(await subject.started())
    await finished(subject, subject.new_order(capability), epoch=LATER_EPOCH)
    await expect_refusal(subject, subject.new_order(capability), "An order of an earlier daemon", epoch=LATER_EPOCH - 1)
    await subject.kill()
    await subject.started()
    what = "After a restart, an order of an earlier daemon"
    await expect_refusal(subject, subject.new_order(capability), what, epoch=LATER_EPOCH - 1)


async def rubbish_survived(subject: Subject) -> None:
    """Rubbish on all topics, then an order."""
    capability = subject.chosen(await subject.started())
    for leaf in TO_DRIVER:
        for payload in RUBBISH:
            await subject.publish(leaf, payload)
    await finished(subject, subject.new_order(capability))


async def restart_in_the_middle(subject: Subject) -> None:
    """Killed while a command is in hand, and started again."""
    capability = subject.chosen(await subject.started())
    order = subject.new_order(capability)
    await subject.order(order)
    await subject.first(Report, lambda each: each.command == order.command, "The order was not accepted.")
    await subject.kill()
    killed_at = datetime.now(UTC)
    _expect_unfinished(subject, order)
    already = len(subject.said)
    await subject.start()
    report = await _remembered(subject, order, already)
    if report.device_time < killed_at:
        raise Skipped(f"{capability.name} was over before the driver could be killed: choose one that takes longer.")
    _expect_recovery(subject, capability, report, already)
    await subject.send(Ack(command=order.command, content_hash=report.content_hash))
    await subject.ready(after=already)
    await expect_recorded(subject, order, report, await subject.order(order))


async def _remembered(subject: Subject, order: Order, already: int) -> Report:
    """The outcome after the restart. A daemon asks for it as soon as the driver is back."""
    await subject.first(Birth, lambda _: True, "No descriptor came after the restart.", after=already)
    await subject.send(Ask(command=order.command))
    try:
        return await subject.outcome(order, after=already)
    except Violated:
        answers = [each.standing for each in subject.said[already:] if isinstance(each, Answer)]
        if "never_seen" in answers:
            raise Violated("Killed after it had accepted an order, it says that it never saw it.") from None
        raise


def _expect_unfinished(subject: Subject, order: Order) -> None:
    if any(each.outcome for each in subject.reports(order.command)):
        raise Skipped(f"{order.capability} was over before the driver could be killed: choose one that takes longer.")


def _expect_recovery(subject: Subject, capability: Capability, report: Report, already: int) -> None:
    """Raise `Violated` when it did what the capability does not declare."""
    if capability.recovery in (Recovery.REPEAT, Recovery.QUERY):
        return
    if any(each.accepted or each.progress is not None for each in subject.reports(report.command, after=already)):
        raise Violated(f"It began {capability.name} again by itself; its recovery is {capability.recovery}.")
    if not isinstance(report.outcome, Unknown):
        raise Violated(f"Nobody can know what became of it, and it reports {report.outcome}.")
