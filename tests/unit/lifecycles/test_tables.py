"""The tables: what they allow, what they say where they do not, and that no state is unexplained."""

import ast
import inspect
from enum import StrEnum
from types import ModuleType
from typing import Any

import pytest

from labd.domain.errors import LabError, TransitionError
from labd.lifecycles import campaign, command, instrument, laboratory, run, table, trial
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.reference import TABLES, states
from labd.lifecycles.table import Table
from labd.lifecycles.trial import TrialStatus

EACH = pytest.mark.parametrize("each", TABLES, ids=lambda each: each.noun)


@EACH
def test_every_state_has_a_row_and_a_sentence(each: Table[Any]) -> None:
    kind: type[StrEnum] = type(next(iter(each.rows)))
    assert set(each.rows) == set(kind)
    assert all(said.endswith(".") for said in states(each).values())


@EACH
def test_every_state_can_be_reached(each: Table[Any]) -> None:
    first = next(iter(each.rows))
    reached = {first}
    while more := {to for state in reached for to in each.rows[state].values()} - reached:
        reached |= more
    assert reached == set(each.rows)


@EACH
def test_the_drawing_has_every_way_and_every_end(each: Table[Any]) -> None:
    lines = [line.strip() for line in each.diagram().splitlines()]
    assert lines[0] == "stateDiagram-v2"
    assert lines[1] == f"[*] --> {next(iter(each.rows))}"
    ways = {f"{a} --> {b}: {t}" for a, row in each.rows.items() for t, b in row.items() if a != b}
    ends = {f"{state} --> [*]" for state in each.terminal}
    assert set(lines[2:]) == ways | ends


@EACH
def test_a_way_that_is_not_there_is_refused_with_what_is_possible(each: Table[Any]) -> None:
    for state, ways in each.rows.items():
        assert not each.allows(state, "vanish")
        with pytest.raises(TransitionError) as refused:
            each.next(state, "vanish")
        assert str(state) in refused.value.message
        assert all(trigger in refused.value.hint for trigger in ways)
        assert refused.value.hint


def test_the_ends() -> None:
    assert campaign.TABLE.terminal == {CampaignStatus.FINISHED, CampaignStatus.STOPPED}
    assert trial.TABLE.terminal == {TrialStatus.OBSERVED, TrialStatus.FAILED}
    assert run.RUN.terminal == {run.RunStatus.SUCCEEDED, run.RunStatus.FAILED}
    assert not run.STEP.terminal, "a recovery step is done again, and a person may have a failed one done again"
    assert command.TABLE.terminal == {
        command.CommandStatus.SUCCEEDED,
        command.CommandStatus.FAILED,
        command.CommandStatus.REFUSED,
    }
    assert not instrument.TABLE.terminal


def test_a_command_that_is_out_can_come_to_every_end() -> None:
    for status in command.OUT:
        assert {"succeeded", "failed", "refused", "unknown", "missed"} <= command.TABLE.rows[status].keys()


def test_a_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        campaign.TABLE.rows[CampaignStatus.STOPPED]["resume"] = CampaignStatus.RUNNING  # type: ignore[index]


@pytest.mark.parametrize("module", [laboratory, table], ids=["laboratory", "table"])
def test_every_refusal_tells_a_person_what_to_do(module: ModuleType) -> None:
    errors = {each.__name__ for each in LabError.__subclasses__()} | {"LabError"}
    raised = [
        node.exc
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    raised = [call for call in raised if isinstance(call.func, ast.Name) and call.func.id in errors]
    assert raised
    assert not [f"line {call.lineno}" for call in raised if len(call.args) < 2]
