"""Steps over HTTP: a person answers one that asks for them, or takes one in hand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from labd.domain.blob import Blob
from labd.domain.capability import Json
from labd.domain.value import Value
from labd.orchestrator import Orchestrator, persons
from labd.web.interventions import Intervention


class Answered(Value):
    """What a person says who did what a step asked."""

    option: Annotated[str, Field(max_length=200)] = ""
    """One of those that are offered; empty: the only one."""
    note: Annotated[str, Field(max_length=5000)] = ""
    photo: Blob | None = None
    """As `POST /api/v1/data` answered."""
    by: Annotated[str, Field(min_length=1, max_length=100)] = "operator"


class Changed(Intervention):
    """What a person wants of a step, and why."""

    change: persons.Change
    result: dict[Annotated[str, Field(max_length=64)], Json] = {}
    """With `mark_done`: what it gave."""


def steps_router(orchestrator: Orchestrator) -> APIRouter:
    """What a person does with the steps of a run."""
    router = APIRouter(prefix="/api/v1/runs")

    @router.post("/{run}/steps/{step}/answer")
    async def answer(run: str, step: str, body: Answered) -> Response:
        """Say that it was done, which of the options it is, and what was seen."""
        await persons.answer(orchestrator, run, step, option=body.option, note=body.note, photo=body.photo, by=body.by)
        return JSONResponse({"run": run, "step": step})

    @router.post("/{run}/steps/{step}")
    async def change(run: str, step: str, body: Changed) -> Response:
        """Skip a step, have it done again, say that it is done, or give it up: then what is in hand is cancelled."""
        await persons.change(orchestrator, run, step, body.change, result=body.result, by=body.by, reason=body.reason)
        return JSONResponse({"run": run, "step": step})

    return router
