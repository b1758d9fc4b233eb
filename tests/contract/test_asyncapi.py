"""The document of the wire, as the public AsyncAPI parser reads it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from labd.wire.asyncapi import asyncapi

pytestmark = pytest.mark.needs("asyncapi-parser")

SCRIPT = Path(__file__).with_name("asyncapi_diagnostics.cjs")
WARNING = 1
"""Spectral's severities: 0 error, 1 warning; above are hints, such as that a newer AsyncAPI exists."""


def read(document: dict[str, Any]) -> tuple[bool, list[dict[str, Any]]]:
    """Whether the parser takes the document, and the errors and warnings that it has about it."""
    modules = Path(os.environ["LABD_ASYNCAPI_PARSER"]) / "node_modules"
    said = subprocess.run(
        ["node", SCRIPT],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NODE_PATH": str(modules)},
    )
    answer = json.loads(said.stdout)
    return answer["parsed"], [each for each in answer["diagnostics"] if each["severity"] <= WARNING]


def test_the_document_is_valid() -> None:
    assert read(asyncapi()) == (True, [])


def test_a_schema_that_is_none_would_be_found() -> None:
    document = asyncapi()
    document["components"]["schemas"]["Ask"]["type"] = "objekt"
    parsed, found = read(document)
    assert not parsed
    assert any("channels.ask" in each["path"] for each in found)


def test_an_operation_on_no_channel_would_be_found() -> None:
    document = asyncapi()
    document["operations"]["daemonSendsAsk"]["channel"] = {"$ref": "#/channels/nowhere"}
    parsed, found = read(document)
    assert not parsed
    assert found
