"""Whether every expression of a step can be worked out, and stays within what is taken, wherever the planner goes.

An argument without earlier results is worked out at every corner of the space that its parameters span (at every point
of the pool, if there is one). At a corner a monotone expression has its extremes; a breach found there is a breach. An
argument over earlier results is worked out once with a made-up result, for its unit alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from labd.domain.blob import SCHEME, Blob
from labd.domain.capability import Capability, Json, Slot
from labd.domain.errors import InvalidInput
from labd.domain.problem import Scalar
from labd.protocols.arguments import finish, results_as_names, work_out
from labd.protocols.compilation import Parameter
from labd.protocols.document import Node
from labd.protocols.drafts import Draft, When
from labd.protocols.expansion import PER_WELL, is_of_numbers
from labd.protocols.expressions import holds_expression, ids_in, names_in, pieces, results_in
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.performers import FROM_MOVE
from labd.protocols.results import Results
from labd.protocols.space import Point, Space

TRUTH = Slot(type="boolean")
TEXT = Slot(type="string")


@dataclass(frozen=True, slots=True)
class ArgumentCheck:
    """Checks the expressions of steps: arguments, conditions, what is used up, what a person is asked."""

    space: Space
    results: Results
    ancestors: Mapping[str, Set[str] | None]
    stock: Mapping[str, str] | None
    """The stock of the workcell, with its units; None: not known."""
    findings: Findings

    def step(self, draft: Draft) -> None:
        """Find what is wrong with the expressions of one step."""
        step, capability = draft.written, self.results.capabilities[draft.name]
        if capability is not None:
            self._check_names(draft, capability)
        for argument, value in draft.arguments.items():
            slot = capability.arguments.get(argument) if capability else None
            node = step.entry("arguments", argument)
            if node is not None:
                self._check(draft, argument, value, node, slot)
        for stock, value in draft.consumes.items():
            node = step.entry("consumes", stock)
            if node is not None:
                self._check(draft, stock, value, node, self._of_stock(draft, stock))
                self._check_beforehand(stock, value, node)
        for each in draft.conditions:
            self._check_condition(draft, each)
        if draft.person is not None and (node := step.entry("person")) is not None:
            self._check(draft, "person", draft.person, node, TEXT)

    def _check_condition(self, draft: Draft, condition: When) -> None:
        try:
            condition.tree()
        except InvalidInput as error:
            self.findings.error(condition.node.place, error.message, error.hint)
            return
        name = "until" if condition.negated else "when"
        self._check(draft, name, condition.text, condition.node, TRUTH, missing=True)

    def _check_beforehand(self, stock: str, value: Json, node: Node) -> None:
        try:
            trees = [each for text, _ in _texts(value, node) for each in pieces(text) if isinstance(each, ast.expr)]
        except InvalidInput:
            return  # told already
        if any(results_in(tree) for tree in trees):
            message = f"{stock} is set aside before the run begins, when there are no results."
            self.findings.error(node.place, message, "Write a quantity, or an expression over parameters.")

    def _of_stock(self, draft: Draft, stock: str) -> Slot | None:
        if self.stock is None:
            return None
        if stock not in self.stock:
            place = draft.written.key("consumes", stock)
            self.findings.error(place, f"The workcell has no stock {stock}.", instead(stock, self.stock))
            return None
        return Slot(unit=self.stock[stock], low=0.0)

    def _check_names(self, draft: Draft, capability: Capability) -> None:
        step = draft.written
        given = FROM_MOVE if step.move else ()
        for argument in draft.arguments:
            if argument in given:
                message = f"The argument {argument} of a way of labware is given by labd."
                self.findings.error(step.key("arguments", argument), message, "Take it out.")
            elif argument not in capability.arguments:
                message = f"{capability.name} takes no argument {argument}."
                self.findings.error(step.key("arguments", argument), message, instead(argument, capability.arguments))
        for argument, slot in capability.arguments.items():
            if not slot.optional and argument not in (*draft.arguments, *given):
                place = step.key("arguments") if step.entry("arguments") else draft.key
                example = f"a quantity in {slot.unit}" if slot.unit else f"its {slot.type}"
                message = f"{capability.name} needs the argument {argument}."
                self.findings.error(place, message, f"Write `{argument}:` and {example} among the arguments.")

    def _check(
        self, draft: Draft, name: str, value: Json, node: Node, slot: Slot | None, *, missing: bool = False
    ) -> None:
        """One value of a step, however deep its expressions are; whether it may speak of what was skipped."""
        wells = isinstance(value, dict) and value.keys() == {PER_WELL}
        if wells and not self._wells(draft, name, node, slot):
            return
        each_sample = wells or draft.per == "sample"
        trees = [
            tree
            for text, place in _texts(value, node)
            for tree in self._expressions(draft, text, place, each_sample=each_sample)
        ]
        found = [each for each in trees if each]
        if not missing:
            self._warn_of_skipping(draft, node.place, found)
        if len(found) == len(trees) and slot is not None and not (each_sample and self._by_well(found)):
            inner = value[PER_WELL] if isinstance(value, dict) and wells else value
            self._check_value(node.place, name, inner, _entry_of(slot) if wells else slot, found)

    def _by_well(self, trees: Sequence[ast.expr]) -> bool:
        """Whether a result may be one by well, of which a sample sees its own entry: nobody knows what that is."""
        results = {each for tree in trees for each in results_in(tree)}
        return self.space.has_samples and any(self.results.slot(*each).type == "object" for each in results)

    def _wells(self, draft: Draft, name: str, node: Node, slot: Slot | None) -> bool:
        """Whether an argument may be given well by well."""
        place = node.child(PER_WELL) or node
        if not self.space.has_samples:
            self.findings.error(place.key, "There are no wells without a `batch:`.", "Write the value itself.")
        elif draft.per == "sample":
            message = f"{draft.shown} is done for each sample by itself, and has no other wells."
            self.findings.error(place.key, message, "Write the expression itself, or `per: batch` at the step.")
        elif slot is not None and slot.type != "object" and name not in draft.consumes:
            message = f"{name} takes a {slot.type}, and not a value for each well."
            self.findings.error(place.key, message, "Write one value, or `per: sample` at the step.")
        else:
            return True
        return False

    def _expressions(self, draft: Draft, text: str, place: Place, *, each_sample: bool) -> Iterator[ast.expr | None]:
        """The expressions in a text; None in place of a wrong one."""
        try:
            trees = [each for each in pieces(text) if isinstance(each, ast.expr)]
        except InvalidInput as error:
            self.findings.error(place, error.message, error.hint)
            yield None
            return
        for tree in trees:
            sound = [self._known(place, draft, name, each_sample=each_sample) for name in sorted(names_in(tree))]
            sound += [self._given(place, draft, *each, each_sample=each_sample) for each in sorted(results_in(tree))]
            if "sample" in ids_in(tree):
                sound.append(self._sampled(place, draft, each_sample=each_sample))
            yield tree if all(sound) else None

    def _known(self, place: Place, draft: Draft, name: str, *, each_sample: bool) -> bool:
        if name not in self.space.named:
            remedy = instead(name, [*self.space.named, "run.id", "trial.id"])
            self.findings.error(place, f"There is no parameter or constant {name}.", remedy)
            return False
        if self.space.has_samples and not each_sample and self.space.per.get(name) == "sample":
            message = f"{draft.shown} is done once a batch, and each sample has a {name} of its own."
            remedy = f"Write `per: batch` at {name}, `per: sample` at {draft.shown}, or {{per_well: ...}}."
            self.findings.error(place, message, remedy)
            return False
        return True

    def _sampled(self, place: Place, draft: Draft, *, each_sample: bool) -> bool:
        if self.space.has_samples and each_sample:
            return True
        message = f"{draft.shown} is done for no sample in particular."
        remedy = "Write `per: sample` at the step." if self.space.has_samples else "Write run.id, or a `batch:`."
        self.findings.error(place, message, remedy)
        return False

    def _given(self, place: Place, draft: Draft, other: str, result: str, *, each_sample: bool) -> bool:
        """Whether a result is there when the step begins."""
        if wrong := self.results.wrong(other, result):
            self.findings.error(place, *wrong)
            return False
        first, before = self._giver(draft, other), self.ancestors.get(draft.name)
        if first is None:
            return False
        if self.space.has_samples and not each_sample and first.per == "sample":
            message = f"{draft.shown} is done once a batch, and {first.shown} for each sample."
            self.findings.error(place, message, f"Write `per: batch` at {first.shown}, or {{per_well: ...}}.")
            return False
        if first.name == draft.name or (before is not None and first.name not in before):
            message = f"{draft.shown} can never begin: it needs {other}.{result}, but does not come after {other}."
            self.findings.error(place, message, f"Write {other} into the `after` of {draft.shown}.")
            return False
        return self._lasting(place, draft, first, result) and self.results.capabilities[first.name] is not None

    def _giver(self, draft: Draft, other: str) -> Draft | None:
        """Whose result a step speaks of: in a template its own sibling's, else the first that gives it."""
        givers = self.results.givers(other)
        own = [each for each in givers if draft.prefix and each.name.startswith(draft.prefix)]
        return next(iter(own or givers), None)

    def _lasting(self, place: Place, draft: Draft, giver: Draft, result: str) -> bool:
        """Whether a result is there whenever the step is done; otherwise that is said."""
        if giver.recovers is not None:
            message = f"{giver.shown} is only done when {giver.recovers} fails: there may be no {result}."
            self.findings.error(place, message, f"Take {result} from a step that is always done.")
            return False
        if draft.phase == "clean_up" and giver.phase != "clean_up":
            message = f"The clean-up is done, too, when {giver.shown} has failed and there is no {result}."
            self.findings.error(place, message, "Write a parameter, a constant or a quantity.")
            return False
        return True

    def _warn_of_skipping(self, draft: Draft, place: Place, trees: Sequence[ast.expr]) -> None:
        mine = {each.text for each in draft.conditions}
        for other, result in sorted({each for tree in trees for each in results_in(tree)}):
            giver = self._giver(draft, other)
            if giver is not None and not {each.text for each in giver.conditions} <= mine:
                message = f"{giver.shown} may be skipped, and then {draft.shown} has no {result} and fails."
                self.findings.warning(place, message, f"Write the `when` of {giver.shown} at {draft.shown}, too.")

    def _check_value(
        self, place: Place, argument: str, value: Json, slot: Slot | None, trees: Sequence[ast.expr]
    ) -> None:
        used = sorted({name for tree in trees for name in names_in(tree)})
        sound = {*self.space.parameters, *self.space.constants}
        if not sound.issuperset(used):
            return
        results = {each for tree in trees for each in results_in(tree)}
        for point in self.space.corners([name for name in used if name in self.space.parameters]):
            try:
                self._try(value, slot, point, results)
            except InvalidInput as error:
                if results and isinstance(error.__cause__, ArithmeticError | ValueError):
                    continue  # a made-up result need not make sense
                self._refuse(place, argument, point, error)
                return

    def _refuse(self, place: Place, argument: str, point: Point, error: InvalidInput) -> None:
        at = ", ".join(f"{name} = {_shown(point[name], self.space.parameters[name])}" for name in point)
        message = f"{argument}: {error.message}" + (f" (Where {at}.)" if at else "")
        narrower = f"Narrow {' or '.join(point)}" if point and "beyond" in error.message else ""
        remedy = f"{narrower}: {error.hint[:1].lower()}{error.hint[1:]}" if narrower else error.hint
        self.findings.error(place, message, remedy)

    def _try(self, value: Json, slot: Slot | None, point: Point, results: Set[tuple[str, str]]) -> None:
        names = self.space.names(point)
        if slot is None:  # one well of many: any plain value will do
            slot, value = Slot(type="array"), [value]
        if not results:
            work_out(value, slot, names, {})
            return
        slots = {(step, name): self.results.slot(step, name) for step, name in results}
        wide = slot.model_copy(update={"low": None, "high": None, "type": _wide(slot.type)})
        closed = work_out(value, wide, names, {key: each.unit for key, each in slots.items()})
        made_up: dict[str, dict[str, Json]] = {}
        for (step, name), each in slots.items():
            made_up.setdefault(step, {})[name] = _made_up(each)
        finish(closed, {"steps": results_as_names(made_up)})


def _entry_of(slot: Slot) -> Slot | None:
    """What is taken for one well; None: anything."""
    if slot.type != "object":
        return slot
    return slot.model_copy(update={"type": "number"}) if is_of_numbers(slot) else None


def _texts(value: Any, node: Node) -> Iterator[tuple[str, Place]]:
    """The texts with expressions in a value, however deep, and where they stand."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, node.get(key) or node)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _texts(each, node.child(place) or node)
    elif isinstance(value, str) and holds_expression(value):
        yield value, node.place


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
