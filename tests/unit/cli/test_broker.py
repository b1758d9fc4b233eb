"""`labd broker`: what it prints and how it fails. What it makes is seen in `tests/unit/broker`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labd.cli import labd

ROOM = """
workcell: bench
roles:
  mixer: {capabilities: {mix: {typical: 1 s, maximum: 2 s}}}
instruments:
  mixer_1: {roles: [mixer]}
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    path = tmp_path / "workcell.yaml"
    path.write_text(ROOM)
    return path


def invoke(*words: object) -> Result:
    return CliRunner().invoke(labd, [str(word) for word in words], catch_exceptions=False)


def test_the_files_are_made_and_what_to_do_with_them_is_said(room: Path, tmp_path: Path) -> None:
    made = invoke("broker", "config", tmp_path / "secured", "--workcell", room, "--host", "broker.example")
    assert made.exit_code == 0, made.output
    assert "mixer_1" in made.stdout
    assert f'labd serve --broker "mqtts://broker.example:8883?ca={tmp_path}/secured/clients/ca.crt' in made.stdout
    again = json.loads(invoke("broker", "config", tmp_path / "secured", "--workcell", room, "--json").stdout)
    assert again["hosts"] == ["broker.example"]
    assert set(again["credentials"].values()) == {"kept"}


def test_no_password_is_printed(room: Path, tmp_path: Path) -> None:
    for arguments in ((), ("--json",)):
        made = invoke("broker", "config", tmp_path / "secured", "--workcell", room, *arguments)
        for file in (tmp_path / "secured" / "clients").glob("*.json"):
            assert json.loads(file.read_text())["passwords"][0] not in made.output


def test_without_a_broker_there_are_no_new_passwords(room: Path, tmp_path: Path) -> None:
    assert invoke("broker", "rotate", tmp_path / "secured").exit_code == 4
    invoke("broker", "config", tmp_path / "secured", "--workcell", room)
    before = (tmp_path / "secured" / "clients" / "mixer_1.json").read_text()
    refused = invoke("broker", "rotate", tmp_path / "secured", "mixer_1")
    assert refused.exit_code == 6
    assert "--reload" in refused.output
    assert (tmp_path / "secured" / "clients" / "mixer_1.json").read_text() == before


def test_a_password_on_the_command_line_is_refused(tmp_path: Path) -> None:
    for command in ("serve", "demo"):
        refused = invoke(command, "--lab", tmp_path, "--broker", "mqtt://ann:x7y8@broker")
        assert refused.exit_code == 2
        assert "LABD_BROKER" in refused.output
        assert "x7y8" not in refused.output
