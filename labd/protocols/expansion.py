"""From the steps of a protocol to those of one run: each once, or once for each sample, with arguments worked out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from labd.domain.capability import Capability, Json, Slot
from labd.domain.errors import InvalidInput
from labd.domain.identifiers import RunId, StepName, TrialId, sample_id
from labd.domain.problem import Parameters
from labd.domain.protocol import Protocol
from labd.domain.samples import Sample
from labd.domain.steps import PERSON, PlannedStep, Prompt, Step
from labd.domain.workcell import Workcell
from labd.protocols.arguments import work_out
from labd.protocols.arithmetic import quantity
from labd.protocols.expressions import close, holds_expression, pieces, text_of

PER_WELL = "per_well"
"""An argument `{per_well: "${volume}"}` is an object with an entry for each well, or for each number of a sample."""
ANSWER = Capability(
    name="answer",
    results={"option": Slot(type="string"), "note": Slot(type="string"), "photo": Slot(type="blob")},
    typical_s=60.0,
    maximum_s=86_400.0,
)
"""What a step asks of a person."""


class Point(NamedTuple):
    """A sample that is planned, and all its parameters, in their own units."""

    sample: Sample
    parameters: Parameters


class _Here(NamedTuple):
    """What the expressions of a step may speak of, and for which sample it is done."""

    names: Mapping[str, Any]
    sample: Sample | None


def step_of(name: str, sample: int) -> str:
    """What the step of that name is called that is done for one sample.

    >>> step_of("weigh", 3)
    'weigh__3'
    """
    return f"{name}__{sample}"


class Expansion:
    """One protocol in one workcell, for one run. `points` are empty without a batch: then every step is done once."""

    def __init__(
        self, protocol: Protocol, workcell: Workcell, run: RunId, trial: TrialId, points: Sequence[Point] = ()
    ) -> None:
        self._protocol, self._workcell, self._run, self._trial = protocol, workcell, run, trial
        self._points = points
        self._repeated = {each.name for each in protocol.steps if each.per == "sample"} if points else set()
        self._capabilities = {step.name: self._capability(step) for step in protocol.steps}
        given = [
            (step, result, slot.unit)
            for step in protocol.steps
            for result, slot in self._capabilities[step.name].results.items()
        ]
        self._units = {
            (called, result): unit for step, result, unit in given for called in (step.name, step.alias or step.name)
        }
        self._constants = {
            name: quantity(value, protocol.constant_units.get(name, "")) for name, value in protocol.constants.items()
        }
        self._worked_out: dict[tuple[str, str], Json] = {}
        """By step and argument: what is the same for all samples."""

    def steps(self, shared: Parameters) -> Iterator[PlannedStep]:
        """The steps of the run; `shared` are the parameters that all steps may speak of. Raises `InvalidInput`."""
        whole = self._here(shared, None)
        here = [self._here(each.parameters, each.sample) for each in self._points]
        for step in self._protocol.steps:
            for each in here if step.name in self._repeated else (whole,):
                yield self._planned(step, each, here)

    def _here(self, parameters: Parameters, sample: Sample | None) -> _Here:
        unit = {each.name: each.unit for each in self._protocol.problem.parameters}
        names = {name: quantity(value, unit[name]) for name, value in parameters.items()}
        of_trial = self._trial if sample is None else sample.trial or ""
        known = {"run": SimpleNamespace(id=self._run), "trial": SimpleNamespace(id=of_trial)}
        if sample is not None or not self._points:
            number, well = (sample.number, sample.well) if sample else (1, "")
            known["sample"] = SimpleNamespace(id=sample_id(self._run, number), well=well, number=number)
        return _Here({**self._constants, **names, **known}, sample)

    def _planned(self, step: Step, here: _Here, everywhere: Sequence[_Here]) -> PlannedStep:
        capability = self._capabilities[step.name]
        number = here.sample.number if here.sample else None
        after = [each for name in step.after for each in self._before(name, number)]
        return PlannedStep(
            name=step.name if number is None else step_of(step.name, number),
            role=step.role,
            capability=step.capability,
            instrument=step.instrument,
            also=step.also,
            arguments=self._arguments(step, capability, here, everywhere),
            after=tuple(after),
            gaps={each: gap for name, gap in step.gaps.items() for each in self._before(name, number)},
            phase=step.phase,
            when=self._condition(step, here),
            instead_of=step.instead_of and self._before(step.instead_of, number)[0],
            recovers=step.recovers and self._before(step.recovers, number)[0],
            retries=step.retries,
            cool_down_s=step.cool_down_s,
            prompt=self._prompt(step, here),
            move=step.move,
            on=step.on,
            template="" if number is None else step.name,
            alias=step.alias,
            sample=number,
            typical_s=capability.typical_s,
            timeout_s=step.timeout_s or capability.maximum_s,
            consumes={name: self._consumed(step, name, here, everywhere) for name in step.consumes},
        )

    def _before(self, name: StepName, sample: int | None) -> list[StepName]:
        """The steps of the run that a step of the protocol means, seen from a step for this sample, or for all."""
        if name not in self._repeated:
            return [name]
        numbers = [each.sample.number for each in self._points] if sample is None else [sample]
        return [step_of(name, each) for each in numbers]

    def _capability(self, step: Step) -> Capability:
        if step.role == PERSON:
            return ANSWER
        role = self._workcell.roles.get(step.role)
        capability = role.capability(step.capability) if role else None
        if capability is None:
            wanted = f"{step.role}.{step.capability}"
            raise InvalidInput(f"The workcell {self._workcell.name} has no {wanted}, which step {step.name} asks for.")
        return capability

    # --- arguments

    def _arguments(
        self, step: Step, capability: Capability, here: _Here, everywhere: Sequence[_Here]
    ) -> dict[str, Json]:
        written, slots = step.arguments, capability.arguments
        # where a move goes from, and to which of several places, is known only when it begins
        missing = (
            [] if step.move else [each for each, slot in slots.items() if not slot.optional and each not in written]
        )
        unknown = [each for each in written if each not in slots]
        if missing or unknown:
            said = f"Step {step.name}: {capability.name} does not take these arguments: {missing + unknown}."
            raise InvalidInput(said)
        return {name: self._argument(step, name, slots[name], here, everywhere) for name in written}

    def _argument(self, step: Step, name: str, slot: Slot, here: _Here, everywhere: Sequence[_Here]) -> Json:
        key = step.name, name
        if key in self._worked_out:
            return self._worked_out[key]
        written = step.arguments[name]
        try:
            if per_well(written):
                return self._by_well(written, slot, everywhere or [here])
            value = work_out(written, slot, here.names, self._units)
        except InvalidInput as error:
            raise InvalidInput(f"The argument {name}: {error.message}", error.hint) from error
        if not mentions(written):
            self._worked_out[key] = value
        return value

    def _by_well(self, written: Json, slot: Slot, everywhere: Sequence[_Here]) -> Json:
        """One entry for each sample. A result that is given for each sample is meant to be that sample's own."""
        inside = cast("dict[str, Json]", written)[PER_WELL]
        entry = slot.model_copy(update={"type": "number"}) if is_of_numbers(slot) else None
        found: dict[str, Json] = {}
        for here in everywhere:
            sample = here.sample
            units, own = self._units, inside
            if sample is not None:
                own = self._own(inside, sample.number)
                units = {(step_of(step, sample.number), result): unit for (step, result), unit in units.items()} | units
            place = (sample.well or str(sample.number)) if sample else "1"
            if entry is None:
                found[place] = cast("dict[str, Json]", work_out({"": own}, slot, here.names, units))[""]
            else:
                found[place] = work_out(own, entry, here.names, units)
        return found

    def _own(self, written: Json, sample: int) -> Json:
        """The text, with the steps that are done for each sample named as they are for this one."""
        if not isinstance(written, str):
            return written
        called = {each.alias or each.name for each in self._protocol.steps if each.name in self._repeated}
        names = "|".join(re.escape(each) for each in sorted(called, key=len, reverse=True))
        return re.sub(rf"\bsteps\.({names})\.", rf"steps.\g<1>__{sample}.", written) if names else written

    def _consumed(self, step: Step, stock: str, here: _Here, everywhere: Sequence[_Here]) -> float:
        """How much of a stock an order for the step takes, in the stock's unit."""
        unit = self._workcell.stock[stock].unit if stock in self._workcell.stock else ""
        slot = Slot(unit=unit, low=0.0)
        written = step.consumes[stock]
        try:
            if per_well(written):
                parts = self._by_well(written, slot, everywhere or [here])
                values = list(cast("dict[str, Json]", parts).values())
            elif isinstance(written, int | float):
                values = [written]  # a file's `4 mL` is in the stock's unit already
            else:
                values = [work_out(written, slot, here.names, self._units)]
        except InvalidInput as error:
            raise InvalidInput(f"What {step.name} takes of {stock}: {error.message}", error.hint) from error
        if not all(isinstance(each, int | float) for each in values):
            raise InvalidInput(
                f"What {step.name} takes of {stock} hangs on an earlier result.",
                "It is set aside before the run knows its results: write it with parameters and constants.",
            )
        return float(sum(each for each in values if isinstance(each, int | float)))

    # --- text for a person, and conditions

    def _prompt(self, step: Step, here: _Here) -> Prompt | None:
        if step.prompt is None:
            return None
        text = work_out(step.prompt.text, Slot(type="string"), here.names, self._units)
        return step.prompt.model_copy(update={"text": str(text)})

    def _condition(self, step: Step, here: _Here) -> str:
        """The condition, closed, so that it waits for nothing but results."""
        if not step.when:
            return ""
        (tree,) = pieces(step.when)
        if isinstance(tree, str):
            raise InvalidInput(f"The condition of {step.name} is no expression.", "Write `when: ${ ... }`.")
        return text_of(close(tree, here.names, self._units))


def per_well(written: Json) -> bool:
    """Whether an argument is to be worked out for each well.

    >>> per_well({"per_well": "${volume}"}), per_well({"A1": 5.0})
    (True, False)
    """
    return isinstance(written, dict) and written.keys() == {PER_WELL}


def mentions(written: Json) -> bool:
    """Whether there is an expression in it, however deep."""
    match written:
        case str():
            return holds_expression(written)
        case list():
            return any(mentions(each) for each in written)
        case dict():
            return any(mentions(each) for each in written.values())
    return False


def is_of_numbers(slot: Slot) -> bool:
    """Whether the entries of an object are numbers, by what is said of them."""
    return bool(slot.unit) or slot.low is not None or slot.high is not None or slot.type in ("number", "integer")
