"""What persons are asked to allow, over HTTP: what, why, and their word on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from labd.orchestrator import Orchestrator, approvals
from labd.web import views
from labd.web.interventions import Intervention

By = Annotated[str, Field(min_length=1, max_length=100)]


class Approved(Intervention):
    """A person's yes, to exactly what was shown."""

    by: By
    content_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class NotApproved(Intervention):
    """A person's no."""

    by: By


def approvals_router(orchestrator: Orchestrator) -> APIRouter:
    """What is asked, and the answers."""
    router = APIRouter(prefix="/api/v1")

    def told(key: str) -> Response:
        return JSONResponse(views.approval_view(orchestrator.state, approvals.known_approval(orchestrator.state, key)))

    @router.get("/approvals")
    async def read_approvals() -> Response:
        """All approvals, those that wait first."""
        return JSONResponse(views.approvals_view(orchestrator.state))

    @router.post("/approvals/{key}/approve")
    async def approve(key: str, body: Approved) -> Response:
        """Say yes."""
        await approvals.approve(orchestrator, key, body.content_hash, by=body.by, reason=body.reason)
        return told(key)

    @router.post("/approvals/{key}/refuse")
    async def refuse(key: str, body: NotApproved) -> Response:
        """Say no, with a reason."""
        await approvals.refuse(orchestrator, key, by=body.by, reason=body.reason)
        return told(key)

    @router.post("/approvals/{key}/again")
    async def again(key: str) -> Response:
        """Ask once more for what was refused, or not answered in time."""
        await approvals.ask_again(orchestrator, key)
        return told(key)

    return router
