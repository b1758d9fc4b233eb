"""Errors as JSON: `{"error": {"message", "hint", "findings"?}}`."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from labd.domain.errors import LabError
from labd.protocols import InvalidFile
from labd.web.views import View


def error_view(error: LabError) -> View:
    """An error as the API tells it."""
    view: View = {"message": error.message, "hint": error.hint}
    if isinstance(error, InvalidFile):
        wrong = sum(each.severity == "error" for each in error.findings)
        view["message"] = f"The file cannot be taken: {wrong} error{'s' * (wrong != 1)}."
        view["findings"] = [asdict(each) for each in error.findings]
    return {"error": view}


def tell_errors(app: FastAPI) -> None:
    """Make every error that leaves the application one of ours."""

    @app.exception_handler(LabError)
    async def _lab_error(_: Request, error: LabError) -> JSONResponse:
        return JSONResponse(error_view(error), error.http_status)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in error.errors()]
        message = f"The request is not what the API takes: {'; '.join(wrong)}."
        return JSONResponse(_view(message, "See /api/v1/openapi.json."), 422)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        message = f"{request.method} {request.url.path}: {error.detail}."
        return JSONResponse(_view(message, "See /api/v1/openapi.json."), error.status_code, headers=error.headers)

    @app.exception_handler(Exception)
    async def _unexpected(_: Request, _error: Exception) -> JSONResponse:  # uvicorn logs the error
        return JSONResponse(_view("The daemon met something unexpected.", "Its log has the details."), 500)


def _view(message: str, hint: str) -> View:
    return {"error": {"message": message, "hint": hint}}
