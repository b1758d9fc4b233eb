"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from labd.cli.client import Client

Command = TypeVar("Command", bound=Callable[..., Any])

lab_option = click.option(
    "--lab",
    metavar="DIR",
    help="The laboratory. By default $LABD_LAB, the current directory, or the laboratory that was started last.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
learn_option = click.option(
    "--learn-from",
    "learn_from",
    multiple=True,
    metavar="CAMPAIGN",
    help="An earlier campaign to learn from, as it is now, by name or id. Repeatable.",
)
pool_option = click.option(
    "--pool",
    "pool_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A table of points in CSV: the only ones that may be tried. It takes the place of the protocol's own pool.",
)


def _user() -> str:
    return os.environ.get("USER") or os.environ.get("USERNAME") or "operator"


by_option = click.option(
    "--by", default=_user, show_default=False, metavar="NAME", help="Who; by default the user logged in here."
)


def person_options(command: Command) -> Command:
    """Who orders it, and why: both go into the journal."""
    return by_option(click.option("--reason", default="", help="Why; kept in the journal.")(command))


def no_open_password(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """The value of `--broker`, as it is. Raises `InvalidInput` for a password that everybody here can read."""
    if param.name and ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE and "@" in value:
        from labd.mqtt import refuse_open_password

        refuse_open_password(value)
    return value


def connect(lab: str | None) -> Client:
    """A client of the daemon that runs a laboratory. Raises `NotFound` and `Unavailable`."""
    from labd.cli.client import Client
    from labd.settings import daemon_address, find_laboratory

    return Client(daemon_address(find_laboratory(lab))["url"])


def assignments(values: tuple[str, ...]) -> dict[str, str]:
    """`name=value` pairs. Raises a usage error."""
    pairs = {}
    for each in values:
        name, equals, value = each.partition("=")
        if not equals or not name or not value:
            raise click.UsageError(f"{each!r} is not of the form name=value.")
        pairs[name.strip()] = value.strip()
    return pairs


def scalar(text: str) -> float | int | str:
    """A number where the text is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
