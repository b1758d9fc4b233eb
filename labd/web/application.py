"""The application: the HTTP API, the streams, the page's files, and whether all is well."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from labd.domain.errors import NotFound, Unavailable
from labd.orchestrator import Orchestrator
from labd.ports.ids import Ids
from labd.ports.journal import Journal
from labd.ports.reviewer import Reviewer
from labd.ports.screener import Screener
from labd.web import api, views
from labd.web.approvals import approvals_router
from labd.web.data import Find, data
from labd.web.edits import edits_router
from labd.web.errors import tell_errors
from labd.web.figures import Draw, Figures
from labd.web.guard import Guard, Hosts
from labd.web.insight import insight_router
from labd.web.interventions import interventions_router
from labd.web.matter import matter_router
from labd.web.schedule import schedule_router
from labd.web.steps import steps_router

STATIC = Path(__file__).parent / "static"

REVALIDATE = {"cache-control": "no-cache"}
"""The page's own files change with labd: a browser asks each time and is told `not modified`."""
KEEP = {"cache-control": "public, max-age=86400"}
"""plotly.js is 5 MB and changes with its package only."""


def create_app(
    orchestrator: Orchestrator,
    journal: Journal,
    ids: Ids,
    *,
    figures: Mapping[str, Draw],
    draw_schedule: Draw,
    release: str,
    broker: str = "",
    find_data: Find,
    screener: Screener | None = None,
    reviewer: Reviewer | None = None,
    draw_insight: Mapping[str, Draw] = MappingProxyType({}),
) -> FastAPI:
    """The application over a laboratory; `figures` draw a campaign view, by the figure's name, `draw_schedule` who did
    what when; `broker` says for people which one it is on, `find_data` where a large result is, and `screener` looks at
    protocols as they are loaded; `reviewer` tells what the model believes, and `draw_insight` draws it."""
    app = FastAPI(title="labd", version=release, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    app.state.hosts = Hosts()
    app.state.closing = asyncio.Event()
    app.add_middleware(Guard, hosts=app.state.hosts)
    tell_errors(app)
    drawn = Figures(figures)

    now = _now(orchestrator, release, broker)
    app.include_router(api.queries(orchestrator, drawn, now))
    app.include_router(data(orchestrator, find_data))
    app.include_router(api.orders(orchestrator, ids, screener))
    app.include_router(matter_router(orchestrator))
    app.include_router(interventions_router(orchestrator, ids))
    app.include_router(approvals_router(orchestrator))
    app.include_router(steps_router(orchestrator))
    app.include_router(edits_router(orchestrator))
    app.include_router(insight_router(orchestrator, reviewer, draw_insight))
    app.include_router(schedule_router(orchestrator, journal, draw_schedule))
    app.include_router(api.streams(orchestrator, journal, drawn, now, app.state.closing))
    _add_health(app, orchestrator)
    _add_page(app)
    return app


def _now(orchestrator: Orchestrator, release: str, broker: str) -> Callable[[], views.View]:
    """What tells the present moment; made once for all who ask between two changes."""
    made_at, made = -1, views.View()

    def now() -> views.View:
        nonlocal made_at, made
        at = datetime.now(UTC)
        if made_at != orchestrator.revision:
            made_at = orchestrator.revision
            made = views.now(
                orchestrator.state,
                revision=made_at,
                release=release,
                broker=broker,
                trouble=orchestrator.trouble,
                progress=orchestrator.progress,
                repeats=orchestrator.repeats,
                present=orchestrator.attendance.present(),
                at=at,
            )
        return made | {"laboratory": made["laboratory"] | {"time": at.isoformat()}}

    return now


def _add_health(app: FastAPI, orchestrator: Orchestrator) -> None:
    @app.get("/healthz")
    async def alive() -> Response:
        """The process lives."""
        return JSONResponse({"alive": True})

    @app.get("/readyz")
    async def ready() -> Response:
        """The journal is folded and can be written, and the broker is reached."""
        if orchestrator.trouble:
            raise Unavailable("The journal cannot be written.", orchestrator.trouble)
        if orchestrator.state.epoch == 0:
            raise Unavailable("The journal is not folded yet.", "Wait a moment.")
        if not orchestrator.state.linked:
            raise Unavailable("The broker is not reached.", "The daemon tries again by itself; see its log.")
        return JSONResponse({"ready": True})


class _PageFiles(StaticFiles):
    """The page's files, which a browser may keep but has to ask about."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(REVALIDATE)
        return response


def _add_page(app: FastAPI) -> None:
    plotly = _plotly()

    @app.get("/", include_in_schema=False)
    @app.get("/stock", include_in_schema=False)
    @app.get("/schedule", include_in_schema=False)
    @app.get("/campaigns/{key}", include_in_schema=False)
    async def _page() -> Response:
        return FileResponse(STATIC / "index.html", headers=REVALIDATE)

    @app.get("/static/plotly.min.js", include_in_schema=False)
    async def _plotly_js() -> Response:
        if plotly is None:
            raise NotFound("plotly is not installed.", "Install labd with its dependencies.")
        return FileResponse(plotly, media_type="text/javascript", headers=KEEP)

    app.mount("/static", _PageFiles(directory=STATIC))


def _plotly() -> Path | None:
    """plotly.js as the Python package ships it. The package itself takes half a second to import, so it is not."""
    package = importlib.util.find_spec("plotly")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "package_data" / "plotly.min.js"
    return path if path.is_file() else None
