"""`labd watch`: the laboratory, live in a terminal or as lines for a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import click

from labd.cli.client import Client, StreamedEvent
from labd.cli.overview import status_lines
from labd.cli.printing import clock, pairs

END = ("campaign_finished", "campaign_stopped")
ENDED = ("finished", "stopped")


def print_events(client: Client, campaign: str | None, after: int | None, *, as_json: bool) -> None:
    """Print events as they happen; of one campaign, until it has ended."""
    for event in follow(client, campaign, after):
        if as_json:
            click.echo(json.dumps({"sequence": event.sequence, **event.data}, ensure_ascii=False))
        else:
            click.echo(f"{clock(event.data['at'])}  {sentence(event)}")


def show_live(client: Client, campaign: str | None, after: int | None) -> None:
    """A picture of the laboratory that changes with every event."""
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    recent: list[str] = []

    def picture() -> Group:
        lines = [*status_lines(client.get("now"), client.url), "", *recent]
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines))

    with Live(picture(), auto_refresh=False) as live:
        for event in follow(client, campaign, after):
            recent = [*recent[-7:], f"{clock(event.data['at'])}  {sentence(event)}"]
            live.update(picture(), refresh=True)


def follow(client: Client, campaign: str | None, after: int | None) -> Iterator[StreamedEvent]:
    """The events behind a place, or from now on; with a campaign, those that concern it, until it has ended."""
    place = client.get("now")["version"] if after is None else after
    if campaign is None:
        yield from client.events(place)
        return
    view = client.get("campaigns", campaign)["campaign"]
    if view["status"] in ENDED and view["version"] <= place:
        return
    for event in client.events(place):
        if concerns(event, view["id"]):
            yield event
            if event.kind in END:
                return


def concerns(event: StreamedEvent, campaign: str) -> bool:
    """Whether an event is about a campaign: the ids of its trials, runs and commands begin with its own."""
    data = event.data
    ids = (
        data.get("campaign"),
        data.get("trial"),
        data.get("run"),
        data.get("command"),
        data.get("order", {}).get("run"),
    )
    return any(each is not None and each.partition(".")[0] == campaign for each in ids)


def sentence(event: StreamedEvent) -> str:
    """An event in a few words."""
    tell = _SENTENCES.get(event.kind)
    words = event.kind.replace("_", " ")
    return tell(event.data) if tell else f"{words}{_reason(event.data)}"


def _reason(data: dict[str, Any]) -> str:
    reason = data.get("reason") or data.get("message") or ""
    who = data.get("by", "")
    return f"{f' by {who}' if who else ''}{f': {reason}' if reason else ''}"


def _ended(data: dict[str, Any]) -> str:
    outcome = data["outcome"]
    return f"held: {data['doubt']}" if data.get("doubt") else f"{outcome['kind']}{_reason(outcome)}"


def _held(data: dict[str, Any]) -> str:
    return f", held: {data['doubt']}" if data.get("doubt") else ""


def _short(key: str) -> str:
    """An id without its campaign: `7.1.react.2`."""
    return key.partition(".")[2]


def _means(data: dict[str, Any]) -> str:
    return pairs({name: each["mean"] for name, each in data["outcomes"].items()})


def _suggested(data: dict[str, Any]) -> Iterator[str]:
    for trial, each in enumerate(data["suggestions"], data["first"]):
        yield f"trial {trial} suggested by {each['method']}: {pairs(each['parameters'])}"


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "laboratory_stopped": lambda d: f"STOPPED{_reason(d)}",
    "laboratory_released": lambda d: f"the stop was released{_reason(d)}",
    "instrument_locked": lambda d: f"{d['instrument']} locked{_reason(d)}",
    "instrument_unlocked": lambda d: f"{d['instrument']} given back{_reason(d)}",
    "instrument_paused": lambda d: f"{d['instrument']} told to pause{_reason(d)}",
    "instrument_resumed": lambda d: f"{d['instrument']} told to resume{_reason(d)}",
    "instrument_reset": lambda d: f"{d['instrument']} told to reset{_reason(d)}",
    "cancel_requested": lambda d: f"{_short(d['command'])} to be cancelled{_reason(d)}",
    "daemon_started": lambda d: f"the daemon started (labd {d['version']})",
    "epoch_raised": lambda d: f"{d['instrument']} knows more than this journal: an old backup was restored",
    "instrument_described": lambda d: (
        f"{d['instrument']} is here: {d['descriptor']['make']} {d['descriptor']['model']}"
    ),
    "instrument_state_reported": lambda d: f"{d['instrument']} is {d['status']}{_reason(d)}",
    "instrument_fell_silent": lambda d: f"{d['instrument']} does not answer any more",
    "instrument_contested": lambda d: f"{len(d['sessions'])} drivers speak as {d['instrument']}",
    "suggestions_made": lambda d: "; ".join(_suggested(d)) or "the planner has nothing left to suggest",
    "trial_observed": lambda d: f"trial {_short(d['trial'])} observed: {_means(d)}",
    "trial_failed": lambda d: f"trial {_short(d['trial'])} failed{_reason(d)}",
    "trial_abandoned": lambda d: f"trial {_short(d['trial'])} abandoned{_reason(d)}",
    "run_started": lambda d: f"run {_short(d['run'])} started",
    "run_analysed": lambda d: f"run {_short(d['run'])} analysed: {_means(d)}{_held(d)}",
    "run_failed": lambda d: f"run {_short(d['run'])} failed{_reason(d)}",
    "command_issued": lambda d: (
        f"{_short(d['order']['command'])} to {d['order']['instrument']}: "
        f"{d['order']['capability']} {pairs(d['order']['arguments'])}".rstrip()
    ),
    "command_accepted": lambda d: f"{_short(d['command'])} accepted",
    "run_resolved": lambda d: f"{_short(d['run'])}: {d['by']} says {d['resolution'].replace('_', ' ')}",
    "command_finished": lambda d: f"{_short(d['command'])} {_ended(d)}",
    "observation_added": lambda d: f"told by {d['by']}: {pairs(d['parameters'])} gave {_means(d)}",
    "message_quarantined": lambda d: f"quarantined from {d['topic']}{_reason(d)}",
}
