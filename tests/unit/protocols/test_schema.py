"""The schemas for editors say yes to what labd takes, and no to what they can see to be wrong."""

import json
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from labd.cli import labd
from labd.protocols import protocol_schema, workcell_schema


def errors(schema: dict[str, Any], text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return [each.message for each in validator.iter_errors(YAML(typ="safe").load(text))]


def test_they_are_schemas() -> None:
    for schema in (protocol_schema(), workcell_schema()):
        jsonschema.Draft202012Validator.check_schema(schema)


def test_sound_files_are_taken(protocol_text: str, workcell_text: str) -> None:
    assert errors(protocol_schema(), protocol_text) == []
    assert errors(workcell_schema(), workcell_text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Suzuki", "titel: Suzuki"),
        ("protocol: suzuki_flow\n", ""),
        ("retries: 1", "retries: often"),
        ("retries: 1", "retries: 21"),
        ("retries: 1", "retry: 1"),
        ("type: integer, low", "type: interger, low"),
        ("options: [L0, L1]", "options: []"),
        ("  prepare:\n", "  Prepare:\n"),
        ("low: 60 s", "low: [60]"),
        ("low: 60 s", "low: warm"),
        ("timeout: 30 min", "timeout: 30"),
        ("- maximise: yield", "- minimise: yield\n    maximise: yield"),
        ("- maximise: yield", "- weight: 1"),
        ("- maximise: yield", "- map: yield\n    maximise: yield"),
        ("planner: {parallel: 2,", "planner: {parallel: 2, proposers: {Sobol: {}},"),
        ("planner: {parallel: 2,", "planner: {parallel: 2, proposers: {oracle: {kind: service, url: x}},"),
        ("planner: {parallel: 2,", "planner: {parallel: 2, apart: 1,"),
        ("runs_per_trial", "limits: [{outcome: yield, at_most: 3, safe: 1}]\nruns_per_trial"),
        ('version: "1"', "version: 1"),
    ],
)
def test_wrong_protocols_are_refused(protocol_text: str, old: str, new: str) -> None:
    assert protocol_text.count(old) == 1
    assert errors(protocol_schema(), protocol_text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("recovery: discard", "recovery: ignore"),
        ("roles: [hplc]", "rols: [hplc]"),
        ('"labd_drivers.simulated.suzuki_flow.pump_station:PumpStation"', "pump_station.PumpStation"),
        ("typical: 60 s", "typical: 60"),
        ("cancellable: true", "cancellable: maybe"),
    ],
)
def test_wrong_workcells_are_refused(workcell_text: str, old: str, new: str) -> None:
    assert workcell_text.count(old) == 1
    assert errors(workcell_schema(), workcell_text.replace(old, new))


def test_every_key_is_described() -> None:
    kinds = {"type", "description"}
    for schema in (protocol_schema(), workcell_schema()):
        for name, part in [("", schema), *schema["$defs"].items()]:
            silent = [key for key, entry in part["properties"].items() if "description" not in entry]
            assert set(silent) <= kinds, name


@pytest.mark.parametrize(("kind", "schema"), [("protocol", protocol_schema()), ("workcell", workcell_schema())])
def test_the_command_line_prints_them(kind: str, schema: dict[str, Any]) -> None:
    printed = CliRunner().invoke(labd, ["schema", kind])
    assert json.loads(printed.output) == schema
