"""Commands for the steps of a run: answer what a step asks of a person; skip, retry, done, abort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from labd.cli.interventions import reason_required
from labd.cli.options import assignments, by_option, connect, json_option, lab_option, scalar
from labd.cli.printing import print_json


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("step", metavar="STEP")
@click.option("--option", default="", help="Which of the options it is; by default the only one.")
@click.option("--note", default="", help="What you saw.")
@click.option("--photo", type=click.Path(path_type=Path), help="A file with a photo.")
@by_option
@lab_option
@json_option
def answer(
    *, run: str, step: str, option: str, note: str, photo: Path | None, by: str, lab: str | None, as_json: bool
) -> None:
    """Say that you did what a step asked of a person. `labd status` names what is asked."""
    client = connect(lab)
    body: dict[str, Any] = {"option": option, "note": note, "by": by}
    if photo is not None:
        body["photo"] = client.upload(photo)
    view = client.post("runs", run, "steps", step, "answer", body=body)
    if as_json:
        print_json(view)
    else:
        click.echo(f"{step} of {run}: answered.")


@click.group()
def step() -> None:
    """Skip a step of a run, have it done again, say that it is done, or give it up."""


def _change(name: str, change: str, description: str, said: str) -> None:
    """Add a command that changes one step."""

    @step.command(name, help=description)
    @click.argument("run", metavar="RUN")
    @click.argument("step", metavar="STEP")
    @by_option
    @reason_required
    @lab_option
    @json_option
    def command(*, run: str, step: str, by: str, reason: str, lab: str | None, as_json: bool) -> None:
        _post(run, step, {"change": change, "by": by, "reason": reason}, said, lab, as_json=as_json)


_change("skip", "skip", "Go on without a step that does not run.", "skipped")
_change("retry", "retry", "Have a step done again that failed, or of which nobody knows.", "to be done again")
_change("abort", "abort", "Give a step up: what is in hand is cancelled, and not tried again.", "given up")


@step.command()
@click.argument("run", metavar="RUN")
@click.argument("step", metavar="STEP")
@click.option(
    "--result", "results", multiple=True, metavar="NAME=VALUE", help="What it gave, in its own units. Repeatable."
)
@by_option
@reason_required
@lab_option
@json_option
def done(
    *, run: str, step: str, results: tuple[str, ...], by: str, reason: str, lab: str | None, as_json: bool
) -> None:
    """Say that a step is done, however it was done, and what it gave."""
    result = {name: scalar(text) for name, text in assignments(results).items()}
    body = {"change": "mark_done", "result": result, "by": by, "reason": reason}
    _post(run, step, body, "done", lab, as_json=as_json)


def _post(run: str, step: str, body: dict[str, Any], said: str, lab: str | None, *, as_json: bool) -> None:
    view = connect(lab).post("runs", run, "steps", step, body=body)
    if as_json:
        print_json(view)
    else:
        click.echo(f"{step} of {run}: {said}.")
