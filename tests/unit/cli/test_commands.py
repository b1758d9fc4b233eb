"""What the commands do without a daemon: usage, exit codes, files."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from labd.cli import labd
from labd.cli.running import port_or_any


def invoke(*arguments: str, lab: Path | None = None) -> Result:
    environment = {"LABD_LAB": str(lab) if lab else ""}
    return CliRunner().invoke(labd, arguments, env=environment, prog_name="labd")


def test_without_a_daemon_the_hint_says_how_to_start_it(tmp_path: Path) -> None:
    (tmp_path / ".labd").mkdir()
    result = invoke("status", lab=tmp_path)
    assert result.exit_code == 6
    assert f"labd serve --lab {tmp_path}" in result.stderr
    assert result.stdout == ""


def test_a_daemon_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody_listens.getsockname()[1]}"
        (tmp_path / ".labd").mkdir()
        address = {"url": url, "pid": os.getpid()}
        (tmp_path / ".labd" / "daemon.json").write_text(json.dumps(address))
        result = invoke("status", lab=tmp_path)
    assert result.exit_code == 6
    assert f"The daemon at {url} does not answer" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("demo", "--fault", "pump"),
        ("demo", "--fault", "pump=2"),
        ("demo", "--speed", "0"),
        ("tell", "mixing", "share", "--outcome", "signal=1"),
        ("tell", "mixing", "share=1", "--outcome", "signal=high"),
        ("resolve", "x", "perhaps"),
        ("load", "/nowhere/at/all.yaml"),
        ("check", "/nowhere/at/all.yaml"),
    ],
)
def test_wrong_input_is_exit_code_2_and_no_traceback(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stderr
    assert "Traceback" not in result.output


def test_a_demonstration_takes_another_port_where_the_usual_one_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port_or_any("127.0.0.1", port) == 0
    assert port_or_any("127.0.0.1", port) == port


def leaves(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """The commands by their whole names, groups gone into."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", each) for inner, each in leaves(command))
        else:
            yield name, command


def test_every_command_that_asks_the_daemon_has_json_and_lab() -> None:
    asks_none = ("driver", "broker", "wire", "data", "schema", "planner")
    for name, command in leaves(labd):
        if name.split()[0] in asks_none:
            continue
        options = {each.name for each in command.params}
        assert ("as_json" in options) is (name != "serve"), name
        assert ("lab" in options) is (name not in {"init", "check", "dry-run"}), name
        assert command.help, name


def test_init_makes_a_laboratory_that_is_right_and_overwrites_nothing(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    made = invoke("init", str(lab), "--json")
    assert made.exit_code == 0, made.output
    assert len(json.loads(made.stdout)["files"]) == 3
    files = str(lab / "workcell.yaml"), str(lab / "protocols" / "first.yaml")
    right = invoke("check", *files)
    assert right.exit_code == 0, right.output
    assert json.loads(invoke("check", files[1], "--json").stdout)["ok"]
    again = invoke("init", str(lab))
    assert again.exit_code == 2
    assert "would be overwritten" in again.stderr


def test_check_says_where(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    invoke("init", str(lab))
    protocol = lab / "protocols" / "first.yaml"
    protocol.write_text(protocol.read_text() + "\nnonsense: 1\n")
    line = protocol.read_text().splitlines().index("nonsense: 1") + 1
    result = invoke("check", str(protocol))
    assert result.exit_code == 2
    assert f"{protocol}:{line}:" in result.stdout
    findings = json.loads(invoke("check", str(protocol), "--json").stdout)["findings"]
    assert [each["line"] for each in findings if each["severity"] == "error"] == [line]
