"""What is wrong with a problem is said in one sentence, with what to do."""

import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import Problem
from labd.planning import suggest

X = {"kind": "continuous", "name": "x", "low": 0, "high": 1}
LOG = {"kind": "continuous", "name": "x", "low": 1, "high": 9, "log": True}
N = {"kind": "integer", "name": "n", "low": 1, "high": 9}
V = {"kind": "discrete", "name": "v", "values": [1, 2, 4]}
BASE = {"kind": "categorical", "name": "base", "options": ["koh", "tea"]}
ROOM = {**X, "name": "room", "context": True}


def when(parameter: str, *values: object) -> dict[str, object]:
    return {"when": {"parameter": parameter, "values": values}}


def wanted(goal: str, outcome: str = "y", **more: object) -> dict[str, object]:
    return {"outcome": outcome, "goal": goal, "target": 1.0, **more}


DESCRIBED = {"descriptors": {"koh": {"pka": 14}, "tea": {"pka": 11}}}
WRONG: list[tuple[str, dict[str, object], str]] = [
    ("parameter twice", {"parameters": [X, N, X]}, "Two parameters have the name x"),
    ("objective twice", {"objectives": [wanted("maximise"), wanted("minimise")]}, "Two objectives have the name y"),
    ("limit twice", {"limits": [{"outcome": "z", "low": 1}, {"outcome": "z", "high": 2}]}, "Write one, with a low"),
    (
        "earlier twice",
        {"earlier": [{"name": "may", "observations": []}] * 2},
        "Two earlier campaigns have the name may",
    ),
    (
        "ordered and described",
        {"parameters": [{**BASE, **DESCRIBED, "ordered": True}]},
        "by their order and by what describes them",
    ),
    ("condition on nothing", {"parameters": [{**X, **when("bas", "koh")}, BASE]}, "no parameter bas.* Write base"),
    ("condition on no option", {"parameters": [{**X, **when("base", "nah")}, BASE]}, "'nah', in the condition of x"),
    ("condition on a text", {"parameters": [{**X, **when("n", "two")}, N]}, "'two', in the condition of x, is no num"),
    (
        "conditions in a circle",
        {"parameters": [{**V, **when("n", 2)}, {**N, **when("v", 1)}]},
        "v and n depend on one another",
    ),
    ("condition on itself", {"parameters": [{**V, **when("v", 1)}]}, "v depend on one another"),
    (
        "a batch's on a sample's",
        {"parameters": [{**X, **when("n", 2), "per": "batch"}, N]},
        "the same for a whole batch, but depends on n",
    ),
    (
        "a given one's condition",
        {"parameters": [{**ROOM, **when("n", 2)}, N], "context": {"room": 0.1}},
        "room is given, and cannot depend on n",
    ),
    ("sum of nothing", {"constraints": [{"kind": "linear", "weights": {"z": 1}, "high": 1}]}, "no parameter z, which"),
    (
        "sum of options",
        {"constraints": [{"kind": "linear", "weights": {"base": 1}, "high": 1}]},
        "base has options, and a sum takes numbers",
    ),
    (
        "sum of a logarithmic one",
        {"parameters": [LOG], "constraints": [{"kind": "linear", "weights": {"x": 1}, "high": 1}]},
        "Write the sum as a formula",
    ),
    ("sum without bounds", {"constraints": [{"kind": "linear", "weights": {"x": 1}}]}, "Nothing bounds the sum of x"),
    (
        "sum with crossed bounds",
        {"constraints": [{"kind": "linear", "weights": {"x": 1}, "low": 2, "high": 1}]},
        "The lower bound of the sum of x, 2, is above the upper one, 1",
    ),
    (
        "formula over nothing",
        {"constraints": [{"kind": "nonlinear", "expression": "x * z", "high": 1}]},
        r"no parameter z, which the formula x \* z names",
    ),
    (
        "formula over an option",
        {"constraints": [{"kind": "nonlinear", "expression": "x * base", "high": 1}]},
        "base has options",
    ),
    (
        "formula with crossed bounds",
        {"constraints": [{"kind": "nonlinear", "expression": "x * n", "low": 2, "high": 1}]},
        "above the upper one",
    ),
    (
        "formula without room",
        {"constraints": [{"kind": "nonlinear", "expression": "x * n", "low": 1, "high": 1}]},
        "no rounded point is exactly 1",
    ),
    ("exclusion of nothing", {"constraints": [{"kind": "excluded", "values": {"z": [1]}}]}, "which an exclusion names"),
    (
        "exclusion of no option",
        {"constraints": [{"kind": "excluded", "values": {"base": ["nah"]}}]},
        "is no option of base.* There are koh, tea",
    ),
    ("level and best", {"objectives": [wanted("level"), wanted("maximise", "z")]}, "Nobody can level y and maximise z"),
    ("map and best", {"objectives": [wanted("map"), wanted("minimise", "z")]}, "Nobody can map y and minimise z"),
    ("context of nothing", {"context": {"z": 1}}, "no parameter z, which the context names"),
    ("context of what is chosen", {"context": {"x": 1}}, "x is chosen, and the context gives it"),
    ("context not given", {"parameters": [ROOM, X]}, "the context does not say what it is"),
    ("context outside", {"parameters": [ROOM, X], "context": {"room": 7}}, "7, in the context, lies outside room"),
    ("fidelity of nothing", {"fidelity": {"parameter": "z", "target": 1}}, "which the fidelity names"),
    ("fidelity outside", {"fidelity": {"parameter": "n", "target": 11}}, "11, in the fidelity's target, lies outside"),
    ("fidelity between", {"fidelity": {"parameter": "v", "target": 3}}, "is no value of v.* There are 1, 2, 4"),
    ("fidelity not whole", {"fidelity": {"parameter": "n", "target": 1.5}}, "is no whole number"),
    (
        "fidelity given",
        {"parameters": [ROOM, X], "context": {"room": 1}, "fidelity": {"parameter": "room", "target": 1}},
        "room is the fidelity, and given by the context",
    ),
    ("cost of nothing", {"cost": {"weights": {"z": 1}}}, "no parameter z, which the cost of a unit names"),
    ("cost of a unit of an option", {"cost": {"weights": {"base": 1}}}, "base has options"),
    ("cost of a number's options", {"cost": {"options": {"x": {"koh": 1}}}}, "x is a number, and the cost names"),
    ("cost of no option", {"cost": {"options": {"base": {"nah": 1}}}}, "'nah', in the cost, is no option"),
    ("cost below zero", {"cost": {"fixed": 1, "weights": {"n": -1}, "unit": "EUR"}}, "A trial could cost -7 EUR"),
    ("no cost at all", {"cost": {"fixed": 0, "weights": {"x": 1}}}, "A trial could cost 0"),
    ("pool that lacks", {"pool": [{"x": 0.5, "n": 1, "v": 1}]}, "A point of the pool lacks the parameter base"),
    (
        "pool with more",
        {"pool": [{"x": 0.5, "n": 1, "v": 1, "base": "koh", "z": 1}]},
        "A point of the pool names z, which is no parameter",
    ),
    ("pool with text", {"pool": [{"x": "half", "n": 1, "v": 1, "base": "koh"}]}, "x has a value that is no number"),
]


@pytest.mark.parametrize(("change", "said"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_each_wrong_problem_has_one_clear_error(change: dict[str, object], said: str) -> None:
    sound = {"parameters": [X, N, V, BASE], "objectives": [wanted("maximise")]}
    assert suggest(Problem.model_validate(sound), [])
    with pytest.raises(InvalidInput, match=said) as raised:
        suggest(Problem.model_validate({**sound, **change}), [])
    assert raised.value.message
    assert raised.value.hint
