"""A person's hand on the machines over HTTP: stop and release, lock and unlock, pause, resume, reset, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from labd.domain import events as e
from labd.domain.value import Value
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.holding import Controlled
from labd.orchestrator import Orchestrator, interventions
from labd.ports.ids import Ids
from labd.web.stopping import answers, stop_view

LONGEST_WAIT_S = 30.0

Deed = Literal["lock", "unlock", "pause", "resume", "reset"]
DEEDS: Mapping[Deed, type[Controlled]] = {
    "lock": e.InstrumentLocked,
    "unlock": e.InstrumentUnlocked,
    "pause": e.InstrumentPaused,
    "resume": e.InstrumentResumed,
    "reset": e.InstrumentReset,
}


class Intervention(Value):
    """Who wants it, and why."""

    by: Annotated[str, Field(min_length=1, max_length=100)] = "operator"
    reason: Annotated[str, Field(max_length=2000)] = ""


class Held(Intervention):
    """That nothing more begins, and what becomes of what is in hand."""

    finish: bool = False


async def _answered(orchestrator: Orchestrator, wait_s: float) -> None:
    """Wait, for so long at most, until no instrument that can be heard owes its answer."""
    try:
        async with asyncio.timeout(wait_s):
            revision = orchestrator.revision
            while "not yet" in answers(orchestrator.state).values():
                revision = await orchestrator.changed(revision)
    except TimeoutError:
        return  # who has not answered by then is seen in the view


def interventions_router(orchestrator: Orchestrator, ids: Ids) -> APIRouter:
    """What a person does to the machines."""
    router = APIRouter(prefix="/api/v1")

    @router.post("/stop")
    async def stop(body: Intervention, wait_s: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0.0) -> Response:
        """Stop everything, and wait for the instruments' answers if that is wanted."""
        await interventions.stop_everything(orchestrator, ids, by=body.by, reason=body.reason)
        await _answered(orchestrator, wait_s)
        return JSONResponse(stop_view(orchestrator.state))

    @router.post("/hold")
    async def hold(body: Held) -> Response:
        """Pause every campaign; what is in hand is cancelled, where that can be, or comes to its end."""
        await interventions.hold_everything(orchestrator, finish=body.finish, by=body.by, reason=body.reason)
        state = orchestrator.state
        paused = [each.name for each in state.campaigns.values() if each.status is CampaignStatus.PAUSED]
        in_hand = [each.name for each in state.instruments.values() if each.command is not None]
        return JSONResponse({"paused": paused, "in_hand": in_hand})

    @router.post("/release")
    async def release(body: Intervention) -> Response:
        """Release the stop; campaigns stay paused until a person resumes each of them."""
        await interventions.release(orchestrator, by=body.by, reason=body.reason)
        return JSONResponse(stop_view(orchestrator.state))

    @router.post("/instruments/{name}/{deed}")
    async def control(name: str, deed: Deed, body: Intervention) -> Response:
        """Lock, unlock, pause, resume or reset one instrument; its state says what became of it."""
        await interventions.control(orchestrator, DEEDS[deed], name, by=body.by, reason=body.reason)
        it = orchestrator.state.instruments[name]
        return JSONResponse({"name": it.name, "status": it.status, "kept": it.kept})

    @router.post("/commands/{command}/cancel")
    async def cancel(command: str, body: Intervention) -> Response:
        """Ask the driver to end what it has in hand; its report says what became of it."""
        await interventions.cancel(orchestrator, command, by=body.by, reason=body.reason)
        return JSONResponse({"command": command})

    return router
