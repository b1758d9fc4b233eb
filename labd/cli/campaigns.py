"""Commands that change something: campaigns, data from elsewhere, commands in doubt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from labd.cli.files import read_file
from labd.cli.options import (
    assignments,
    by_option,
    connect,
    json_option,
    lab_option,
    learn_option,
    person_options,
    pool_option,
    scalar,
)
from labd.cli.printing import number, print_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Of the campaign. By default the protocol's name, with a number if that is taken.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="The same seed proposes the same. By default drawn.")
@click.option("--start", "and_start", is_flag=True, help="Start it at once.")
@click.option(
    "--priority", type=click.IntRange(-100, 100), default=0, help="A higher one goes first at the instruments."
)
@click.option(
    "--autonomy",
    type=click.IntRange(0, 4),
    default=3,
    show_default=True,
    help="How much happens without a person. 0: nothing is ordered. 1: each step is released. 2: each trial is"
    " approved. 3: trials run by themselves. 4: so do protocols that a machine wrote, within their caps.",
)
@click.option("--by-machine", is_flag=True, help="A machine wrote the protocol.")
@learn_option
@pool_option
@by_option
@lab_option
@json_option
def load(
    *,
    file: Path,
    name: str | None,
    seed: int | None,
    and_start: bool,
    priority: int,
    autonomy: int,
    by_machine: bool,
    learn_from: tuple[str, ...],
    pool_file: Path | None,
    by: str,
    lab: str | None,
    as_json: bool,
) -> None:
    """Load a protocol as a new campaign."""
    if learn_from and not and_start:
        raise click.UsageError("--learn-from counts at the start: add --start, or give it to `labd start`.")
    body: dict[str, Any] = {"protocol": read_file(file), "file": str(file), "name": name, "seed": seed}
    body |= {
        "start": and_start,
        "by": by,
        "priority": priority,
        "autonomy": autonomy,
        "by_machine": by_machine,
        "learn_from": list(learn_from),
    }
    if pool_file:
        body |= {"pool": read_file(pool_file, "CSV"), "pool_file": str(pool_file)}
    made = connect(lab).post("campaigns", body=body)
    if as_json:
        print_json(made)
    elif and_start:
        click.echo(f"{made['name']} is {made['status']}. Follow it with `labd watch {made['name']}`.")
    else:
        click.echo(f"{made['name']} is loaded. Begin with `labd start {made['name']}`.")


def _move(action: str, description: str) -> click.Command:
    """A command that moves a campaign from one status to another."""

    @click.command(action, help=description)
    @click.argument("campaign")
    @person_options
    @lab_option
    @json_option
    def command(*, campaign: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
        _moved(connect(lab).post("campaigns", campaign, action, body={"by": by, "reason": reason}), as_json=as_json)

    return command


def _moved(moved: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(moved)
    else:
        click.echo(f"{moved['name']} is {moved['status']}.")


@click.command()
@click.argument("campaign")
@learn_option
@person_options
@lab_option
@json_option
def start(*, campaign: str, learn_from: tuple[str, ...], by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Let a campaign run."""
    body = {"by": by, "reason": reason, "learn_from": list(learn_from)}
    _moved(connect(lab).post("campaigns", campaign, "start", body=body), as_json=as_json)


pause = _move("pause", "Begin no new step; what runs on the instruments comes to its end.")
resume = _move("resume", "Go on with a paused campaign.")
stop = _move("stop", "End a campaign for good: open trials are abandoned.")


@click.command()
@click.argument("campaign")
@click.argument("parameters", nargs=-1, required=True, metavar="NAME=VALUE...")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    required=True,
    metavar="NAME=MEAN[±ERROR]",
    help="What was measured, and its standard error where it is known (+- will do). Repeatable.",
)
@person_options
@lab_option
@json_option
def tell(
    *,
    campaign: str,
    parameters: tuple[str, ...],
    outcomes: tuple[str, ...],
    by: str,
    reason: str,
    lab: str | None,
    as_json: bool,
) -> None:
    """Tell a campaign of an experiment that was done elsewhere.

    \b
    labd tell suzuki_flow temperature=95 catalyst=P1-L3 --outcome yield=71.2±1.5
    """
    given = assignments(parameters)
    measured = {name: measurement(name, text) for name, text in assignments(outcomes).items()}
    client = connect(lab)
    declared = client.get("campaigns", campaign)["campaign"]["parameters"]
    texts = {each["name"] for each in declared if each["kind"] == "categorical"}
    values = {name: text if name in texts else scalar(text) for name, text in given.items()}
    body = {"parameters": values, "outcomes": measured, "by": by, "reason": reason}
    told = client.post("campaigns", campaign, "observations", body=body)
    if as_json:
        print_json(told)
        return
    best = told["best"]
    objective = told["objective"]
    words = f"; best {objective['outcome']} {number(best['value'])} {objective['unit']}".rstrip() if best else ""
    click.echo(f"{told['name']} has learnt it{words}.")


def measurement(name: str, text: str) -> dict[str, float | None]:
    """The outcome that a text says, `71.2` or `71.2±1.5`. Raises a usage error."""
    mean, sign, error = text.replace("+-", "±").partition("±")
    try:
        return {"mean": float(mean), "standard_error": float(error) if sign else None}
    except ValueError:
        raise click.UsageError(f"{text!r} is no value of {name}; write 71.2 or 71.2±1.5.") from None


@click.command()
@click.argument("command", metavar="COMMAND")
@click.argument("resolution", type=click.Choice(["done", "not-done", "discard"]))
@click.option(
    "--result",
    "results",
    multiple=True,
    metavar="NAME=VALUE",
    help="With done: what it gave, or a correction. Repeatable.",
)
@person_options
@lab_option
@json_option
def resolve(
    *,
    command: str,
    resolution: str,
    results: tuple[str, ...],
    by: str,
    reason: str,
    lab: str | None,
    as_json: bool,
) -> None:
    """Say what became of a command of which nobody knew whether it happened, or whose result cannot be true.

    \b
    done      It happened; a held result is taken, as --result corrects it.
    not-done  It did not happen, or the result counts for nothing: it is ordered again.
    discard   The sample is given up.
    """
    result: dict[str, Any] = {name: scalar(text) for name, text in assignments(results).items()}
    body = {"resolution": resolution.replace("-", "_"), "result": result, "by": by, "reason": reason}
    resolved = connect(lab).post("commands", command, "resolve", body=body)
    if as_json:
        print_json(resolved)
    else:
        click.echo(f"{command}: {resolution}.")
