"""`labd replay`: the planner is asked again what it was asked, and must answer the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from labd.cli.options import connect, json_option, lab_option
from labd.cli.printing import plural, print_json

if TYPE_CHECKING:
    from labd.cli.client import Client
    from labd.domain.events import Event


@click.command()
@click.argument("campaign")
@lab_option
@json_option
@click.pass_context
def replay(ctx: click.Context, campaign: str, lab: str | None, as_json: bool) -> None:
    """Ask the planner again every question of a campaign, and say whether the answers agree, bit for bit.

    Nothing is ordered and nothing is written. What a person or a service proposed, and what was answered too late, is
    passed over. Exit code 1 where an answer differs: another release, or another machine.
    """
    from labd.lifecycles.asked_again import answered
    from labd.planning import suggest

    client = connect(lab)
    view = client.get("campaigns", campaign)["campaign"]
    same, passed, differing = 0, 0, []
    for key, each in answered(_journal(client)):
        if key != view["id"]:
            continue
        if not each.is_repeatable:
            passed += 1
            continue
        it = each.question
        again = suggest(it.problem, it.observations, it.pending, it.count, it.seed)
        if tuple(one.model_copy(update={"proposer": it.share.name}) for one in again) == each.suggestions:
            same += 1
        else:
            differing.append(it.request)
    told: dict[str, Any] = {"campaign": view["name"], "same": same, "passed_over": passed, "differing": differing}
    if as_json:
        print_json(told)
    else:
        click.echo(f"{view['name']}: {plural(same, 'answer')} the same, {len(differing)} not, {passed} passed over.")
        if differing:
            click.echo(f"Not the same: request {', '.join(map(str, differing))}.")
    ctx.exit(1 if differing else 0)


def _journal(client: Client) -> Iterator[Event]:
    """The journal as it is now."""
    from pydantic import TypeAdapter

    from labd.domain.events import Event

    known: TypeAdapter[Event] = TypeAdapter(Event)
    last = client.get("now")["version"]
    for told in client.events(0):
        yield known.validate_python(told.data, strict=False)
        if told.sequence >= last:
            return
