"""Where the tensors live: chosen by size, ruled by a person, and never two devices in one sum."""

import ast
from pathlib import Path

import pytest
import torch

from labd.adapters.planner_questions.answering import answer
from labd.adapters.planner_questions.kinds import SUGGEST, Suggest
from labd.adapters.planner_questions.messages import Answered, Declined, Question
from labd.domain.errors import InvalidInput
from labd.domain.problem import (
    Categorical,
    Continuous,
    Goal,
    Limit,
    Measurement,
    Objective,
    Observation,
    PlannerSettings,
    Problem,
)
from labd.planning import suggest
from labd.planning.device import Rule, again_on_cpu, choose_device, devices

DEVICES: list[Rule] = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]  # type: ignore[list-item]
"""What this machine has."""
PARAMETERS = (Continuous(name="x", low=0, high=1), Categorical(name="kind", options=("a", "b", "c")))
OBJECTIVES = (Objective(outcome="y"), Objective(outcome="z", goal=Goal.MINIMISE))
PROBLEMS = {
    "one objective": Problem(parameters=PARAMETERS, objectives=OBJECTIVES[:1]),
    "a pool": Problem(
        parameters=PARAMETERS,
        objectives=OBJECTIVES[:1],
        pool=tuple({"x": i / 40, "kind": "abc"[i % 3]} for i in range(40)),
    ),
    "two objectives": Problem(parameters=PARAMETERS, objectives=OBJECTIVES),
    "a weighted sum": Problem(
        parameters=PARAMETERS, objectives=OBJECTIVES, settings=PlannerSettings(strategy="weighted_sum")
    ),
    "a limit": Problem(parameters=PARAMETERS, objectives=OBJECTIVES[:1], limits=(Limit(outcome="z", high=2.0),)),
    "bad labels": Problem(parameters=PARAMETERS, objectives=OBJECTIVES[:1], settings=PlannerSettings(robust=True)),
}
HOME = Path(__file__).parents[3] / "labd" / "planning"
FACTORIES = {"tensor", "as_tensor", "zeros", "ones", "full", "empty", "arange", "linspace", "eye", "rand", "randn"}
ON_THE_PROCESSOR = {
    "spaces/": "rows are numpy's; what is made of them is brought to the device by who asks for features",
    "strategies/earlier.py": "what earlier campaigns taught is remembered on the processor",
    "strategies/guarding.py::safety": "a number, which is taken out again at once",
    "surrogates/belief.py::weigh": "numbers, which are taken out again at once",
    "surrogates/fit.py::telling": "brought to the device of what it picks from",
}


def observations() -> list[Observation]:
    return [
        Observation(
            trial=str(i),
            parameters={"x": ((7 * i) % 13) / 13, "kind": "abc"[i % 3]},
            outcomes={"y": Measurement(mean=float((5 * i) % 11)), "z": Measurement(mean=float((3 * i) % 5))},
            failed=False,
        )
        for i in range(12)
    ] + [Observation(trial="f", parameters={"x": 0.99, "kind": "a"}, failed=True)]


@pytest.mark.parametrize("rule", DEVICES)
@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_kind_of_problem_is_answered_on_every_device_that_there_is(kind: str, rule: Rule) -> None:
    with devices(rule) as used:
        made = suggest(PROBLEMS[kind], observations(), [{"x": 0.31, "kind": "b"}], 2, 1)
    assert len(made) == 2
    assert used == {rule}


def test_small_questions_go_to_the_processor() -> None:
    with devices() as used:
        assert choose_device(200, 2000).type == "cpu"
    assert used == {"cpu"}


def test_large_questions_go_to_the_gpu_where_there_is_one() -> None:
    best = "cuda" if torch.cuda.is_available() else "cpu"
    with devices():
        assert choose_device(3000, 512).type == best
        assert choose_device(300, 100_000).type == best
    with devices("cpu"):
        assert choose_device(3000, 100_000).type == "cpu", "forbidden"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_asked_for_and_is_not_there_is_an_error() -> None:
    with devices("cuda"), pytest.raises(InvalidInput, match="no GPU"):
        choose_device(1, 1)


@pytest.mark.parametrize(("said", "device"), [("cpu", "cpu"), ("", "cpu")])
def test_the_environment_rules(said: str, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABD_DEVICE", said)
    asked = Suggest(problem=PROBLEMS["a pool"], observations=tuple(observations()), count=1, seed=0)
    reply = answer(Question(kind=SUGGEST.name, asked=asked.model_dump_json()))
    assert isinstance(reply, Answered)
    assert reply.took.device == device


def test_a_wrong_word_in_the_environment_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABD_DEVICE", "tpu")
    reply = answer(Question(kind=SUGGEST.name, asked="{}"))
    assert isinstance(reply, Declined)
    assert reply.invalid
    assert "LABD_DEVICE is tpu" in reply.message


def test_too_little_memory_on_the_gpu_means_the_processor() -> None:
    asked: list[str] = []

    def work() -> str:
        asked.append(choose_device(3000, 10**9).type)
        if len(asked) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return asked[-1]

    with devices() as used:
        assert again_on_cpu(work) == ("cpu", True)
    assert "cpu" in used
    assert again_on_cpu(lambda: "answer") == ("answer", False)


def test_every_tensor_that_is_made_says_where_it_lives() -> None:
    """On a machine without a GPU no test would notice a tensor on the wrong device: its maker must name one."""
    silent = []
    for file in sorted(HOME.rglob("*.py")):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                match call:
                    case ast.Call(func=ast.Attribute(value=ast.Name("torch"), attr=name)) if name in FACTORIES:
                        if "device" not in {each.arg for each in call.keywords}:
                            silent.append(f"{file.relative_to(HOME).as_posix()}::{function.name}")
    assert silent, "the pattern has gone stale"
    assert not [each for each in silent if not each.startswith(tuple(ON_THE_PROCESSOR))]
