"""Large results over HTTP: the files as they are, with what the journal says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from labd.domain.blob import Blob
from labd.domain.errors import NotFound
from labd.lifecycles import Laboratory
from labd.orchestrator import Orchestrator, persons
from labd.web import views

Find = Callable[[str], Path]
"""Where the content with that SHA-256 is, if it is. Raises `InvalidInput` for what is no hash."""

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})
"""What a browser shows; the rest it saves."""
HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",  # another content has another hash
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",  # an SVG may hold scripts
}


def data(orchestrator: Orchestrator, find: Find) -> APIRouter:
    """What can be asked of large results."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/data")
    async def list_data(campaign: str | None = None) -> Response:
        """The large results of all campaigns, or of one."""
        return JSONResponse(listed(orchestrator.state, campaign))

    @router.get("/data/{sha256}")
    async def read_data(sha256: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
        """The content of a large result, or a range of it."""
        path = find(sha256)
        said = reference(orchestrator.state, sha256)
        if said is None or not path.is_file():
            raise NotFound(f"There is no data {sha256}.", "`labd data list` names what there is.")
        headers = {**HEADERS, "etag": f'"{sha256}"'}
        if if_none_match == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return FileResponse(
            path,
            headers=headers,
            media_type=said.media_type,
            filename=said.name or sha256,
            content_disposition_type="inline" if said.media_type in SHOWN else "attachment",
        )

    @router.post("/data")
    async def give_data(
        request: Request,
        content_type: Annotated[str, Header()] = "application/octet-stream",
        name: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        """Keep a file that a person gives; what is answered is the reference to it, for the answer to a step."""
        blob = await persons.upload(orchestrator, await request.body(), media_type=content_type, name=name)
        return JSONResponse(blob.model_dump(mode="json"))

    return router


def listed(state: Laboratory, campaign: str | None) -> views.View:
    """The large results of all campaigns, or of one, the oldest first. Raises `NotFound`."""
    wanted = list(state.campaigns.values()) if campaign is None else [state.campaign(campaign)]
    return {
        "data": [
            {"campaign": each.name, "trial": trial.number, **views.attached(given)}
            for each in wanted
            for trial in state.trials_of(each.id)
            for given in trial.data
        ]
    }


def reference(state: Laboratory, sha256: str) -> Blob | None:
    """What an instrument said of a content; of the same content twice, what was said last."""
    found = (each.blob for trial in state.trials.values() for each in trial.data if each.blob.sha256 == sha256)
    return next(reversed(list(found)), None)
