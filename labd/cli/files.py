"""Commands on files: a new laboratory, and whether its files are right. No daemon is needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labd.cli.options import json_option, pool_option
from labd.cli.printing import finding_lines, plural, print_json
from labd.domain.errors import InvalidInput

if TYPE_CHECKING:
    from labd.domain.workcell import Workcell
    from labd.protocols import Table

README = """# A laboratory

`workcell.yaml` is the room: roles, and the instruments that fill them. Here they are simulated, and sixty times
faster than real ones (`speed: 60`). `protocols/` holds what may be run.

    labd check workcell.yaml protocols/first.yaml   # are the files right?
    labd serve                                      # run the daemon; it prints where its page is
    labd load protocols/first.yaml --start          # in another terminal: begin a campaign
"""

SIXTY_TIMES_FASTER = "options: {speed: 60, "
"""At the pace of real instruments the first result would be a quarter of an hour away."""


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=".", metavar="[DIR]")
@json_option
def init(directory: Path, as_json: bool) -> None:
    """Make a laboratory: a workcell and a protocol to begin with."""
    from importlib.resources import files as resources_of

    shipped = resources_of("labd_protocols")
    room = shipped.joinpath("suzuki_flow_workcell.yaml").read_text(encoding="utf-8")
    contents = {
        directory / "workcell.yaml": room.replace("options: {", SIXTY_TIMES_FASTER),
        directory / "protocols" / "first.yaml": shipped.joinpath("suzuki_flow.yaml").read_text(encoding="utf-8"),
        directory / "README.md": README,
    }
    there = [str(path) for path in contents if path.exists()]
    if there:
        raise InvalidInput(f"{', '.join(there)} would be overwritten.", "Choose an empty directory.")
    for path, text in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"directory": str(directory.resolve()), "files": [str(path) for path in contents]})
        return
    for path in contents:
        click.echo(f"wrote {path}")
    click.echo(f"Run it with `labd serve --lab {directory}`; {directory / 'README.md'} has the next steps.")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--workcell",
    "workcell_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What the protocols are checked against. By default the workcell among the files, or the one beside them.",
)
@pool_option
@json_option
def check(files: tuple[Path, ...], workcell_file: Path | None, pool_file: Path | None, as_json: bool) -> None:
    """Say all that is wrong in workcell and protocol files, with line, column and remedy."""
    from labd.analysis import signatures
    from labd.protocols import check_protocol, check_workcell

    texts = {path: read_file(path) for path in files}
    rooms = [path for path, text in texts.items() if _is_workcell(text)]
    if pool_file and len(files) - len(rooms) != 1:
        raise InvalidInput("--pool has the points of one protocol.", "Check one protocol at a time.")
    table = read_table(pool_file)
    beside = workcell_file or next(iter(rooms), None) or workcell_beside(files)
    workcell = _workcell(beside) if beside else None
    findings = [
        finding
        for path, text in texts.items()
        for finding in (
            check_workcell(text, str(path))
            if path in rooms
            else check_protocol(text, str(path), workcell, signatures(), table)
        )
    ]
    wrong = sum(each.severity == "error" for each in findings)
    if as_json:
        print_json({"ok": not wrong, "findings": [_as_json(each) for each in findings]})
    else:
        for line in finding_lines(findings):
            click.echo(line)
        against = f" against {beside}" if workcell and beside not in rooms else ""
        click.echo(f"{plural(len(files), 'file')} checked{against}: {plural(wrong, 'error')}.")
    if wrong:
        raise click.exceptions.Exit(InvalidInput.exit_code)


@click.command()
@click.argument("kind", type=click.Choice(["protocol", "workcell"]))
def schema(*, kind: str) -> None:
    """Print the JSON Schema of protocol or workcell files: editors complete and check by it."""
    from labd.protocols import protocol_schema, workcell_schema

    print_json(protocol_schema() if kind == "protocol" else workcell_schema())


def read_file(path: Path, kind: str = "YAML") -> str:
    """The text of a file. Raises `InvalidInput`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}.", f"Give a {kind} file in UTF-8.") from None


def read_table(path: Path | None) -> Table | None:
    """The table of points in a file, if one is given. Raises `InvalidInput`."""
    from labd.protocols import Table

    return Table.of_file(read_file(path, "CSV"), str(path)) if path else None


def _is_workcell(text: str) -> bool:
    """A protocol may name its workcell too, so it is a protocol that is recognised first."""
    keys = re.findall(r"^([a-z_]+)\s*:", text, re.MULTILINE)
    return "workcell" in keys and not {"protocol", "steps"} & set(keys)


def workcell_beside(files: tuple[Path, ...]) -> Path | None:
    """The `workcell.yaml` of the laboratory in which the first file lies."""
    here = files[0].resolve().parent
    return next((each / "workcell.yaml" for each in (here, here.parent) if (each / "workcell.yaml").is_file()), None)


def _workcell(path: Path) -> Workcell | None:
    """The workcell to check against; None where its file is wrong, which is said by checking that file itself."""
    from labd.protocols import InvalidFile, load_workcell

    try:
        return load_workcell(read_file(path), str(path))
    except InvalidFile:
        return None


def _as_json(finding: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(finding)
