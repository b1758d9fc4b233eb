"""Commands for what stands and lies in the room: stock, labware, instruments in and out of service."""

from __future__ import annotations

from typing import Any

import click

from labd.cli.interventions import instrument, reason_required
from labd.cli.options import by_option, connect, json_option, lab_option, person_options
from labd.cli.printing import clock, duration, number, print_json, table

View = dict[str, Any]


# --- stock


@click.group(invoke_without_command=True)
@lab_option
@json_option
@click.pass_context
def stock(context: click.Context, lab: str | None, as_json: bool) -> None:
    """Show what there is of everything, its lots, and how long it lasts; refill it, count it."""
    if context.invoked_subcommand is not None:
        return
    shelves = connect(lab).get("stock")
    if as_json:
        print_json(shelves)
        return
    if not shelves:
        click.echo("The workcell has no stock: `stock:` in its file names what orders use up.")
    for each in shelves:
        for line in _shelf(each):
            click.echo(line)


def _shelf(each: View) -> list[str]:
    """What is there of one thing."""
    unit = each["unit"]
    hours = each["hours_to_empty"]
    lasts = "not used of late" if hours is None else f"empty in {duration(3600 * hours)} as it is used now"
    words = {"enough": "", "low": "  LOW: refill it", "empty": "  EMPTY: refill it"}[each["level"]]
    kept = [f"{number(each[word])} {unit} {word}" for word in ("reserved", "uncertain") if each[word]]
    there = f"{each['name']}  {number(each['available'])} {unit}".rstrip()
    lines = [", ".join([f"{there} available", *kept, lasts]) + words]
    for lot in each["lots"]:
        expires = f"expires {clock(lot['expires'])}" if lot["expires"] else "does not expire"
        state = "EXPIRED" if lot["expired"] else expires
        uncertain = f", {number(lot['uncertain'])} {unit} uncertain: count it" if lot["uncertain"] else ""
        lines.append(f"  lot {lot['lot']}: {number(lot['amount'])} {unit}, {state}{uncertain}")
    return lines


def _told(view: View, *, as_json: bool) -> None:
    if as_json:
        print_json(view)
        return
    for line in _shelf(view):
        click.echo(line)


@stock.command()
@click.argument("name")
@click.option("--lot", required=True, help="What is written on the bottle.")
@click.option(
    "--amount", required=True, metavar="AMOUNT", help='As in "500 mL"; a bare number is in the stock\'s unit.'
)
@click.option("--expires", metavar="DATE", help="The last day that it may be used: 2027-01-31. By default never.")
@person_options
@lab_option
@json_option
def refill(
    *, name: str, lot: str, amount: str, expires: str | None, by: str, reason: str, lab: str | None, as_json: bool
) -> None:
    """Say that a lot was put in place. Steps that waited for it go on."""
    body = {"lot": lot, "amount": amount, "expires": expires, "by": by, "reason": reason}
    _told(connect(lab).post("stock", name, "refill", body=body), as_json=as_json)


@stock.command()
@click.argument("name")
@click.option("--lot", required=True, help="What is written on the bottle.")
@click.option("--amount", required=True, metavar="AMOUNT", help="What is there now; 0 where nothing is, or it is gone.")
@by_option
@reason_required
@lab_option
@json_option
def count(*, name: str, lot: str, amount: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Say what is there of a lot: it counts, and nothing of the lot is uncertain any more."""
    body = {"lot": lot, "amount": amount, "by": by, "reason": reason}
    _told(connect(lab).post("stock", name, "count", body=body), as_json=as_json)


# --- labware


class _Labware(click.Group):
    """A name that is none of the commands is the id of labware."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or the one that shows the labware of that id."""
        return super().get_command(ctx, cmd_name) or _history(cmd_name)


@click.group(cls=_Labware, invoke_without_command=True, subcommand_metavar="[ID | COMMAND [ARGS]...]")
@lab_option
@json_option
@click.pass_context
def labware(context: click.Context, lab: str | None, as_json: bool) -> None:
    """Show what labware is in the room, and where; with an ID, where that has been."""
    if context.invoked_subcommand is not None:
        return
    view = connect(lab).get("labware")
    if as_json:
        print_json(view)
        return
    if not view["labware"]:
        click.echo("No labware is in the room.")
    for each in view["labware"]:
        click.echo(_where(each))
    rows = [
        [each["name"], f"{each['capacity'] - each['free']} of {each['capacity']}", ", ".join(each["labware"])]
        for each in view["locations"]
    ]
    if rows:
        click.echo("")
        for line in table(["location", "taken", ""], rows):
            click.echo(line)


def _where(each: View) -> str:
    """One line: where labware is, of which trial it is, and what is to be done about it."""
    to = f", to {each['moving_to']}" if each["status"] == "moving" else ""
    told = f"{each['id']}  {each['status']} {each['place']}{to} (trial {each['trial']} of {each['campaign']})"
    return f"{told}  {each['asks']}".rstrip()


def _history(key: str) -> click.Command:
    """The command that shows the labware of that id."""

    @click.command(key, help="Show where labware has been.")
    @lab_option
    @json_option
    def show(lab: str | None, as_json: bool) -> None:
        view = connect(lab).get("labware", key)
        if as_json:
            print_json(view)
            return
        click.echo(_where(view))
        rows = [[clock(each["at"]), each["place"] or "–", each["by"], each["note"]] for each in view["history"]]
        for line in table(["when", "where", "by", ""], rows):
            click.echo(line)
        if view["wells"]:
            click.echo("")
            click.echo(", ".join(f"{well} {whose}" for well, whose in view["wells"].items()))

    return show


@labware.command()
@click.argument("key", metavar="ID")
@click.argument("place")
@by_option
@reason_required
@lab_option
@json_option
def move(*, key: str, place: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Say where labware is: PLACE is a location, a group of them, or `out` of the room."""
    view = connect(lab).post("labware", key, "move", body={"to": place, "by": by, "reason": reason})
    if as_json:
        print_json(view)
    else:
        click.echo(_where(view))


# --- service


def _serve(deed: str, description: str, said: str) -> click.Command:
    """A command that takes an instrument out of service, or brings it back."""

    @click.command(deed, help=description)
    @click.argument("name", metavar="INSTRUMENT")
    @by_option
    @reason_required
    @lab_option
    @json_option
    def command(*, name: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
        view = connect(lab).post("instruments", name, deed, body={"by": by, "reason": reason})
        if as_json:
            print_json(view)
        else:
            click.echo(f"{view['name']} {said}.")

    return command


for _each in (
    _serve("withdraw", "Take an instrument out of service, until `restore`.", "is out of service"),
    _serve(
        "quarantine", "Put an instrument whose work is doubted into quarantine, until `restore`.", "is in quarantine"
    ),
    _serve("restore", "Put an instrument into service again.", "is in service again"),
):
    instrument.add_command(_each)
