"""The driver of docs/microcontroller: on CPython and on MicroPython itself it keeps the wire, and remembers."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labd.adapters.broker import EmbeddedBroker
from labd.conformance import RULES, Choice, Launch, RuleReport, check

HERE = Path(__file__).parents[2]
BOARD = HERE / "docs" / "microcontroller"
RUNNERS = HERE / "tests" / "microcontroller"
LONG_ENOUGH_TO_BE_KILLED_S = 1


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The board's ledger, as a module."""
    monkeypatch.syspath_prepend(BOARD)
    import labd_ledger

    yield labd_ledger
    for name in ("labd_ledger", "labd_json"):
        sys.modules.pop(name)


def pins(rule: Path) -> list[str]:
    """What the board's pins were set to."""
    return (rule / "state" / "pins.log").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "command",
    [
        pytest.param((sys.executable, str(RUNNERS / "on_cpython.py")), id="cpython"),
        pytest.param(
            ("node", str(RUNNERS / "on_micropython.mjs")), id="micropython", marks=pytest.mark.needs("micropython")
        ),
    ],
)
async def test_it_keeps_the_wire(command: tuple[str, ...], tmp_path: Path) -> None:
    choice = Choice(arguments={"duration": LONG_ENOUGH_TO_BE_KILLED_S}, patience_s=30)

    async def looked_at(rule: str) -> RuleReport:
        (report,) = [each async for each in check(Launch(command), tmp_path, EmbeddedBroker, choice, [rule])]
        return report

    found = await asyncio.gather(*(looked_at(rule.id) for rule in RULES))
    assert not [each for each in found if not (each.passed or each.skipped)]
    assert {each.id for each in found if each.skipped} == {"large-results"}
    assert pins(tmp_path / "duplicate-moves-nothing") == ["5 1", "5 0"], "ordered twice, the relay closes once"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text() | st.floats(-1e14, 1e14),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(), each, max_size=3),
    max_leaves=8,
)


@given(value=JSON)
def test_its_text_is_the_one_that_is_hashed(value: Any) -> None:
    sys.path.insert(0, str(BOARD))
    try:
        from labd_json import dumps
    finally:
        sys.path.remove(str(BOARD))
    said = dumps(value)
    assert said == json.dumps(json.loads(said), sort_keys=True, separators=(",", ":")).encode()


def told(ledger: Any) -> tuple[Any, ...]:
    return ledger.epoch, ledger.lock, ledger.commands


def test_power_is_cut_at_any_byte(board: Any, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    ledger = board.Ledger(str(whole))
    steps = [(len(whole.read_bytes()), told(board.Ledger(str(whole))))]
    outcome = {"kind": "succeeded", "result": {"ü": 2.5}}
    for act, *arguments in (
        (ledger.obey, 3),
        (ledger.begin, "c1"),
        (ledger.end, "c1", outcome, "now"),
        (ledger.acknowledge, "c1"),
        (ledger.keep, "lock", "Ann: cleaning"),
    ):
        act(*arguments)
        steps.append((len(whole.read_bytes()), told(board.Ledger(str(whole)))))
    content = whole.read_bytes()
    for cut in range(steps[0][0], len(content) + 1):
        file = tmp_path / "cut"
        file.write_bytes(content[:cut])
        expected = [state for length, state in steps if length <= cut][-1]
        assert told(board.Ledger(str(file))) == expected
        assert told(board.Ledger(str(file))) == expected, "written anew it says the same"


def test_it_does_not_grow_and_forgets_nothing_that_is_owed(board: Any, tmp_path: Path) -> None:
    file = tmp_path / "ledger"
    ledger = board.Ledger(str(file))
    ledger.begin("owed")
    ledger.end("owed", {"kind": "succeeded", "result": {}}, "now")
    for number in range(150):
        ledger.begin(f"c{number}")
        ledger.end(f"c{number}", {"kind": "succeeded", "result": {}}, "now")
        ledger.acknowledge(f"c{number}")
    again = board.Ledger(str(file))
    assert again.unacknowledged() == ["owed"]
    assert "c149" in again.commands
    assert len(file.read_text().splitlines()) <= board.LINES + 1
    assert again.id == ledger.id
