"""The HTTP API under `/api/v1`: what can be asked, and what can be ordered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, WebSocket
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import Field

from labd.domain.capability import Json
from labd.domain.command import Resolution
from labd.domain.errors import NotFound
from labd.domain.problem import Measurement, Scalar
from labd.domain.value import Value
from labd.lifecycles.campaign import Campaign
from labd.orchestrator import Orchestrator, requests
from labd.ports.ids import Ids
from labd.ports.journal import Journal
from labd.ports.screener import Screener
from labd.protocols import Table
from labd.web import stream, views
from labd.web.figures import Figures

By = Annotated[str, Field(min_length=1, max_length=100)]
Reason = Annotated[str, Field(max_length=2000)]


class Order(Value):
    """Who wants it, and why."""

    by: By = "operator"
    reason: Reason = ""


class Start(Order):
    """Who lets it run, and from what it learns."""

    learn_from: Annotated[list[str], Field(max_length=100)] = []
    """Earlier campaigns, by name or id, beside those that the protocol names."""


class Draft(Value):
    """A protocol to be loaded as a campaign."""

    protocol: str
    """The text of the file."""
    file: Annotated[str, Field(max_length=500)] = "protocol.yaml"
    """What the findings call it."""
    pool: str | None = None
    """A table of points in CSV, which takes the place of the protocol's `pool`."""
    pool_file: Annotated[str, Field(min_length=1, max_length=500)] = "pool.csv"
    """What the findings call that table."""
    name: str | None = Field(default=None, min_length=1)
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    start: bool = False
    learn_from: Annotated[list[str], Field(max_length=100)] = []
    """With `start`: earlier campaigns to learn from."""
    priority: int = Field(default=0, ge=-100, le=100)
    """A higher one goes first where campaigns want the same instrument."""
    autonomy: int = Field(default=3, ge=0, le=4)
    """How much happens without a person."""
    by_machine: bool = False
    """Whether a machine wrote the protocol."""
    by: By = "operator"


class Told(Order):
    """An experiment that was done elsewhere."""

    parameters: dict[str, Scalar]
    outcomes: dict[str, float | Measurement]


class Resolved(Order):
    """What became of a command that was `UNKNOWN`, or whose instrument does not answer."""

    resolution: Resolution
    result: dict[str, Json] = Field(default_factory=dict)


def queries(orchestrator: Orchestrator, figures: Figures, now: Callable[[], views.View]) -> APIRouter:
    """What can be asked."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/now")
    async def read_now() -> Response:
        """The laboratory at this moment."""
        return JSONResponse(now())

    @router.get("/steps")
    async def read_steps() -> Response:
        """The steps that are under way or wait, and why they wait."""
        return JSONResponse({"steps": now()["steps"]})

    @router.get("/campaigns/{key}")
    async def read_campaign(key: str, after: int = 0) -> Response:
        """One campaign with its trials; with `after`, only the trials that changed since that version."""
        state = orchestrator.state
        return JSONResponse(views.campaign_view(state, state.campaign(key), after))

    @router.get("/campaigns/{key}/trials.csv")
    async def read_trials(key: str) -> Response:
        """The trials as a table."""
        state = orchestrator.state
        campaign = state.campaign(key)
        attachment = {"content-disposition": f'attachment; filename="{campaign.name}.csv"'}
        return Response(views.trials_csv(state, campaign), media_type="text/csv", headers=attachment)

    @router.get("/campaigns/{key}/figures/{name}")
    async def read_figure(key: str, name: str) -> Response:
        """A plotly figure of the campaign."""
        state = orchestrator.state
        drawn = await figures.of(state, state.campaign(key))
        if name not in drawn:
            raise NotFound(f"There is no figure {name!r}.", f"Figures: {', '.join(drawn)}.")
        return JSONResponse(drawn[name])

    return router


def orders(orchestrator: Orchestrator, ids: Ids, screener: Screener | None) -> APIRouter:
    """What can be ordered."""
    router = APIRouter(prefix="/api/v1")

    def told(campaign: Campaign) -> Response:
        return JSONResponse(views.summary(orchestrator.state, campaign))

    @router.post("/campaigns", status_code=201)
    async def load(body: Draft) -> Response:
        """Load a protocol as a campaign, and start it if that is wanted."""
        campaign = await requests.draft(
            orchestrator,
            ids,
            body.protocol,
            body.file,
            table=None if body.pool is None else Table.of_file(body.pool, body.pool_file),
            name=body.name,
            seed=body.seed,
            priority=body.priority,
            autonomy=body.autonomy,
            by_machine=body.by_machine,
            screener=screener,
            by=body.by,
        )
        if body.start:
            campaign = await requests.start(orchestrator, campaign.id, learn_from=body.learn_from, by=body.by)
        return JSONResponse({"id": campaign.id, "name": campaign.name, "status": campaign.status}, 201)

    @router.post("/campaigns/{key}/start")
    async def start(key: str, body: Start) -> Response:
        """Let a campaign run."""
        return told(await requests.start(orchestrator, key, learn_from=body.learn_from, by=body.by, reason=body.reason))

    @router.post("/campaigns/{key}/pause")
    async def pause(key: str, body: Order) -> Response:
        """Begin no new step; what runs comes to its end."""
        return told(await requests.pause(orchestrator, key, by=body.by, reason=body.reason))

    @router.post("/campaigns/{key}/resume")
    async def resume(key: str, body: Order) -> Response:
        """Go on with a campaign."""
        return told(await requests.resume(orchestrator, key, by=body.by, reason=body.reason))

    @router.post("/campaigns/{key}/stop")
    async def stop(key: str, body: Order) -> Response:
        """End a campaign for good."""
        return told(await requests.stop(orchestrator, key, by=body.by, reason=body.reason))

    @router.post("/campaigns/{key}/observations", status_code=201)
    async def tell(key: str, body: Told) -> Response:
        """Tell a campaign of an experiment that was done elsewhere."""
        outcomes = {
            name: each if isinstance(each, Measurement) else Measurement(mean=each)
            for name, each in body.outcomes.items()
        }
        campaign = await requests.tell(orchestrator, key, body.parameters, outcomes, by=body.by, reason=body.reason)
        return JSONResponse(views.summary(orchestrator.state, campaign), 201)

    @router.post("/commands/{command}/resolve")
    async def resolve(command: str, body: Resolved) -> Response:
        """Say what became of a command of which nobody knew whether it happened."""
        await requests.resolve(
            orchestrator, command, body.resolution, result=body.result, by=body.by, reason=body.reason
        )
        return JSONResponse({"command": command, "resolution": body.resolution})

    return router


def streams(
    orchestrator: Orchestrator,
    journal: Journal,
    figures: Figures,
    now: Callable[[], views.View],
    closing: asyncio.Event,
) -> APIRouter:
    """What is told at once, until `closing`."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/events")
    async def read_events(
        after: Annotated[int, Query(ge=0)] = 0, last_event_id: Annotated[int | None, Header(ge=0)] = None
    ) -> Response:
        """The events of the journal behind a place, and those to come, as server-sent events."""
        place = after if last_event_id is None else last_event_id
        lines = stream.server_sent_events(orchestrator, journal, closing, place)
        return StreamingResponse(lines, media_type="text/event-stream", headers={"cache-control": "no-store"})

    @router.websocket("/stream")
    async def watch(socket: WebSocket, campaign: str | None = None, after: int = 0) -> None:
        watched = stream.Watch(orchestrator, figures, now, campaign, after)
        await stream.watch(socket, orchestrator, closing, watched)

    return router
