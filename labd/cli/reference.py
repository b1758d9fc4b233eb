"""`docs/reference/cli.md`, made of the commands themselves: `python -m labd.cli.reference > docs/reference/cli.md`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from labd.cli import entry


def reference() -> str:
    """The reference of the command line, in Markdown."""
    head = [
        "# Command line",
        "",
        "Made of the commands by `python -m labd.cli.reference`; do not edit.",
        "",
        *(entry.__doc__ or "").splitlines()[2:],
    ]
    return "\n".join([*head, *_sections(entry.labd, None)]) + "\n"


def _sections(command: click.Command, parent: click.Context | None) -> Iterator[str]:
    name = command.name if parent else "labd"
    settings = {**command.context_settings, "terminal_width": 100, "max_content_width": 100}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield from ("", f"## {context.command_path}", "", "```text", command.get_help(context), "```")
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from _sections(each, context)


if __name__ == "__main__":
    click.echo(reference(), nl=False)
