"""Commands for those who write drivers: run one, check one, begin a new one, list those of a room."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from labd.cli.files import read_file
from labd.cli.options import assignments, json_option, lab_option
from labd.cli.printing import print_json, table
from labd.cli.skeleton import class_name, module_name, skeleton
from labd.domain.errors import InvalidInput

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from labd.conformance import RuleReport
    from labd.domain.workcell import DriverProcess

KIT = (sys.executable, "-m", "labd.driver_kit")
PLACES = ("--workcell", "{workcell}", "--name", "{name}", "--broker", "{broker}", "--state", "{state}")
PYTHON_DRIVER = re.compile(r"[\w.]+:\w+")
VERDICT_WIDTH = 8
DESCRIBED_WITHIN_S = 30.0
ENTRY_POINTS = "labd.drivers"


@click.group()
def driver() -> None:
    """Drivers of instruments."""


@driver.command(
    "run", context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False
)
@click.argument("arguments", nargs=-1, required=True, metavar="TYPE [OPTIONS]...", type=click.UNPROCESSED)
def run_driver(arguments: tuple[str, ...]) -> None:
    """Run a driver, `package.module:Class`, by itself: `labd driver run --help` lists its options."""
    os.execv(sys.executable, [*KIT, *arguments])  # noqa: S606 - no shell is wanted


@driver.command("check", context_settings={"allow_interspersed_args": False})
@click.option("--name", default="checked", show_default=True, help="The instrument's name.")
@click.option("--workcell", default="check", show_default=True, help="The workcell's name.")
@click.option("--capability", default="", help="What to order; by default the first of the descriptor.")
@click.option("--argument", multiple=True, metavar="NAME=VALUE", help="Of the order, as JSON or text. Repeatable.")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Look at this rule only. Repeatable.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long the driver may take for anything.",
)
@json_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def check_driver(
    *,
    name: str,
    workcell: str,
    capability: str,
    argument: tuple[str, ...],
    rules: tuple[str, ...],
    patience: float,
    as_json: bool,
    command: tuple[str, ...],
) -> None:
    """Check that a driver keeps the wire, rule by rule. It moves the instrument.

    COMMAND starts the driver, in any language. In it {broker}, {workcell}, {name} and {state} (a directory to remember
    things in) are filled in; the driver also finds them in the variables LABD_BROKER, LABD_WORKCELL, LABD_NAME and
    LABD_STATE. For a driver of the Python kit write package.module:Class [--option NAME=VALUE]... instead.

    Exit code 1 where a rule is broken.
    """
    from labd.cli.checking import check_driver as check
    from labd.conformance import Choice, Launch

    words = (*KIT, command[0], *PLACES, *command[1:]) if PYTHON_DRIVER.fullmatch(command[0]) else command
    arguments = {key: _value(text) for key, text in assignments(argument).items()}
    report = check(
        Launch(words, workcell, name),
        Choice(capability, arguments, patience),
        rules,
        tell=(lambda _: None) if as_json else _show,
    )
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        broken = sum(not (each.passed or each.skipped) for each in report.rules)
        skipped = sum(each.skipped for each in report.rules)
        click.echo(f"{len(report.rules)} rules: {broken} broken, {skipped} skipped.")
    if not report.passed:
        raise click.exceptions.Exit(1)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _show(report: RuleReport) -> None:
    verdict = "passed" if report.passed else "skipped" if report.skipped else "BROKEN"
    click.echo(f"{verdict:{VERDICT_WIDTH}}{report.id:28}{report.title}")
    for line in filter(None, (report.message, report.remedy)):
        click.echo(f"{'':{VERDICT_WIDTH}}{line}")


@driver.command("new")
@click.argument("name")
@click.argument("directory", type=click.Path(path_type=Path), default=".", metavar="[DIR]")
def new_driver(name: str, directory: Path) -> None:
    """Write a driver to begin with: DIR/NAME.py."""
    module, cls = module_name(name), class_name(name)
    path = directory / f"{module}.py"
    if path.exists():
        raise InvalidInput(f"{path} would be overwritten.", "Choose another name.")
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(skeleton(name), encoding="utf-8")
    click.echo(f"wrote {path}")
    click.echo(f"Check it with `labd driver check {module}:{cls}` in its directory.")


class _Installed(NamedTuple):
    """A driver that a distribution has announced."""

    name: str
    driver: str
    distribution: str
    version: str


class _Listed(NamedTuple):
    """An instrument of the workcell, its driver, and whether that can be imported and made."""

    instrument: str
    driver: str
    ready: bool | None
    """None where somebody else starts the driver."""
    message: str


@driver.command("list")
@lab_option
@click.option("--workcell", type=click.Path(path_type=Path), metavar="FILE", help="The instruments of this room.")
@json_option
def list_drivers(lab: str | None, workcell: Path | None, as_json: bool) -> None:
    """List the drivers that are installed here.

    With --lab or --workcell: the instruments of that room, and whether each one's driver can be imported and made.

    Another distribution's drivers are listed where it has entry points in the group labd.drivers.
    """
    if lab or workcell:
        _show_room(lab, workcell, as_json)
        return
    from importlib.metadata import entry_points

    points = sorted(entry_points(group=ENTRY_POINTS), key=lambda each: each.name)
    found = [_Installed(each.name, each.value, *_origin(each)) for each in points]
    if as_json:
        print_json([each._asdict() for each in found])
        return
    rows = [(each.name, each.driver, f"{each.distribution} {each.version}") for each in found]
    for line in table(("name", "driver", "installed by"), rows):
        click.echo(line)


def _origin(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("", "")


def _show_room(lab: str | None, workcell: Path | None, as_json: bool) -> None:
    from labd.protocols import load_workcell
    from labd.settings import find_laboratory

    directory = find_laboratory(lab) if lab or workcell is None else Path.cwd()
    path = workcell or directory / "workcell.yaml"
    room = load_workcell(read_file(path), str(path))
    found = [_listed(name, each.driver, directory) for name, each in room.instruments.items()]
    if as_json:
        print_json([each._asdict() for each in found])
        return
    words = {True: "yes", False: "NO", None: "not started by labd"}
    rows = [(each.instrument, each.driver, words[each.ready], each.message) for each in found]
    for line in table(("instrument", "driver", "can be imported", ""), rows):
        click.echo(line)


def _listed(name: str, process: DriverProcess | None, directory: Path) -> _Listed:
    """What the driver says of itself, in a process of its own: labd imports no driver."""
    if process is None:
        return _Listed(name, "", None, "")
    options = (word for key, value in process.options.items() for word in ("--option", f"{key}={value}"))
    try:
        done = subprocess.run(  # noqa: S603 - the workcell's own driver, as the daemon starts it
            [*KIT, process.type, "--name", name, *options, "--describe"],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=DESCRIBED_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Listed(name, process.type, False, f"It did not describe itself within {DESCRIBED_WITHIN_S:g} s.")
    last_line = (done.stderr.strip().splitlines() or [""])[-1]
    return _Listed(name, process.type, done.returncode == 0, "" if done.returncode == 0 else last_line)
