"""Commands for a hand on the machines: emergency-stop, release, lock, unlock, cancel, instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from labd.cli.options import by_option, connect, json_option, lab_option, no_open_password, person_options
from labd.cli.printing import print_json, table
from labd.domain.errors import InvalidInput, Unavailable

ANSWERS_WITHIN_S = 5.0
IN_WORDS = {
    "obeyed": "in its safe state",
    "not yet": "NO ANSWER YET",
    "not safe": "NOT SAFE: look at it",
    "offline": "OFFLINE: nobody knows, look at it",
}

reason_required = click.option("--reason", required=True, help="Why; kept in the journal.")


@click.command("emergency-stop")
@person_options
@lab_option
@click.option(
    "--broker",
    default="",
    envvar="LABD_BROKER",
    callback=no_open_password,
    metavar="URL",
    help="Where to say it when no daemon answers.",
)
@json_option
def emergency_stop(*, by: str, reason: str, lab: str | None, broker: str, as_json: bool) -> None:
    """Stop every instrument of the laboratory, at once.

    What is in hand ends, each instrument makes itself safe, and nothing begins until `labd release`. Where no daemon
    answers and a broker is named, it is said to the broker itself. It is software: it never takes the place of the
    hard-wired emergency stop.
    """
    body = {"by": by, "reason": reason}
    try:
        view = connect(lab).post("stop", body=body, query={"wait_s": ANSWERS_WITHIN_S})
    except Unavailable as error:
        if not broker:
            raise Unavailable(
                f"{error.message} NOTHING WAS STOPPED.",
                "Press the hard-wired emergency stop; or say it to the broker itself: labd emergency-stop --broker URL",
            ) from None
        _without_daemon(lab, broker, by, reason, as_json=as_json)
        return
    if as_json:
        print_json(view)
        return
    click.echo("STOPPED.")
    rows = [[name, IN_WORDS[answer]] for name, answer in view["answers"].items()]
    for line in list(table(["", ""], rows))[1:]:
        click.echo(f"  {line}")
    click.echo("Campaigns are paused. When it is safe: labd release --reason WHY")
    if set(view["answers"].values()) - {"obeyed"}:
        click.echo("Not every instrument has answered: go there, or press the hard-wired emergency stop.", err=True)


def _without_daemon(lab: str | None, broker: str, by: str, reason: str, *, as_json: bool) -> None:
    from labd.adapters.stop_button import press
    from labd.settings import LaboratoryFiles, find_laboratory

    stop = press(broker, _name_of(LaboratoryFiles(find_laboratory(lab)).workcell), by=by, reason=reason)
    if as_json:
        print_json({"said_to_the_broker": stop.model_dump(mode="json")})
        return
    click.echo("SAID to the broker: every driver that hears it stops. No daemon is there to tell who has.")
    click.echo("Go and look at each instrument. A daemon that starts later finds it; then: labd release", err=True)


def _name_of(workcell: Path) -> str:
    """The name in a workcell file of which the rest may be wrong. Raises `InvalidInput`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return str(YAML(typ="safe").load(workcell)["name"])
    except (OSError, YAMLError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"{workcell} does not say the workcell's name ({type(error).__name__}). NOTHING WAS STOPPED.",
            "Press the hard-wired emergency stop.",
        ) from None


@click.command()
@click.option(
    "--finish", is_flag=True, help="Let what is in hand come to its end; else it is cancelled, where it can be."
)
@person_options
@lab_option
@json_option
def hold(*, finish: bool, by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Begin nothing more: every campaign is paused, until a person resumes it.

    No instrument is made safe: in danger `labd emergency-stop`.
    """
    view = connect(lab).post("hold", body={"by": by, "reason": reason, "finish": finish})
    if as_json:
        print_json(view)
        return
    click.echo(f"Paused: {', '.join(view['paused']) or 'no campaign'}. Go on with: labd resume CAMPAIGN")
    if view["in_hand"]:
        click.echo(f"Still at work: {', '.join(view['in_hand'])}")


@click.command()
@by_option
@reason_required
@lab_option
@json_option
def release(*, by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Release the emergency stop. Campaigns stay paused: resume each when its samples are looked at."""
    view = connect(lab).post("release", body={"by": by, "reason": reason})
    if as_json:
        print_json(view)
    else:
        click.echo("Released. Campaigns stay paused: labd resume CAMPAIGN")


def _deed(deed: str, description: str, said: str, *, reasoned: bool = False) -> click.Command:
    """A command that does something to one instrument."""

    @click.command(deed, help=description)
    @click.argument("instrument")
    @by_option
    @(reason_required if reasoned else click.option("--reason", default="", help="Why; kept in the journal."))
    @lab_option
    @json_option
    def command(*, instrument: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
        view: dict[str, Any] = connect(lab).post("instruments", instrument, deed, body={"by": by, "reason": reason})
        if as_json:
            print_json(view)
        else:
            click.echo(f"{view['name']} {said}.")

    return command


lock = _deed(
    "lock",
    "Keep an instrument for yourself: it finishes what it has and is given nothing else until `labd unlock`.",
    "is yours",
    reasoned=True,
)
unlock = _deed("unlock", "Give an instrument back.", "is given back")


@click.group()
def instrument() -> None:
    """Pause, resume or reset one instrument; take it out of service, and bring it back."""


for _each in (
    _deed("pause", "Take no new order, and go on with what is in hand, until `resume`.", "is told to pause"),
    _deed("resume", "Take orders again after a `pause`.", "is told to resume"),
    _deed("reset", "Leave the stop or the error of this one instrument, when it is safe.", "is told to reset"),
):
    instrument.add_command(_each)


@click.command()
@click.argument("command", metavar="COMMAND")
@person_options
@lab_option
@json_option
def cancel(*, command: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """End what an instrument has in hand, where it can be cancelled. `labd status` names the commands."""
    view = connect(lab).post("commands", command, "cancel", body={"by": by, "reason": reason})
    if as_json:
        print_json(view)
    else:
        click.echo(f"{command}: the driver is told to cancel it.")
