"""Commands that look: status, watch, trials."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from labd.cli.options import connect, json_option, lab_option
from labd.cli.overview import status_lines, waiting_lines
from labd.cli.printing import number, print_json, table

View = dict[str, Any]


@click.command()
@lab_option
@json_option
def status(lab: str | None, as_json: bool) -> None:
    """Say what runs, since when, the best so far, and what needs a person."""
    client = connect(lab)
    now = client.get("now")
    if as_json:
        print_json(now)
        return
    for line in status_lines(now, client.url):
        click.echo(line)


@click.command()
@click.argument("run", required=False)
@click.argument("step", required=False)
@lab_option
@json_option
def why(run: str | None, step: str | None, lab: str | None, as_json: bool) -> None:
    """Say of each step that waits what it waits for: of one run, or of all of a campaign, or of all.

    \b
    labd why
    labd why suzuki_flow
    labd why 01JD3Z.7.1 react
    """
    waiting = [
        each
        for each in connect(lab).get("steps")["steps"]
        if each["status"] == "waiting" and run in (None, each["run"], each["campaign"]) and step in (None, each["step"])
    ]
    if as_json:
        print_json(waiting)
    elif not waiting:
        click.echo("No step waits.")
    else:
        for line in waiting_lines(waiting, with_runs=True):
            click.echo(line)


@click.command()
@click.argument("campaign", required=False)
@click.option("--after", type=click.IntRange(min=0), help="Begin behind this place in the journal; by default now.")
@lab_option
@json_option
def watch(campaign: str | None, after: int | None, lab: str | None, as_json: bool) -> None:
    """Follow what happens; with a campaign, until it has ended.

    On a terminal a live table, elsewhere a line an event, with --json the events themselves as JSON lines.
    """
    from labd.cli import watching

    client = connect(lab)
    if as_json or not sys.stdout.isatty():
        watching.print_events(client, campaign, after, as_json=as_json)
    else:
        watching.show_live(client, campaign, after)


@click.command()
@click.argument("campaign")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for a spreadsheet.")
@lab_option
@json_option
def trials(campaign: str, as_csv: bool, lab: str | None, as_json: bool) -> None:
    """Print the trials of a campaign."""
    client = connect(lab)
    if as_csv:
        click.echo(client.get_text("campaigns", campaign, "trials.csv"), nl=False)
        return
    view = client.get("campaigns", campaign)
    if as_json:
        print_json(view)
        return
    names = [each["name"] for each in view["campaign"]["parameters"]]
    outcomes = list(view["campaign"]["outcomes"])
    rows = [
        [
            str(each["number"]),
            each["status"],
            *(number(each["parameters"].get(name)) for name in names),
            *(_measured((each["outcomes"] or {}).get(name)) for name in outcomes),
            each["method"],
            each["note"],
        ]
        for each in view["trials"]
    ]
    for line in table(["trial", "status", *names, *outcomes, "method", "note"], rows):
        click.echo(line)
    for line in proposers_lines(view):
        click.echo(line)


def proposers_lines(view: View) -> Iterator[str]:
    """What each has proposed and what came of it, where there are several."""
    if len(view["proposers"]) < 2:
        return
    yield ""
    rows = [
        [
            each["name"],
            each["kind"],
            f"{each['share']:.0%}",
            *(str(each[key]) for key in ("suggested", "observed", "failed")),
            number(each["best"]),
            each["said"],
        ]
        for each in view["proposers"]
    ]
    yield from table(["proposer", "kind", "share", "suggested", "observed", "failed", "best", "note"], rows)


def _measured(value: View | None) -> str:
    if value is None:
        return ""
    error = value["standard_error"]
    limit = {"below": "≤", "above": "≥"}.get(str(value["censored"]), "")
    return limit + number(value["mean"]) + ("" if error is None else f"±{error:.2g}")
