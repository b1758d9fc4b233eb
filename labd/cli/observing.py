"""Commands that look: status, watch, trials."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from labd.cli.options import connect, json_option, lab_option
from labd.cli.printing import clock, number, pairs, print_json, since, table

View = dict[str, Any]

ENDED = ("finished", "stopped")


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


def status_lines(now: View, url: str) -> Iterator[str]:
    """What `labd status` says of a laboratory."""
    laboratory = now["laboratory"]
    link = "linked to the broker" if laboratory["linked"] else "NO LINK to the broker"
    yield f"{laboratory['title'] or 'Laboratory'}: labd {laboratory['release']}, {link}, {url}"
    yield ""
    yield from _campaigns(now)
    yield ""
    yield from _instruments(now)
    needs = list(_needs_a_person(now))
    if needs:
        yield ""
        yield "Needs a person"
        yield from (f"  {line}" for line in needs)


def _campaigns(now: View) -> Iterator[str]:
    if not now["campaigns"]:
        yield "No campaign yet: `labd load FILE` makes one."
        return
    yield "Campaigns"
    for each in now["campaigns"]:
        moment = each["ended"] or each["started"] or each["created"]
        age = since(moment, now["laboratory"]["time"])
        of = f" of {each['budget']}" if each["budget"] else ""
        counts = (
            f"{each['trials']}{of} trials: {each['observed']} observed, {each['failed']} failed, {each['open']} open"
        )
        yield f"  {each['name']}  {each['status']} since {clock(moment)} ({age})  {counts}"
        if each["note"]:
            yield f"    {each['note']}"
        if each["planning"]:
            yield "    the planner is at work"
        yield f"    {_best(each)}"


def _best(campaign: View) -> str:
    best, objective = campaign["best"], campaign["objective"]
    if best is None:
        return "nothing measured yet"
    where = "told by hand" if best["trial"] is None else f"trial {best['trial']}"
    value = f"{objective['outcome']} {number(best['value'])} {objective['unit']}".rstrip()
    return f"best {value}, {where}: {pairs(best['parameters'])}"


def _instruments(now: View) -> Iterator[str]:
    if not now["instruments"]:
        yield "No instruments: the workcell is not loaded."
        return
    yield "Instruments"
    rows = [[each["name"], each["status"], _doing(each, now)] for each in now["instruments"]]
    yield from (f"  {line}" for line in list(table(["", "", ""], rows))[1:])


def _doing(instrument: View, now: View) -> str:
    doing = instrument["doing"]
    if doing is None:
        return str(instrument["message"])
    progress = "" if doing["progress"] is None else f" {doing['progress']:.0%}"
    age = since(doing["since"], now["laboratory"]["time"])
    return f"{doing['capability']} for {doing['campaign']} trial {doing['trial']}{progress}, {age}"


def _needs_a_person(now: View) -> Iterator[str]:
    if now["laboratory"]["trouble"]:
        yield f"The journal cannot be written: {now['laboratory']['trouble']}"
    for each in now["questions"]:
        yield (
            f"{each['instrument']}: did {each['capability']} happen ({each['campaign']}, trial {each['trial']})? "
            f"{each['message']}"
        )
        yield f"  labd resolve {each['command']} done|not-done|discard --reason WHY"
    for each in now["campaigns"]:
        if each["status"] == "paused":
            yield f"{each['name']} is paused: labd resume {each['name']}"
    for each in now["instruments"]:
        if each["status"] in ("error", "stopped"):
            yield f"{each['name']} is {each['status']}: {each['message']}"
    if now["laboratory"]["quarantined"]:
        yield f"{now['laboratory']['quarantined']} messages are in quarantine; the page shows the newest."


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


def _measured(value: View | None) -> str:
    if value is None:
        return ""
    error = value["standard_error"]
    return number(value["mean"]) + ("" if error is None else f"±{error:.2g}")
