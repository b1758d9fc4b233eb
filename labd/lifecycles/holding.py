"""What keeps instruments from working: the stop of the whole laboratory, and the lock of one instrument.

Both are what the journal says. The wire carries them to the drivers, which keep them on disk; where a driver, or the
broker, says another thing than the journal, it is told again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from labd.domain import events as e
from labd.domain.effects import Action, Effect, PublishStop, Record, SendControl
from labd.domain.identifiers import InstrumentName
from labd.lifecycles.campaign import TABLE as CAMPAIGN
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.command import Command
from labd.lifecycles.instrument import Instrument
from labd.lifecycles.laboratory import Laboratory
from labd.lifecycles.safety import Safety
from labd.wire.messages import State, Stop

SOMEBODY = "somebody on the wire"


# --- the stop


def said(safety: Safety) -> Iterator[PublishStop]:
    """What the room is told, and what the broker keeps for who comes later: the stop, or its release."""
    word = safety.pressed if safety.stopped else safety.released
    if word is not None:
        yield PublishStop(safety.stop, safety.stopped, word.by, word.reason, word.at)


def on_stop(event: e.LaboratoryStopped, state: Laboratory) -> Iterator[Effect]:
    """The room is told, and every campaign waits for a person: nobody knows how the samples are."""
    yield from said(state.safety)
    for campaign in state.campaigns.values():
        if campaign.status is CampaignStatus.RUNNING:
            why = f": {event.reason}" if event.reason else ""
            reason = f"The laboratory was stopped by {event.by}{why}. Look at the open samples, then resume or stop"
            yield Record(e.CampaignPaused(at=event.at, campaign=campaign.id, by="labd", reason=reason))


def on_release(event: e.LaboratoryReleased, state: Laboratory) -> Iterator[Effect]:  # noqa: ARG001 - as all deciders
    """The room is told. Each instrument says by itself that it is ready, each campaign is resumed by a person."""
    yield from said(state.safety)


def may_not_be_sent(state: Laboratory, command: Command) -> bool:
    """Whether an order that never arrived may not be sent: while the laboratory is stopped, the campaign paused or an
    interlock tripped, and for good after a stop, where the campaign has ended. Nothing moves by itself after a
    release."""
    if guarded_by(state, command.order.instrument):
        return True
    campaign = state.campaign_of(state.runs[command.order.run])
    if state.safety.stopped or campaign.status is CampaignStatus.PAUSED:
        return True
    return campaign.status in CAMPAIGN.terminal and state.safety.interrupted(command.issued)


def heard(state: Laboratory, body: Stop | None, at: datetime) -> Iterator[Effect]:
    """What follows from what is on the stop topic; None where somebody emptied it.

    Whoever may publish there may stop. A release counts only where it is in the journal: another's is answered by the
    stop, once more. What the daemon said itself comes back, and is recognised by its id and its moment.
    """
    safety = state.safety
    if body is None or not body.stopped:
        if safety.stopped and not _is_ours(safety, body):
            yield from said(safety)
            if body is not None:
                reason = f"a release by {body.by or SOMEBODY} is not in the journal: the laboratory stays stopped"
                yield Record(e.MessageQuarantined(at=at, topic="stop", reason=reason, excerpt=body.model_dump_json()))
    elif _is_ours(safety, body):
        if not safety.stopped:  # an old broker remembers what was released since
            yield from said(safety)
    elif not safety.stopped or body.id > safety.stop:
        by = body.by or SOMEBODY
        yield Record(e.LaboratoryStopped(at=at, stop=body.id, by=by, reason=body.reason))


def _is_ours(safety: Safety, body: Stop | None) -> bool:
    """Whether the daemon itself said it last, of its kind."""
    if body is None:
        return False
    word = safety.pressed if body.stopped else safety.released
    return word is not None and body.at == word.at and (body.id == safety.stop or not body.stopped)


def _obeyed(state: Laboratory, instrument: str, body: State, at: datetime) -> Iterator[Effect]:
    """An instrument that obeys a stop which the journal does not know has heard of one that we have not; one that obeys
    a stop which was released has missed that."""
    if body.stop > state.safety.stop:
        reason = "it obeys a stop of which this daemon has not heard"
        yield Record(e.LaboratoryStopped(at=at, stop=body.stop, by=instrument, reason=reason))
    elif body.stop and not state.safety.stopped:
        yield from said(state.safety)


# --- the interlocks


def guarded_by(state: Laboratory, instrument: InstrumentName) -> tuple[str, ...]:
    """The interlocks that keep an instrument from beginning anything now: those that guard it, one of its roles, or
    all, and are not clear."""
    if state.workcell is None or instrument not in state.instruments:
        return ()
    named = {instrument, *state.instruments[instrument].roles}
    return tuple(
        name
        for name, each in state.workcell.interlocks.items()
        if state.interlocks[name].holds and (not each.guards or named.intersection(each.guards))
    )


# --- one instrument, one command

Controlled = e.InstrumentLocked | e.InstrumentUnlocked | e.InstrumentPaused | e.InstrumentResumed | e.InstrumentReset
CONTROLS: Mapping[type[Controlled], Action] = {
    e.InstrumentLocked: "lock",
    e.InstrumentUnlocked: "unlock",
    e.InstrumentPaused: "pause",
    e.InstrumentResumed: "resume",
    e.InstrumentReset: "reset",
}


def on_control(event: Controlled, state: Laboratory) -> Iterator[Effect]:
    """The driver is told; its state says what became of it."""
    yield SendControl(event.instrument, CONTROLS[type(event)], state.epoch, by=event.by, reason=event.reason)


def on_cancel(event: e.CancelRequested, state: Laboratory) -> Iterator[Effect]:
    """The driver is told; its report says what became of it."""
    instrument = state.commands[event.command].order.instrument
    yield SendControl(instrument, "cancel", state.epoch, event.command, event.by, event.reason)


def _as_locked(state: Laboratory, it: Instrument, body: State) -> Iterator[Effect]:
    """A driver that has missed a lock, or the end of one, is told again."""
    if it.lock is not None and not _holds(body.lock, it.lock.text):
        yield SendControl(it.name, "lock", state.epoch, by=it.lock.by, reason=it.lock.reason)
    elif it.lock is None and it.given_back and _holds(body.lock, it.given_back):
        yield SendControl(it.name, "unlock", state.epoch)


def _holds(lock: str, text: str) -> bool:
    """Whether a driver's words begin with ours; what was locked at the machine itself comes behind."""
    return lock == text or lock.startswith(f"{text}; ")


def corrected(state: Laboratory, instrument: str, body: State, at: datetime) -> Iterator[Effect]:
    """What an instrument is told whose state is not as the journal wants it."""
    yield from _obeyed(state, instrument, body, at)
    if body.status != "offline":
        yield from _as_locked(state, state.instruments[instrument], body)
