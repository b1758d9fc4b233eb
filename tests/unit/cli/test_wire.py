"""`labd wire asyncapi` prints the document, in either notation."""

import json

from click.testing import CliRunner
from ruamel.yaml import YAML

from labd.cli import labd
from labd.wire.asyncapi import asyncapi


def test_json_and_yaml_are_the_same_document() -> None:
    in_json = CliRunner().invoke(labd, ["wire", "asyncapi"])
    in_yaml = CliRunner().invoke(labd, ["wire", "asyncapi", "--yaml"])
    assert (in_json.exit_code, in_yaml.exit_code) == (0, 0)
    document = json.loads(json.dumps(asyncapi()))
    assert json.loads(in_json.stdout) == document
    assert YAML(typ="safe", pure=True).load(in_yaml.stdout) == document
