"""Whether every argument can be worked out, and stays within what the capability takes, wherever the planner goes.

An argument without earlier results is worked out at every corner of the space that its parameters span (at every point
of the pool, if there is one). At a corner a monotone expression has its extremes; a breach found there is a breach. An
argument over earlier results is worked out once with a made-up result, for its unit alone.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from labd.domain.blob import SCHEME, Blob
from labd.domain.capability import Capability, Json, Slot
from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Continuous, Discrete, Integer, Scalar
from labd.protocols.arguments import finish, results_as_names, work_out
from labd.protocols.arithmetic import quantity
from labd.protocols.compilation import Parameter
from labd.protocols.document import Node
from labd.protocols.expressions import holds_expression, names_in, pieces, results_in
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.written import ProtocolWritten, StepWritten

MAXIMUM_CORNERS = 4096


@dataclass(frozen=True, slots=True)
class Space:
    """What expressions may speak of, as far as it is sound."""

    parameters: Mapping[str, Parameter]
    constants: Mapping[str, tuple[float | int | str, str]]
    pool: Sequence[Mapping[str, Scalar]] | None
    named: Sequence[str]
    """All names of the file, of wrong parameters and constants too."""


@dataclass(frozen=True, slots=True)
class ArgumentCheck:
    """Checks the arguments of steps."""

    written: ProtocolWritten
    space: Space
    capabilities: Mapping[str, Capability | None]
    ancestors: Mapping[str, Set[str] | None]
    findings: Findings

    def step(self, name: str) -> None:
        """Find what is wrong with the arguments of one step."""
        step, capability = self.written.steps[name], self.capabilities[name]
        if capability is not None:
            self._check_names(name, step, capability)
        for argument, value in step.arguments.items():
            slot = capability.arguments.get(argument) if capability else None
            node = step.entry("arguments", argument)
            if node is None:
                continue
            trees = [tree for each in _texts(node) for tree in self._expressions(name, each)]
            if None not in trees and slot is not None:
                self._check_value(node.place, argument, value, slot, [tree for tree in trees if tree is not None])

    def _check_names(self, name: str, step: StepWritten, capability: Capability) -> None:
        for argument in step.arguments:
            if argument not in capability.arguments:
                message = f"{capability.name} takes no argument {argument}."
                self.findings.error(step.key("arguments", argument), message, instead(argument, capability.arguments))
        for argument, slot in capability.arguments.items():
            if not slot.optional and argument not in step.arguments:
                place = step.key("arguments") if step.entry("arguments") else self.written.key("steps", name)
                example = f"a quantity in {slot.unit}" if slot.unit else f"its {slot.type}"
                message = f"{capability.name} needs the argument {argument}."
                self.findings.error(place, message, f"Write `{argument}:` and {example} among the arguments.")

    def _expressions(self, step: str, node: Node) -> Iterator[ast.expr | None]:
        """The expressions in a text; None in place of a wrong one."""
        try:
            trees = [each for each in pieces(str(node.value)) if isinstance(each, ast.expr)]
        except InvalidInput as error:
            self.findings.error(node.place, error.message, error.hint)
            yield None
            return
        for tree in trees:
            known = [self._known(node.place, name) for name in sorted(names_in(tree))]
            given = [self._given(node.place, step, *each) for each in sorted(results_in(tree))]
            yield tree if all(known + given) else None

    def _known(self, place: Place, name: str) -> bool:
        if name in self.space.named:
            return True
        remedy = instead(name, [*self.space.named, "run.id", "trial.id"])
        self.findings.error(place, f"There is no parameter or constant {name}.", remedy)
        return False

    def _given(self, place: Place, step: str, other: str, result: str) -> bool:
        """Whether a result is there when the step begins."""
        known = self.written.names("steps")
        before = self.ancestors.get(step)
        if other not in known:
            self.findings.error(place, f"There is no step {other}.", instead(other, known))
            return False
        if other == step or (before is not None and other not in before):
            message = f"{step} can never begin: it needs {other}.{result}, but does not come after {other}."
            self.findings.error(place, message, f"Write {other} into the `after` of {step}.")
            return False
        capability = self.capabilities.get(other)
        if capability is not None and result not in capability.results:
            message = f"{capability.name} gives no result {result}."
            self.findings.error(place, message, instead(result, capability.results))
            return False
        return capability is not None

    def _check_value(self, place: Place, argument: str, value: Json, slot: Slot, trees: Sequence[ast.expr]) -> None:
        used = sorted({name for tree in trees for name in names_in(tree)})
        sound = {*self.space.parameters, *self.space.constants}
        if not sound.issuperset(used):
            return
        results = {each for tree in trees for each in results_in(tree)}
        for point in self._corners([name for name in used if name in self.space.parameters]):
            try:
                self._try(value, slot, self._names(point), results)
            except InvalidInput as error:
                if results and isinstance(error.__cause__, ArithmeticError | ValueError):
                    continue  # a made-up result need not make sense
                at = ", ".join(f"{name} = {_shown(point[name], self.space.parameters[name])}" for name in point)
                message = f"{argument}: {error.message}" + (f" (Where {at}.)" if at else "")
                narrower = f"Narrow {' or '.join(point)}" if point and "beyond" in error.message else ""
                remedy = f"{narrower}: {error.hint[:1].lower()}{error.hint[1:]}" if narrower else error.hint
                self.findings.error(place, message, remedy)
                return

    def _try(self, value: Json, slot: Slot, names: Mapping[str, Any], results: Set[tuple[str, str]]) -> None:
        if not results:
            work_out(value, slot, names, {})
            return
        slots = {(step, name): self._result(step, name) for step, name in results}
        wide = slot.model_copy(update={"low": None, "high": None, "type": _wide(slot.type)})
        closed = work_out(value, wide, names, {key: each.unit for key, each in slots.items()})
        made_up: dict[str, dict[str, Json]] = {}
        for (step, name), each in slots.items():
            made_up.setdefault(step, {})[name] = _made_up(each)
        finish(closed, {"steps": results_as_names(made_up)})

    def _result(self, step: str, name: str) -> Slot:
        capability = self.capabilities[step]
        return capability.results[name] if capability else Slot()

    def _names(self, point: Mapping[str, Scalar]) -> dict[str, Any]:
        an_id = SimpleNamespace(id="01J00000000000000000000000.1.1")
        constants = {name: quantity(value, unit) for name, (value, unit) in self.space.constants.items()}
        here = {name: quantity(value, self.space.parameters[name].unit) for name, value in point.items()}
        return {**constants, **here, "run": an_id, "trial": an_id}

    def _corners(self, used: Sequence[str]) -> Iterator[dict[str, Scalar]]:
        if self.space.pool is not None:
            rows = dict.fromkeys(tuple(row[name] for name in used) for row in self.space.pool)
            yield from (dict(zip(used, row, strict=True)) for row in rows)
            return
        extremes = [_extremes(self.space.parameters[name]) for name in used]
        for values in itertools.islice(itertools.product(*extremes), MAXIMUM_CORNERS):
            yield dict(zip(used, values, strict=True))


def _texts(node: Node) -> Iterator[Node]:
    """The texts with expressions in an argument, however deep."""
    for _, entry in node.entries():
        yield from _texts(entry)
    for item in node.items():
        yield from _texts(item)
    if isinstance(node.value, str) and holds_expression(node.value):
        yield node


def _extremes(parameter: Parameter) -> tuple[Scalar, ...]:
    match parameter:
        case Categorical(options=options):
            return options
        case Discrete(values=values):
            return (values[0], values[-1])
        case Integer(low=least, high=most):
            return (least, most)
        case Continuous(low=low, high=high):
            return (low, high)


def _shown(value: Scalar, parameter: Parameter) -> str:
    return value if isinstance(value, str) else f"{value:g} {parameter.unit}".strip()


def _wide(kind: str) -> str:
    return "number" if kind == "integer" else kind


def _made_up(slot: Slot) -> Json:
    low, high = slot.low, slot.high
    number = (low + high) / 2 if low is not None and high is not None else 1.0
    samples: dict[str, Json] = {
        "number": number,
        "integer": round(number),
        "string": slot.options[0] if slot.options else "text",
        "boolean": True,
        "array": [number, number],
        "object": {},
        "blob": Blob(blob=SCHEME + 64 * "0", size_bytes=0).model_dump(),
    }
    return samples[slot.type]
