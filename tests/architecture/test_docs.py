"""What the docs tell a reader to write is what labd takes: commands, files, variables, topics."""

import importlib
import json
import re
import shlex
from pathlib import Path

import click
import pytest

from labd import analysis
from labd.cli import labd
from labd.protocols import check_protocol, check_workcell, from_dataset, load_workcell
from labd.wire.topics import FROM_DRIVER, TO_DRIVER
from tests.tutorial import DOCS, files_of_the_tutorial

HERE = DOCS.parent
PAGES = [HERE / "README.md", *sorted(DOCS.rglob("*.md"))]
CODE = "\n".join(file.read_text(encoding="utf-8") for file in (HERE / "labd").rglob("*.py"))
DRIVER_OPTIONS = {"--describe", "--log", "--workcell", "--name", "--broker", "--state", "--option"}


def shown(page: Path) -> str:
    return page.relative_to(HERE).as_posix()


def commands(page: Path) -> list[str]:
    """The `labd ...` lines of the console blocks, and those in the text."""
    text = page.read_text(encoding="utf-8")
    typed = [line for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    parts = [part.strip() for line in typed if line.startswith("$ ") for part in re.split(r"&&|\|", line[2:])]
    return [part for part in parts if part.startswith("labd ")]


def parsed(line: str) -> None:
    """Let click parse a line without running it: a command or an option that does not exist is a usage error."""
    command: click.Command = labd
    words = shlex.split(line.partition(" > ")[0], comments=True)[1:]
    context = click.Context(labd, info_name="labd", **labd.context_settings)  # click keeps the help option made in it
    while isinstance(command, click.Group):
        if not words and command.invoke_without_command:
            return  # `labd stock` shows what there is
        name = words.pop(0)
        if name in {option for each in command.get_params(context) for option in each.opts}:
            return  # `labd --version`
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name!r}: {line}"
        command, context = found, click.Context(found, info_name=name, parent=context)
    if command.name == "run":
        assert {word for word in words if word.startswith("--")} <= DRIVER_OPTIONS, line
        return
    command.make_context(command.name, words, parent=context)


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=shown)
def test_a_command_in_a_console_block_is_one(page: Path) -> None:
    for line in commands(page):
        parsed(line)


def test_a_wrong_command_would_be_found() -> None:
    with pytest.raises(AssertionError, match="no command"):
        parsed("labd sirve")
    with pytest.raises(click.UsageError):
        parsed("labd serve --labb here")


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/tutorial.md",
        "docs/demo.md",
        "docs/how-to-run-a-laboratory.md",
        "docs/how-to-edit-a-campaign.md",
    ],
)
def test_the_pages_have_commands_to_look_at(name: str) -> None:
    assert commands(HERE / name)


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_variable_that_a_page_names_is_read(page: Path) -> None:
    named = set(re.findall(r"\b(?:LABD|XDG)_[A-Z_]+\b", page.read_text(encoding="utf-8")))
    assert not [each for each in sorted(named) if f'"{each}"' not in CODE]


def test_the_topics_are_named_as_they_are() -> None:
    text = (DOCS / "how-to-run-a-laboratory.md").read_text(encoding="utf-8")
    assert "labd/1/<workcell>/<instrument>/<leaf>" in text
    assert not [leaf for leaf in (*FROM_DRIVER, *TO_DRIVER) if f"`{leaf}`" not in text]


def test_the_tutorials_files_are_right() -> None:
    files = files_of_the_tutorial()
    assert list(files) == ["colour_mixer.py", "workcell.yaml", "protocols/olive.yaml"]
    assert not check_workcell(files["workcell.yaml"], "workcell.yaml")
    workcell = load_workcell(files["workcell.yaml"], "workcell.yaml")
    assert not check_protocol(files["protocols/olive.yaml"], "olive.yaml", workcell, analysis.signatures())
    driver = files["colour_mixer.py"].splitlines()
    assert len(driver) < 40
    assert max(map(len, driver)) <= 120


def test_the_tutorials_mistakes_are_said_as_it_shows() -> None:
    files = files_of_the_tutorial()
    wrong = files["protocols/olive.yaml"].replace("high: 3 mL", "high: 3 s", 1).replace("role: mixer", "role: mixr", 1)
    workcell = load_workcell(files["workcell.yaml"], "workcell.yaml")
    findings = check_protocol(wrong, "protocols/olive.yaml", workcell, analysis.signatures())
    tutorial = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    assert len(findings) == 2
    for each in findings:
        assert f"{each.file}:{each.line}:{each.column}: {each.message} {each.remedy}" in tutorial


def test_the_demonstrations_data_set_is_one() -> None:
    text = (DOCS / "demo.md").read_text(encoding="utf-8")
    (config,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (table,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    protocol = from_dataset(json.loads(config), [line.split(",") for line in table.splitlines()], "example")
    assert [each.name for each in protocol.problem.parameters] == ["catalyst", "temperature"]
    assert len(protocol.problem.pool or ()) == len(table.splitlines())


def test_each_fault_is_told_and_can_be_asked_for() -> None:
    from labd_drivers.simulated.suzuki_flow.faults import FAULTS

    demo = (DOCS / "demo.md").read_text(encoding="utf-8")
    asked_for = labd.commands["demo"].get_help(click.Context(labd.commands["demo"], **labd.context_settings))
    assert not [fault for fault in FAULTS if f"| `{fault}` |" not in demo or fault not in asked_for]


@pytest.mark.parametrize("module", ["strain_assay.plates", "furnace_batch.crucibles", "beam_line.line"])
def test_each_fault_of_a_laboratory_is_told(module: str) -> None:
    faults: tuple[str, ...] = importlib.import_module(f"labd_drivers.simulated.{module}").FAULTS
    page = (DOCS / "laboratories.md").read_text(encoding="utf-8")
    assert faults
    assert not [fault for fault in faults if f"| `{fault}` |" not in page]
