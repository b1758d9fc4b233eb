"""Every example in docs/how-to-write-a-protocol.md is taken by labd, and what it shows of a mistake is what is said."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from labd import analysis
from labd.protocols import check_protocol, check_workcell, load_workcell

GUIDE = Path(__file__).parents[3] / "docs" / "how-to-write-a-protocol.md"
TEXT = GUIDE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml ?(\w*)\n(.*?)```", TEXT, re.DOTALL)
WORKCELL = next(text for kind, text in BLOCKS if kind == "workcell")
PROTOCOL = next(text for kind, text in BLOCKS if kind == "protocol")
PIECES = [text for kind, text in BLOCKS if not kind]
ROOMS = [text for kind, text in BLOCKS if kind == "workcell"][1:]


def parsed(text: str) -> Any:
    yaml = YAML()
    yaml.preserve_quotes = True
    return yaml.load(text)


def with_piece(whole: str, piece: str) -> str:
    """The file with the piece in it: mappings are joined, all else is replaced."""
    made = parsed(whole)
    for key, value in parsed(piece).items():
        if isinstance(value, dict) and key in made:
            made[key].update(value)
        else:
            made[key] = value
    text = io.StringIO()
    yaml = YAML()
    yaml.width = 1000
    yaml.dump(made, text)
    return text.getvalue()


def test_there_are_examples_of_all() -> None:
    keys = {key for piece in (*PIECES, PROTOCOL) for key in parsed(piece)}
    assert {
        "parameters",
        "constraints",
        "pool",
        "templates",
        "batch",
        "labware",
        "preparation",
        "clean_up",
        "limits",
        "cost",
        "planner",
    } <= keys


@pytest.mark.parametrize("piece", ROOMS, ids=lambda piece: piece.split(":")[0])
def test_a_piece_of_the_workcell_fits(piece: str) -> None:
    assert check_workcell(WORKCELL) == ()
    assert check_workcell(with_piece(WORKCELL, piece)) == ()


@pytest.mark.parametrize("piece", ["{}", *PIECES], ids=lambda piece: "-".join(parsed(piece)))
def test_a_piece_of_the_protocol_fits(piece: str) -> None:
    room = load_workcell(WORKCELL)
    text = PROTOCOL if piece == "{}" else with_piece(PROTOCOL, piece)
    assert check_protocol(text, "growth.yaml", room, analysis.signatures()) == ()


def test_the_mistakes_are_said_as_it_shows() -> None:
    (mistake,) = re.findall(r"with `(after: \{dispence.*?\})` at the step", TEXT)
    wrong = PROTOCOL.replace("after: [dispense]", mistake)
    assert wrong != PROTOCOL
    (shown,) = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)
    findings = check_protocol(wrong, "growth.yaml", load_workcell(WORKCELL), analysis.signatures())
    assert shown.splitlines() == [str(each) for each in findings]
