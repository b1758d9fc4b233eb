"""Rules about an instrument that is held back: by the stop of the whole laboratory, or by somebody who needs it."""

from __future__ import annotations

from datetime import UTC, datetime

from labd.conformance.ordering import expect_refusal, finished
from labd.conformance.presence import speaks_1_1
from labd.conformance.report import Violated
from labd.conformance.subject import Subject
from labd.wire.messages import Control, State, Stop

STOP = "01K0000000000000000000CHEK"
WHO = "labd driver check"


async def laboratory_stop(subject: Subject) -> None:
    """The laboratory is stopped, the driver dies, the broker forgets; then the stop is released."""
    birth = await subject.started()
    speaks_1_1(birth)
    capability = subject.chosen(birth)
    await subject.send_to_all(_stop(stopped=True), retain=True)
    await subject.first(State, _obeys, "Its state does not say that it obeys the stop.")
    await expect_refusal(subject, subject.new_order(capability), "While the laboratory is stopped, an order")
    await subject.forget("stop")
    await subject.kill()
    already = len(subject.said)
    await subject.start()
    forgot = "After a restart, with a broker that has forgotten the stop, it does not obey it any more."
    await subject.first(State, _obeys, forgot, after=already)
    await subject.send_to_all(_stop(stopped=False))
    await subject.ready(after=already)
    await finished(subject, subject.new_order(capability))


def _stop(*, stopped: bool) -> Stop:
    return Stop(id=STOP, stopped=stopped, by=WHO, reason=WHO, at=datetime.now(UTC))


def _obeys(state: State) -> bool:
    return state.stop == STOP and state.status not in ("idle", "busy")


async def lock(subject: Subject) -> None:
    """Somebody takes the instrument for themselves, and gives it back after the driver was started again."""
    birth = await subject.started()
    speaks_1_1(birth)
    capability = subject.chosen(birth)
    await subject.send(Control(action="lock", epoch=1, by=WHO, reason=WHO))
    await subject.first(State, lambda each: each.lock != "", "Its state does not say that it is locked.")
    await expect_refusal(subject, subject.new_order(capability), "While it is locked, an order")
    await subject.kill()
    already = len(subject.said)
    await subject.start()
    locked = await subject.first(State, lambda each: each.status != "offline", "No state came.", after=already)
    if not locked.lock:
        raise Violated("After a restart it is not locked any more.")
    at = len(subject.said)
    await subject.send(Control(action="unlock", epoch=1, by=WHO, reason=WHO))
    await subject.first(State, lambda each: not each.lock, "Its state does not say that it is unlocked.", after=at)
    await finished(subject, subject.new_order(capability))
