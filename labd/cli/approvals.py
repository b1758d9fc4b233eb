"""Commands for what persons must allow: approvals, approve, refuse."""

from __future__ import annotations

from typing import Any

import click

from labd.cli.interventions import reason_required
from labd.cli.options import connect, json_option, lab_option
from labd.cli.printing import clock, print_json
from labd.domain.errors import NotFound

View = dict[str, Any]

by_required = click.option("--by", required=True, metavar="NAME", help="Who says so; kept in the journal.")


@click.command()
@click.option("--again", metavar="ID", help="Ask once more for what was refused, or not answered in time.")
@lab_option
@json_option
def approvals(*, again: str | None, lab: str | None, as_json: bool) -> None:
    """Show what waits for a person's yes, and why."""
    client = connect(lab)
    if again:
        client.post("approvals", again, "again", body={})
    found = client.get("approvals")
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo("Nothing waits for approval.")
    for each in found:
        click.echo(_line(each))
        if each["status"] == "asked":
            click.echo(f"  why: {'; '.join(each['reasons'])}")
            click.echo(f"  SHA-256 {each['content_hash']}")
            click.echo(f"  labd approve {each['id']} --by NAME, or labd refuse {each['id']} --by NAME --reason WHY")


def _line(each: View) -> str:
    said = f" by {', '.join(each['by'])}" if each["by"] else ""
    needs = f" ({len(each['by'])} of {each['persons']} persons)" if each["status"] == "asked" else ""
    until = f", until {clock(each['until'])}" if each["status"] == "asked" and each["until"] else ""
    return f"{each['id']}  {each['status']}{said}{needs}{until}  {each['text']}"


@click.command()
@click.argument("approval", metavar="ID")
@by_required
@click.option("--reason", default="", help="Why; kept in the journal.")
@lab_option
@json_option
def approve(*, approval: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Say yes to exactly what `labd approvals` shows now."""
    client = connect(lab)
    shown = next((e for e in client.get("approvals") if e["id"] == approval or e["id"].endswith(f":{approval}")), None)
    if shown is None:
        raise NotFound(f"There is no approval {approval!r}.", "`labd approvals` names those that wait.")
    body = {"by": by, "reason": reason, "content_hash": shown["content_hash"]}
    told = client.post("approvals", shown["id"], "approve", body=body)
    if as_json:
        print_json(told)
    elif told["status"] == "given":
        then = "" if told["subject"] != "campaign" else f" Now: labd start {told['campaign_name']} (or resume)"
        click.echo(f"Approved.{then}")
    else:
        click.echo(f"Approved by {', '.join(told['by'])}; it needs another person, too.")


@click.command()
@click.argument("approval", metavar="ID")
@by_required
@reason_required
@lab_option
@json_option
def refuse(*, approval: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Say no. A trial is given up; a campaign, or a step, waits for a person."""
    told = connect(lab).post("approvals", approval, "refuse", body={"by": by, "reason": reason})
    if as_json:
        print_json(told)
    else:
        click.echo(f"Refused: {told['text']}")
