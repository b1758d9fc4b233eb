"""Commands on large results: what there is, one of them as a file, and whether all are as they were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from labd.cli.options import connect, json_option, lab_option
from labd.cli.printing import plural, print_json, table
from labd.domain.errors import InvalidInput, LabError, Unavailable

if TYPE_CHECKING:
    from labd.adapters.store import FileStore

ENOUGH = 8
"""So many digits of a hash tell one content from another, to a person."""


@click.group()
def data() -> None:
    """Large results: images, spectra, files that instruments attached to what they measured."""


@data.command(name="list")
@click.argument("campaign", required=False)
@lab_option
@json_option
def list_data(campaign: str | None, lab: str | None, as_json: bool) -> None:
    """Print the large results of a campaign, or of all."""
    found = connect(lab).get("data", **({"campaign": campaign} if campaign else {}))
    if as_json:
        print_json(found)
        return
    head = ["sha256", "campaign", "trial", "step", "result", "name", "media type", "bytes"]
    keys = ["campaign", "trial", "step", "result", "name", "media_type", "size_bytes"]
    for line in table(head, [[each["sha256"][:16], *(str(each[key]) for key in keys)] for each in found["data"]]):
        click.echo(line)


@data.command()
@click.argument("sha256")
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="By default its own name, here.")
@lab_option
@json_option
def get(sha256: str, output: Path | None, lab: str | None, as_json: bool) -> None:
    """Save one large result as a file. The beginning of its hash is enough."""
    client = connect(lab)
    known = {each["sha256"]: each for each in client.get("data")["data"]}
    fitting = [name for name in known if name.startswith(sha256.removeprefix("sha256:"))]
    if len(fitting) != 1 or len(sha256) < ENOUGH:
        raise InvalidInput(
            f"{sha256!r} is the beginning of {plural(len(fitting), 'known content')}.",
            f"Give at least {ENOUGH} digits of one that `labd data list` names.",
        )
    file = output or Path(known[fitting[0]]["name"] or fitting[0])
    if file.exists():
        raise InvalidInput(f"{file} is there already.", "Give another name with --output.")
    client.save(file, "data", fitting[0])
    if as_json:
        print_json({"file": str(file), **known[fitting[0]]})
        return
    click.echo(f"wrote {file} ({file.stat().st_size:,} bytes)")


@data.command()
@lab_option
@json_option
def verify(lab: str | None, as_json: bool) -> None:
    """Hash all large results anew: is each still what its name says, and is each there that the journal refers to?"""
    from labd.adapters.store import FileStore
    from labd.settings import LaboratoryFiles, find_laboratory

    store = FileStore(LaboratoryFiles(find_laboratory(lab)).data)
    here = list(store.names())
    changed = [name for name in here if not store.is_intact(name)]
    missing = _missing(lab, store)
    if as_json:
        print_json({"intact": len(here) - len(changed), "changed": changed, "missing": missing})
    else:
        for line in [f"changed  {name}" for name in changed] + [f"missing  {name}" for name in missing or []]:
            click.echo(line)
        compared = "The daemon does not run: the journal was not asked." if missing is None else ""
        click.echo(
            f"{plural(len(here) - len(changed), 'file')} as they were, {len(changed)} changed. {compared}".strip()
        )
    if changed or missing:
        raise click.exceptions.Exit(LabError.exit_code)


def _missing(lab: str | None, store: FileStore) -> list[str] | None:
    """What the journal refers to and is not there; None where there is no daemon to ask."""
    try:
        known: list[dict[str, Any]] = connect(lab).get("data")["data"]
    except Unavailable:
        return None
    return sorted({each["sha256"] for each in known if not store.has(each["sha256"])})
