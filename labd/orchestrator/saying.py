"""Effects that are words to the instruments, as messages on the link."""

from __future__ import annotations

from typing import assert_never

from labd.domain.effects import PublishStop, SendAck, SendAsk, SendCommand, SendControl
from labd.ports.instrument_link import InstrumentLink
from labd.wire.messages import BY_LENGTH, REASON_LENGTH, Ack, Ask, Command, Control, Stop

Words = SendCommand | SendAsk | SendAck | SendControl | PublishStop


async def say(link: InstrumentLink, words: Words) -> None:
    """Put it on the wire; what cannot be sent is dropped, and said again when the link is back."""
    match words:
        case SendCommand(order, epoch):
            await link.send(order.instrument, Command(epoch=epoch, order=order))
        case SendAsk(instrument, command):
            await link.send(instrument, Ask(command=command))
        case SendAck(instrument, command, content_hash):
            await link.send(instrument, Ack(command=command, content_hash=content_hash))
        case SendControl(instrument, action, epoch, command):
            by, reason = words.by[:BY_LENGTH], words.reason[:REASON_LENGTH]
            await link.send(instrument, Control(action=action, epoch=epoch, command=command, by=by, reason=reason))
        case PublishStop(stop, stopped, at=at):
            by, reason = words.by[:BY_LENGTH], words.reason[:REASON_LENGTH]
            await link.tell_all(Stop(id=stop, stopped=stopped, by=by, reason=reason, at=at))
        case _:
            assert_never(words)
