"""A person's hand in a running campaign over HTTP: its edits, its trials that wait, what its planner learns from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from labd.domain.capability import Json
from labd.domain.edits import ObservationExcluded, ObservationIncluded
from labd.domain.problem import Measurement, Scalar
from labd.lifecycles.campaign import Campaign
from labd.orchestrator import Orchestrator, edits
from labd.web import views
from labd.web.interventions import Intervention

Deed = Literal["exclude", "include"]
DEEDS: Mapping[Deed, type[edits.Learnt]] = {"exclude": ObservationExcluded, "include": ObservationIncluded}


class Changes(Intervention):
    """Entries of the protocol by path, with their new values: `{"parameters.temperature.high": "120 degC"}`."""

    changes: dict[str, Json]


class Undo(Intervention):
    """Which edit is taken back; by default the last one that stands."""

    edit: Annotated[int, Field(ge=1)] | None = None


class Point(Intervention):
    """A point, or what is another of it."""

    parameters: dict[str, Scalar]


class Order(Intervention):
    """The trials that are begun first, by number."""

    trials: Annotated[list[int], Field(min_length=1, max_length=10_000)]


class Corrected(Intervention):
    """Outcomes as they truly are."""

    outcomes: dict[str, float | Measurement]


def edits_router(orchestrator: Orchestrator) -> APIRouter:
    """What a person changes in a campaign."""
    router = APIRouter(prefix="/api/v1/campaigns/{key}")

    def told(campaign: Campaign) -> Response:
        return JSONResponse(views.summary(orchestrator.state, campaign))

    _add_observations(router, orchestrator, told)

    @router.get("/edits")
    async def list_edits(key: str) -> Response:
        """What was changed since the campaign was loaded, the first edit first."""
        return JSONResponse(views.edits_view(orchestrator.state.campaign(key)))

    @router.post("/edits", status_code=201)
    async def edit(key: str, body: Changes) -> Response:
        """Change bounds, objectives, planner settings, stopping rules or the priority."""
        return told(await edits.edit(orchestrator, key, body.changes, by=body.by, reason=body.reason))

    @router.post("/undo")
    async def undo(key: str, body: Undo) -> Response:
        """Take the last edit back."""
        return told(await edits.undo(orchestrator, key, body.edit, by=body.by, reason=body.reason))

    @router.post("/trials", status_code=201)
    async def insert(key: str, body: Point) -> Response:
        """Have a point tried."""
        return told(await edits.insert(orchestrator, key, body.parameters, by=body.by, reason=body.reason))

    @router.post("/trials/{number}/reject")
    async def reject(key: str, number: int, body: Intervention) -> Response:
        """Do not have a trial tried of which nothing has begun."""
        return told(await edits.reject(orchestrator, key, number, by=body.by, reason=body.reason))

    @router.post("/trials/{number}/move")
    async def move(key: str, number: int, body: Point) -> Response:
        """Have another point tried in place of this trial's, of which nothing has begun."""
        return told(await edits.move(orchestrator, key, number, body.parameters, by=body.by, reason=body.reason))

    @router.post("/order")
    async def reorder(key: str, body: Order) -> Response:
        """Begin these trials first."""
        return told(await edits.reorder(orchestrator, key, body.trials, by=body.by, reason=body.reason))

    return router


def _add_observations(router: APIRouter, orchestrator: Orchestrator, told: Callable[[Campaign], Response]) -> None:
    @router.post("/observations/{name}/correct")
    async def correct(key: str, name: str, body: Corrected) -> Response:
        """Say what the outcomes of an observation truly are."""
        outcomes = {
            outcome: each if isinstance(each, Measurement) else Measurement(mean=each)
            for outcome, each in body.outcomes.items()
        }
        return told(await edits.correct(orchestrator, key, name, outcomes, by=body.by, reason=body.reason))

    @router.post("/observations/{name}/{deed}")
    async def learn(key: str, name: str, deed: Deed, body: Intervention) -> Response:
        """Let the planner no longer learn from an observation (a trial's number, or `told1`), or do so again."""
        return told(await edits.learn(orchestrator, DEEDS[deed], key, name, by=body.by, reason=body.reason))
