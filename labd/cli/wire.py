"""Commands about the wire: what a daemon and its drivers say to each other, for machines to read."""

from __future__ import annotations

import json
import sys

import click


@click.group()
def wire() -> None:
    """What the daemon and the drivers say to each other."""


@wire.command()
@click.option("--yaml", "as_yaml", is_flag=True, help="As YAML rather than JSON.")
def asyncapi(*, as_yaml: bool) -> None:
    """Print the wire as an AsyncAPI 3 document: topics, payloads, examples."""
    from labd.wire.asyncapi import asyncapi as document

    if as_yaml:
        from ruamel.yaml import YAML

        YAML(typ="safe", pure=True).dump(document(), sys.stdout)
    else:
        click.echo(json.dumps(document(), indent=2, ensure_ascii=False))
