"""Commands for those who write drivers: run one, check one, begin a new one, list those of a room."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING

import click

from labd.cli.options import assignments, json_option
from labd.cli.printing import print_json

if TYPE_CHECKING:
    from labd.conformance import RuleReport

KIT = (sys.executable, "-m", "labd.driver_kit")
PLACES = ("--workcell", "{workcell}", "--name", "{name}", "--broker", "{broker}", "--state", "{state}")
PYTHON_DRIVER = re.compile(r"[\w.]+:\w+")
VERDICT_WIDTH = 8


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
    from labd.conformance import Choice, Launch
    from labd.daemon import check_driver as check

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


def _value(text: str) -> float | int | str | bool:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, float | int | str | bool) else text


def _show(report: RuleReport) -> None:
    verdict = "passed" if report.passed else "skipped" if report.skipped else "BROKEN"
    click.echo(f"{verdict:{VERDICT_WIDTH}}{report.id:28}{report.title}")
    for line in filter(None, (report.message, report.remedy)):
        click.echo(f"{'':{VERDICT_WIDTH}}{line}")
