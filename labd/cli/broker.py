"""Commands for a broker of one's own: its files, and new passwords."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labd.cli.files import read_file
from labd.cli.options import json_option, lab_option
from labd.cli.printing import print_json, table

if TYPE_CHECKING:
    from labd.adapters.broker.secured import BrokerFiles, Plan

directory_argument = click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")


@click.group()
def broker() -> None:
    """A broker of your own: encrypted, with a password and rights for each instrument."""


@broker.command()
@directory_argument
@lab_option
@click.option("--workcell", type=click.Path(path_type=Path), metavar="FILE", help="By default the laboratory's.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A name or address by which the broker is reached; the first goes into the URL. Repeatable. By default only "
    "this machine reaches it.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="By default 8883.")
@click.option(
    "--place", default="", metavar="DIR", help="Where DIR/broker will lie on the broker's machine; else here."
)
@json_option
def config(
    *,
    directory: Path,
    lab: str | None,
    workcell: Path | None,
    hosts: tuple[str, ...],
    port: int | None,
    place: str,
    as_json: bool,
) -> None:
    """Make all files of a mosquitto broker for a workcell, or mend them.

    A certificate, a password and rights for each instrument, the daemon and a viewer. Done again, it gives credentials
    to new instruments and takes those of others out; options that are not given, and passwords, stay as they were.
    """
    from labd.adapters.broker.secured import BrokerFiles, configure
    from labd.protocols import load_workcell
    from labd.settings import find_laboratory

    path = workcell or find_laboratory(lab) / "workcell.yaml"
    room = load_workcell(read_file(path), str(path))
    files = BrokerFiles.at(directory)
    plan, changes = configure(files, room.name, list(room.instruments), hosts=hosts, port=port, place=place)
    if as_json:
        print_json({**plan.model_dump(mode="json"), "credentials": changes, "url": files.url(plan)})
        return
    for line in table(("user", "credentials"), sorted(changes.items())):
        click.echo(line)
    _say_what_to_do(files, plan)


def _say_what_to_do(files: BrokerFiles, plan: Plan) -> None:
    where = f"copy {files.broker} to {plan.place}, and there" if plan.place else "run"
    at = plan.place or str(files.broker)
    click.echo(f"\nThe broker: {where} mosquitto -c {at}/mosquitto.conf; one that runs needs a SIGHUP.")
    click.echo(f'The daemon: labd serve --broker "{files.url(plan)}"')
    click.echo(f"A driver on another machine: give it {files.ca} and its own file in {files.clients}.")


@broker.command()
@directory_argument
@click.argument("users", nargs=-1, metavar="[INSTRUMENT]...")
@click.option(
    "--reload",
    "command",
    default="",
    metavar="COMMAND",
    help="What makes the broker read its files again, and copies them first where they are used elsewhere. By default "
    "a signal to the mosquitto that runs from DIR.",
)
@json_option
def rotate(*, directory: Path, users: tuple[str, ...], command: str, as_json: bool) -> None:
    """Give new passwords, to some or to all, while the laboratory runs.

    Each client tries the new and the old password meanwhile; whoever is connected is back in seconds.
    """
    import asyncio

    from labd.adapters.broker.rotation import rotate as give_new
    from labd.adapters.broker.secured import BrokerFiles

    changed = asyncio.run(give_new(BrokerFiles.at(directory), users, command))
    if as_json:
        print_json({"rotated": list(changed)})
        return
    click.echo(f"New passwords for {', '.join(changed)}.")
