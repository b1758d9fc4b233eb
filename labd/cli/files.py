"""Commands on files: a new laboratory, and whether its files are right. No daemon is needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labd.cli.options import json_option
from labd.cli.printing import finding_lines, print_json
from labd.domain.errors import InvalidInput

if TYPE_CHECKING:
    from labd.domain.workcell import Workcell

README = """# A laboratory

`workcell.yaml` is the room: roles, and the instruments that fill them. `protocols/` holds what may be run.

    labd check workcell.yaml protocols/first.yaml   # are the files right?
    labd serve                                      # run the daemon; it prints where its page is
    labd load protocols/first.yaml --start          # in another terminal: begin a campaign
"""


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=".", metavar="[DIR]")
@json_option
def init(directory: Path, as_json: bool) -> None:
    """Make a laboratory: a workcell and a protocol to begin with."""
    from importlib.resources import files as resources_of

    shipped = resources_of("labd_protocols")
    contents = {
        directory / "workcell.yaml": shipped.joinpath("suzuki_flow_workcell.yaml").read_text(encoding="utf-8"),
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
@json_option
def check(files: tuple[Path, ...], workcell_file: Path | None, as_json: bool) -> None:
    """Say all that is wrong in workcell and protocol files, with line, column and remedy."""
    texts = {path: _read(path) for path in files}
    rooms = [path for path, text in texts.items() if _first_key(text) == "workcell"]
    beside = workcell_file or next(iter(rooms), None) or _workcell_beside(files)
    workcell, findings = _check_workcell(beside, texts.get(beside) if beside else None)
    for path in rooms:
        if path != beside:
            findings += _check_workcell(path, texts[path])[1]
    for path, text in texts.items():
        if path not in rooms:
            findings += _check_protocol(path, text, workcell)
    wrong = any(each.severity == "error" for each in findings)
    if as_json:
        print_json({"ok": not wrong, "findings": [_as_json(each) for each in findings]})
    else:
        for line in finding_lines(findings):
            click.echo(line)
        if not wrong:
            click.echo(f"{len(files)} file{'s' * (len(files) > 1)} checked, nothing wrong.")
    if wrong:
        raise click.exceptions.Exit(InvalidInput.exit_code)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}.", "Give a YAML file in UTF-8.") from None


def _first_key(text: str) -> str:
    found = re.search(r"^([A-Za-z_]\w*)\s*:", text, re.MULTILINE)
    return found.group(1) if found else ""


def _workcell_beside(files: tuple[Path, ...]) -> Path | None:
    """The `workcell.yaml` of the laboratory in which the first file lies."""
    here = files[0].resolve().parent
    return next((each / "workcell.yaml" for each in (here, here.parent) if (each / "workcell.yaml").is_file()), None)


def _check_workcell(path: Path | None, text: str | None) -> tuple[Workcell | None, list[Any]]:
    from labd.protocols import InvalidFile, load_workcell

    if path is None:
        return None, []
    try:
        return load_workcell(_read(path) if text is None else text, str(path)), []
    except InvalidFile as error:
        return None, list(error.findings)


def _check_protocol(path: Path, text: str, workcell: Workcell | None) -> list[Any]:
    from labd.analysis import signatures
    from labd.protocols import InvalidFile, load_protocol

    try:
        load_protocol(text, str(path), workcell, signatures())
    except InvalidFile as error:
        return list(error.findings)
    return []


def _as_json(finding: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(finding)
