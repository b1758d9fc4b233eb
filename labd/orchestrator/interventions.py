"""What a person does to the machines: the stop of all, the lock of one, and what a driver is told to do.

Each function raises a `LabError` that says what to do, or returns once the event is on disk; what became of it is in
the instruments' states.
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from functools import partial

from labd.domain import events as e
from labd.domain.errors import InvalidInput, NotFound, TransitionError
from labd.domain.identifiers import CampaignId, CommandId, InstrumentName
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.command import OUT
from labd.lifecycles.holding import Controlled
from labd.lifecycles.instrument import InstrumentStatus
from labd.orchestrator.orchestrator import Orchestrator
from labd.ports.ids import Ids

HEARD = (e.InstrumentPaused, e.InstrumentResumed, e.InstrumentReset)
"""What is said once: a driver that is not there would never hear of it."""


async def stop_everything(orchestrator: Orchestrator, ids: Ids, *, by: str, reason: str = "") -> None:
    """Stop the whole laboratory. Never refused, also when it is stopped already: then it is said once more."""
    stop = ids.ulid()
    await orchestrator.submit(lambda _, at: e.LaboratoryStopped(at=at, by=by, reason=reason, stop=stop))


async def release(orchestrator: Orchestrator, *, by: str, reason: str) -> None:
    """Release the stop. Raises `InvalidInput` without a reason, and `TransitionError` where it is not stopped."""
    if not reason.strip():
        raise InvalidInput("A stop is released with a reason.", "Say what was found, and why it may go on.")
    await orchestrator.submit(lambda _, at: e.LaboratoryReleased(at=at, by=by, reason=reason))


async def hold_everything(orchestrator: Orchestrator, *, finish: bool, by: str, reason: str = "") -> None:
    """Pause every campaign that runs: nothing begins. What is in hand is cancelled, where that can be, or with `finish`
    comes to its end. Nothing goes on before a person resumes it."""
    for campaign in list(orchestrator.state.campaigns.values()):
        if campaign.status is CampaignStatus.RUNNING:
            with contextlib.suppress(TransitionError):  # it may have ended meanwhile
                await orchestrator.submit(partial(_paused, campaign=campaign.id, by=by, reason=reason))
    for command in list(orchestrator.state.commands.values()) if not finish else ():
        if command.status in OUT:
            with contextlib.suppress(TransitionError, NotFound):  # it cannot be cancelled, or is over
                await cancel(orchestrator, command.order.command, by=by, reason=reason)


def _paused(_: Laboratory, at: datetime, *, campaign: CampaignId, by: str, reason: str) -> e.Event:
    return e.CampaignPaused(at=at, by=by, reason=reason, campaign=campaign)


async def control(
    orchestrator: Orchestrator, kind: type[Controlled], instrument: InstrumentName, *, by: str, reason: str = ""
) -> None:
    """Lock, unlock, pause, resume or reset one instrument. Raises `NotFound` and `TransitionError`."""

    def build(state: Laboratory, at: datetime) -> e.Event:
        it = state.instruments.get(instrument)
        if kind in HEARD and it is not None and (it.status is InstrumentStatus.OFFLINE or not state.linked):
            raise TransitionError(
                f"{instrument} is not heard: it would not hear this.", "Try again when its driver is back."
            )
        return kind(at=at, by=by, reason=reason, instrument=instrument)

    await orchestrator.submit(build)


async def cancel(orchestrator: Orchestrator, command: CommandId, *, by: str, reason: str = "") -> None:
    """Ask a driver to end what it has in hand. Raises `NotFound` and `TransitionError`."""

    def build(state: Laboratory, at: datetime) -> e.Event:
        known = state.commands.get(command)
        if known is None or known.status not in OUT:
            raise NotFound(f"No instrument has {command!r} in hand.", "`labd status` names what is in hand.")
        it = state.instruments.get(known.order.instrument)
        capability = it.descriptor.capability(known.order.capability) if it and it.descriptor else None
        if capability is not None and not capability.cancellable:
            raise TransitionError(
                f"{capability.name} cannot be cancelled: once begun it comes to its end.",
                "Wait for it; in danger stop everything: `labd emergency-stop`.",
            )
        return e.CancelRequested(at=at, by=by, reason=reason, command=command)

    await orchestrator.submit(build)
