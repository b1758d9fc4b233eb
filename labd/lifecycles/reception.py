"""What a message from an instrument means: events to record, and answers that need no event.

A report is recognised by its command and its content hash: the same again is acknowledged again and ignored; another
content under a command that has ended goes into quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labd.domain import events as e
from labd.domain.command import Failed, FailureKind, Outcome, Refused, Succeeded, Unknown
from labd.domain.effects import Effect, Record, SendAck, SendAsk
from labd.lifecycles.command import OUT, Command, CommandStatus
from labd.lifecycles.holding import corrected
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.plausibility import Judgement, judge, wells_alone
from labd.wire.decoding import FromDriver
from labd.wire.messages import Answer, Birth, Report, State, content_hash, order_hash

KEPT = 65_536
"""So many characters of a valid message stay readable in quarantine."""


def receive(
    state: Laboratory, instrument: str, body: FromDriver, at: datetime, recorded: str | None
) -> Iterator[Effect]:
    """What follows from a valid message. `recorded` is the content hash that the journal holds for a final report whose
    command is no longer in the state, or None."""
    if objection := _objection(state, instrument, body, recorded):
        yield from _quarantine_once(state, at, instrument, body, objection)
        return
    match body:
        case Birth():
            if body.epoch > state.epoch:
                yield Record(e.EpochRaised(at=at, instrument=instrument, epoch=body.epoch + 1))
            known = state.instruments[instrument]
            if (known.descriptor, known.ledger) != (body.descriptor, body.ledger):
                yield Record(
                    e.InstrumentDescribed(at=at, instrument=instrument, descriptor=body.descriptor, ledger=body.ledger)
                )
            else:  # the same process, back on the wire: what was sent meanwhile did not reach it
                out = (it.order for it in state.commands.values() if it.status in OUT)
                yield from (SendAsk(instrument, order.command) for order in out if order.instrument == instrument)
        case State():
            yield from _state(state, instrument, body, at)
        case Report(outcome=None):
            if body.accepted and _status(state, instrument, body.command) is CommandStatus.ISSUED:
                accepted = e.CommandAccepted(
                    at=at, command=body.command, session=body.session, device_time=body.device_time
                )
                yield Record(accepted)
        case Report(outcome=outcome) if outcome is not None:
            yield from _outcome(state, instrument, body, outcome, at, recorded)
        case Answer():
            yield from _answer(state, instrument, body, at)


def _objection(state: Laboratory, instrument: str, body: FromDriver, recorded: str | None) -> str:
    """Why whoever speaks cannot be the instrument's driver; empty where it can.

    Without an access list a broker lets each client speak under each name, and does not say who it was. What is not of
    the session that the instrument was born in settles nothing and is not acknowledged: the instrument's own driver
    sends it again, after its birth.
    """
    known = state.instruments.get(instrument)
    if known is None:
        return "" if _is_owed(state, body, recorded) else f"the workcell has no instrument {instrument!r}"
    born = known.descriptor.session if known.descriptor else "none yet"
    if isinstance(body, Report | Answer) and body.session != born:
        return f"it is of the session {body.session!r}, and {instrument} was born in {born!r}: who speaks in its name?"
    return ""


def _is_owed(state: Laboratory, body: FromDriver, recorded: str | None) -> bool:
    """Whether the body speaks of an order of ours, which counts also from an instrument that has left the workcell."""
    return isinstance(body, Report | Answer) and (body.command in state.commands or recorded is not None)


def needs_journal(state: Laboratory, body: FromDriver) -> bool:
    """Whether `receive` wants to know what the journal holds for this message's command."""
    return isinstance(body, Report) and body.outcome is not None and body.command not in state.commands


def _state(state: Laboratory, instrument: str, body: State, at: datetime) -> Iterator[Effect]:
    known = state.instruments[instrument]
    if body.status == "offline" and known.session and body.session != known.session:
        return  # the last will of an earlier life
    yield from corrected(state, instrument, body, at)
    said = (body.status, body.session, body.commands, body.message, body.stop, body.lock)
    if said == (known.status, known.session, known.in_hand, known.message, known.stop, known.held):
        return
    yield Record(
        e.InstrumentStateReported(
            at=at,
            instrument=instrument,
            session=body.session,
            status=body.status,
            commands=body.commands,
            message=body.message,
            stop=body.stop,
            lock=body.lock,
        )
    )


def _outcome(
    state: Laboratory, instrument: str, body: Report, outcome: Outcome, at: datetime, recorded: str | None
) -> Iterator[Effect]:
    said = content_hash(body.command, outcome)
    if said != body.content_hash:
        reason = f"the content hash of {body.command!r} does not fit the content"
        yield from _quarantine_once(state, at, instrument, body, reason)
        return
    command = state.commands.get(body.command)
    known = command.content_hash if command else recorded
    if command is None and recorded is None:
        yield _quarantine(at, instrument, body, f"no command {body.command!r} was ever issued")
        yield SendAck(instrument, body.command, body.content_hash)
    elif command is not None and command.order.instrument != instrument:
        reason = f"the command {body.command!r} was given to {command.order.instrument}"
        yield from _quarantine_once(state, at, instrument, body, reason)
    elif command is not None and (command.status in OUT or _settles_doubt(command, body, outcome)):
        yield from _finished(state, command, body, outcome, at)
    elif known == body.content_hash:
        yield SendAck(instrument, body.command, body.content_hash, repeat=True)
    else:
        yield _quarantine(at, instrument, body, "another outcome of this command is recorded already")
        yield SendAck(instrument, body.command, body.content_hash)


def _finished(state: Laboratory, command: Command, body: Report, outcome: Outcome, at: datetime) -> Iterator[Effect]:
    if body.order_hash and body.order_hash != order_hash(command.order):
        message = "the driver did another order under this id, long ago; for this one nothing moved"
        yield _quarantine(at, command.order.instrument, body, message)
        outcome = Refused(message=message, reason="not_ready")
    judged = Judgement()
    if isinstance(outcome, Succeeded):
        outcome = outcome.model_copy(update={"result": wells_alone(outcome.result)})
        judged = judge(state, command, outcome.result, body)
        if judged.failed:
            yield _quarantine(at, command.order.instrument, body, judged.failed)
            outcome = Failed(failure=FailureKind.VALIDATION, message=judged.failed)
    yield Record(
        e.CommandFinished(
            at=at,
            command=body.command,
            instrument=command.order.instrument,
            outcome=outcome,
            content_hash=body.content_hash,
            session=body.session,
            device_time=body.device_time,
            taken=judged.taken,
            doubt=judged.doubt,
        )
    )


def _settles_doubt(command: Command, body: Report, outcome: Outcome) -> bool:
    """Whether the driver now knows what nobody knew, before a person said what became of it."""
    doubtful = command.status is CommandStatus.UNKNOWN and body.content_hash != command.content_hash
    return doubtful and not isinstance(outcome, Unknown)


def _answer(state: Laboratory, instrument: str, body: Answer, at: datetime) -> Iterator[Effect]:
    status = _status(state, instrument, body.command)
    forgotten = body.standing == "never_seen" and _is_of_another_memory(state, body)
    if status is CommandStatus.ISSUED and not forgotten:
        seen = body.standing == "in_hand"
        yield Record((e.CommandAccepted if seen else e.CommandMissed)(at=at, command=body.command))
    elif status in OUT and body.standing == "never_seen":
        # It may have had the order on its disk once. To send it again could be to do it twice.
        message = (
            "The driver's ledger is another one than when the order left: it cannot know."
            if forgotten
            else "The driver accepted the order and does not know of it any more: its ledger was lost."
        )
        yield Record(
            e.CommandFinished(
                at=at,
                command=body.command,
                instrument=instrument,
                outcome=Unknown(message=message),
                content_hash="",
                session=body.session,
            )
        )


def _is_of_another_memory(state: Laboratory, body: Answer) -> bool:
    """Whether the driver that answers has another ledger than the one that the order was sent to."""
    sent_to = state.commands[body.command].ledger if body.command in state.commands else ""
    return bool(sent_to and body.ledger and sent_to != body.ledger)


def _status(state: Laboratory, instrument: str, key: str) -> CommandStatus | None:
    """Where the command stands, if it was given to that instrument."""
    command = state.commands.get(key)
    return command.status if command and command.order.instrument == instrument else None


def _quarantine(at: datetime, instrument: str, body: FromDriver, reason: str) -> Record:
    text = body.model_dump_json()
    return Record(
        e.MessageQuarantined(
            at=at, topic=_topic(instrument, body), reason=reason, excerpt=text[:KEPT], size_bytes=len(text)
        )
    )


def _quarantine_once(
    state: Laboratory, at: datetime, instrument: str, body: FromDriver, reason: str
) -> Iterator[Record]:
    """What is not acknowledged is sent again and again: it is kept once."""
    if not any((it.topic, it.reason) == (_topic(instrument, body), reason) for it in state.quarantine):
        yield _quarantine(at, instrument, body, reason)


def _topic(instrument: str, body: FromDriver) -> str:
    return f"{instrument}/{type(body).__name__.lower()}"
