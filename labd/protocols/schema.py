"""The JSON Schemas of the two files, for editors: they complete keys and mark what is wrong while one writes."""

from __future__ import annotations

from typing import Any

from labd.protocols.written import ProtocolWritten, WorkcellWritten, Written

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def protocol_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a protocol file."""
    return _schema(ProtocolWritten, "protocol")


def workcell_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a workcell file."""
    return _schema(WorkcellWritten, "workcell")


def _schema(model: type[Written], kind: str) -> dict[str, Any]:
    schema = _closed(model.model_json_schema())
    return {"$schema": DIALECT, **schema, "title": f"labd {kind}"}


def _closed(part: Any) -> Any:
    """The schema with the names of things held to their pattern, and without the titles that pydantic makes up."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    made = {key: _closed(each) for key, each in part.items() if not (key == "title" and isinstance(each, str))}
    return {**made, "additionalProperties": False} if "patternProperties" in made else made
