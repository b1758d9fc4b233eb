"""Stock, labware and service over HTTP: what there is, and what persons do with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from labd.orchestrator import Orchestrator, matter
from labd.web import views
from labd.web.interventions import Intervention

LotName = Annotated[str, Field(min_length=1, max_length=64)]
Amount = Annotated[str, Field(max_length=100)] | float


class Refill(Intervention):
    """A lot that was put in place."""

    lot: LotName
    amount: Amount
    """As in `500 mL`; a bare number is in the stock's unit."""
    expires: Annotated[str, Field(max_length=40)] | None = None
    """A day, which it lasts to its end, or a moment."""


class Count(Intervention):
    """What is there of a lot."""

    lot: LotName
    amount: Amount


class Moved(Intervention):
    """Where labware is: a location, a group, or `out` of the room."""

    to: Annotated[str, Field(min_length=1, max_length=64)]


def matter_router(orchestrator: Orchestrator) -> APIRouter:
    """What there is of matter, and what persons do with it."""
    router = APIRouter(prefix="/api/v1")
    _add_stock(router, orchestrator)
    _add_labware(router, orchestrator)
    _add_service(router, orchestrator)
    return router


def _add_stock(router: APIRouter, orchestrator: Orchestrator) -> None:
    def told(name: str) -> Response:
        return JSONResponse(views.one_stock(orchestrator.state, name, datetime.now(UTC)))

    @router.get("/stock")
    async def read_stock() -> Response:
        """What there is of everything, and how long it lasts."""
        return JSONResponse(views.stock_view(orchestrator.state, datetime.now(UTC)))

    @router.post("/stock/{name}/refill", status_code=201)
    async def refill(name: str, body: Refill) -> Response:
        """Put a lot in place."""
        expires = matter.moment(body.expires) if body.expires else None
        await matter.refill(orchestrator, name, body.lot, body.amount, expires=expires, by=body.by, reason=body.reason)
        return told(name)

    @router.post("/stock/{name}/count")
    async def count(name: str, body: Count) -> Response:
        """Say what is there of a lot."""
        await matter.count(orchestrator, name, body.lot, body.amount, by=body.by, reason=body.reason)
        return told(name)


def _add_labware(router: APIRouter, orchestrator: Orchestrator) -> None:
    @router.get("/labware")
    async def read_labware() -> Response:
        """What is in the room, and where."""
        state = orchestrator.state
        return JSONResponse({"labware": views.in_the_room(state), "locations": views.places_view(state)})

    @router.get("/labware/{key}")
    async def read_history(key: str) -> Response:
        """Where labware has been; that which has left the room, too."""
        return JSONResponse(views.labware_history(orchestrator.state, key))

    @router.post("/labware/{key}/move")
    async def move(key: str, body: Moved) -> Response:
        """Say where labware is."""
        await matter.move(orchestrator, key, body.to, by=body.by, reason=body.reason)
        return JSONResponse(views.labware_history(orchestrator.state, key))


def _add_service(router: APIRouter, orchestrator: Orchestrator) -> None:
    async def serve(deed: matter.Service, name: str, body: Intervention) -> Response:
        await matter.serve(orchestrator, deed, name, by=body.by, reason=body.reason)
        it = orchestrator.state.instruments[name]
        return JSONResponse({"name": it.name, "service": it.service, "withdrawn": it.withdrawn})

    @router.post("/instruments/{name}/withdraw")
    async def withdraw(name: str, body: Intervention) -> Response:
        """Take an instrument out of service: what is in hand comes to its end, and nothing else begins."""
        return await serve("withdraw", name, body)

    @router.post("/instruments/{name}/quarantine")
    async def quarantine(name: str, body: Intervention) -> Response:
        """Put an instrument into quarantine: its work is doubted."""
        return await serve("quarantine", name, body)

    @router.post("/instruments/{name}/restore")
    async def restore(name: str, body: Intervention) -> Response:
        """Put an instrument into service again."""
        return await serve("restore", name, body)
