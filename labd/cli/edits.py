"""Commands that change a running campaign: its bounds and budget, trials that wait, what its planner learns from."""

from __future__ import annotations

import json
from typing import Any

import click

from labd.cli.campaigns import measurement
from labd.cli.options import assignments, connect, json_option, lab_option, person_options, scalar
from labd.cli.printing import clock, pairs, print_json


def _value(text: str) -> Any:
    """A value as it is written on the command line: JSON for lists, a number, or a text."""
    if text[:1] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            raise click.UsageError(f"{text!r} is no JSON.") from None
    return scalar(text)


def _told(view: dict[str, Any], said: str, *, as_json: bool) -> None:
    if as_json:
        print_json(view)
    else:
        click.echo(f"{view['name']}: {said}.")


@click.command()
@click.argument("campaign")
@click.argument("changes", nargs=-1, required=True, metavar="ENTRY=VALUE...")
@person_options
@lab_option
@json_option
def edit(*, campaign: str, changes: tuple[str, ...], by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Change what a campaign is after, or how far it may go, while it runs.

    \b
    labd edit suzuki_flow parameters.temperature.high="120 degC" stopping.trials=50
    labd edit suzuki_flow objectives.yield.target=95 planner.parallel=4 priority=2
    """
    values = {path: _value(text) for path, text in assignments(changes).items()}
    body = {"changes": values, "by": by, "reason": reason}
    _told(
        connect(lab).post("campaigns", campaign, "edits", body=body),
        "edited; `labd undo` takes it back",
        as_json=as_json,
    )


@click.command()
@click.argument("campaign")
@person_options
@lab_option
@json_option
def undo(*, campaign: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Take the last edit of a campaign back. What was done meanwhile stays done."""
    body = {"by": by, "reason": reason}
    _told(connect(lab).post("campaigns", campaign, "undo", body=body), "the last edit is taken back", as_json=as_json)


@click.command()
@click.argument("campaign")
@lab_option
@json_option
def edits(*, campaign: str, lab: str | None, as_json: bool) -> None:
    """Show what was changed in a campaign since it was loaded: by whom, why, from what to what."""
    made = connect(lab).get("campaigns", campaign, "edits")
    if as_json:
        print_json(made)
        return
    for each in made or ():
        mark = " (taken back)" if each["undone"] else ""
        click.echo(f"{each['edit']}. {clock(each['at'])} {each['by']}: {each['reason'] or 'no reason given'}{mark}")
        for change in each["changes"]:
            click.echo(f"     {change['path']}: {change['from']} → {change['to']}")
    if not made:
        click.echo("Nothing was changed since it was loaded.")


@click.command()
@click.argument("campaign")
@click.argument("parameters", nargs=-1, required=True, metavar="NAME=VALUE...")
@person_options
@lab_option
@json_option
def suggest(
    *, campaign: str, parameters: tuple[str, ...], by: str, reason: str, lab: str | None, as_json: bool
) -> None:
    """Have a point tried that you propose yourself; every parameter has a value."""
    body = {"parameters": _point(parameters), "by": by, "reason": reason}
    view = connect(lab).post("campaigns", campaign, "trials", body=body)
    _told(view, f"trial {view['trials']} is yours", as_json=as_json)


def _point(parameters: tuple[str, ...]) -> dict[str, Any]:
    return {name: scalar(text) for name, text in assignments(parameters).items()}


# --- trials that wait


@click.group()
def trial() -> None:
    """Reject, move or bring forward trials of which nothing has begun."""


@trial.command("reject")
@click.argument("campaign")
@click.argument("number", type=click.IntRange(min=1))
@person_options
@lab_option
@json_option
def reject(*, campaign: str, number: int, by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Do not have this trial tried. It uses up no budget, and the planner proposes another."""
    view = connect(lab).post("campaigns", campaign, "trials", str(number), "reject", body={"by": by, "reason": reason})
    _told(view, f"trial {number} is rejected", as_json=as_json)


@trial.command("move")
@click.argument("campaign")
@click.argument("number", type=click.IntRange(min=1))
@click.argument("parameters", nargs=-1, required=True, metavar="NAME=VALUE...")
@person_options
@lab_option
@json_option
def move(
    *,
    campaign: str,
    number: int,
    parameters: tuple[str, ...],
    by: str,
    reason: str,
    lab: str | None,
    as_json: bool,
) -> None:
    """Have this trial tried at another point; what is not named stays."""
    point = _point(parameters)
    body = {"parameters": point, "by": by, "reason": reason}
    view = connect(lab).post("campaigns", campaign, "trials", str(number), "move", body=body)
    _told(view, f"trial {number} is now at {pairs(point)}", as_json=as_json)


@trial.command("first")
@click.argument("campaign")
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(min=1), metavar="NUMBER...")
@person_options
@lab_option
@json_option
def first(*, campaign: str, numbers: tuple[int, ...], by: str, reason: str, lab: str | None, as_json: bool) -> None:
    """Begin these trials first, in this order; the others come behind as they were."""
    body = {"trials": list(numbers), "by": by, "reason": reason}
    view = connect(lab).post("campaigns", campaign, "order", body=body)
    _told(view, f"begins with trial {', '.join(map(str, numbers))}", as_json=as_json)


# --- what is learnt from


@click.group()
def observation() -> None:
    """Exclude, include or correct what a campaign's planner learns from.

    An observation is a trial's number, or told1, told2, ... for what `labd tell` brought.
    """


def _learning(deed: str, description: str, said: str) -> click.Command:
    @click.command(deed, help=description)
    @click.argument("campaign")
    @click.argument("name", metavar="OBSERVATION")
    @person_options
    @lab_option
    @json_option
    def command(*, campaign: str, name: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
        body = {"by": by, "reason": reason}
        view = connect(lab).post("campaigns", campaign, "observations", name, deed, body=body)
        _told(view, f"{name} {said}", as_json=as_json)

    return command


observation.add_command(_learning("exclude", "Learn no longer from an observation.", "is no longer learnt from"))
observation.add_command(_learning("include", "Learn from an observation again.", "is learnt from again"))


@observation.command("correct")
@click.argument("campaign")
@click.argument("name", metavar="OBSERVATION")
@click.argument("outcomes", nargs=-1, required=True, metavar="OUTCOME=VALUE...")
@person_options
@lab_option
@json_option
def correct(
    *, campaign: str, name: str, outcomes: tuple[str, ...], by: str, reason: str, lab: str | None, as_json: bool
) -> None:
    """Say what the outcomes truly are: 71.2, or 71.2±1.5. What was reported stays in the journal."""
    measured = {outcome: measurement(outcome, text) for outcome, text in assignments(outcomes).items()}
    body = {"outcomes": measured, "by": by, "reason": reason}
    view = connect(lab).post("campaigns", campaign, "observations", name, "correct", body=body)
    _told(view, f"{name} is corrected", as_json=as_json)
