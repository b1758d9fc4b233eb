"""From the results of a run to its outcomes, by the functions that the protocol names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from labd.analysis.chromatography import CHROMATOGRAM_YIELD
from labd.analysis.contents import Open, content, nowhere
from labd.analysis.direct import VALUE
from labd.analysis.errors import AnalysisError
from labd.analysis.function import AnalysisFunction
from labd.analysis.plates import SPECIFIC_SIGNAL
from labd.domain.analysis import Signature
from labd.domain.blob import is_reference
from labd.domain.capability import Json
from labd.domain.problem import Measurement, Parameters
from labd.domain.protocol import Analysis, OutcomeSpec

FUNCTIONS: Mapping[str, AnalysisFunction] = MappingProxyType(
    {"value": VALUE, "chromatogram_yield": CHROMATOGRAM_YIELD, "specific_signal": SPECIFIC_SIGNAL}
)

OF_PARAMETERS = "parameters"
"""An input `parameters.loading` is the trial's parameter, where no instrument reads it back."""

Results = Mapping[str, Mapping[str, Json]]


def signatures() -> dict[str, Signature]:
    """What each function takes and gives, by name."""
    return {name: function.signature for name, function in FUNCTIONS.items()}


def analyse(
    analysis: Sequence[Analysis],
    outcomes: Mapping[str, OutcomeSpec],
    parameters: Parameters,
    results: Results,
    open_content: Open = nowhere,
) -> dict[str, Measurement]:
    """The outcomes of a run. `results` are by step and result; where a function's input is a reference to data, it is
    given their content.

    An outcome that a function with open outcomes did not find is absent: a missing metric does not discard a trial.
    Whether an outcome is physically possible is not asked here. Raises `AnalysisError` when a reading is no
    measurement, or when there is no outcome at all.
    """
    measured: dict[str, Measurement] = {}
    for each in analysis:
        measured |= _apply(each, outcomes, parameters, results, open_content)
    if not measured:
        raise AnalysisError(f"No outcome was found of {', '.join(outcomes)}.", "Compare the result with the protocol.")
    return measured


def _apply(
    each: Analysis,
    outcomes: Mapping[str, OutcomeSpec],
    parameters: Parameters,
    results: Results,
    open_content: Open,
) -> dict[str, Measurement]:
    if each.function not in FUNCTIONS:
        raise AnalysisError(f"There is no analysis function {each.function!r}.", f"There are {', '.join(FUNCTIONS)}.")
    function = FUNCTIONS[each.function]
    required = [name for name, slot in function.signature.settings.items() if not slot.optional]
    if missing := sorted({*function.signature.inputs} - {*each.inputs}) + sorted({*required} - {*each.settings}):
        raise AnalysisError(f"{each.function} lacks {', '.join(missing)}.", "Add it to the protocol's analysis.")
    inputs = {name: _input(reference, parameters, results) for name, reference in each.inputs.items()}
    inputs = {name: content(value, open_content) if is_reference(value) else value for name, value in inputs.items()}
    found = function.compute(inputs, each.settings)
    wanted = each.outcomes or {name: name for name in outcomes}
    return {name: found[own] for name, own in wanted.items() if own in found}


def _input(reference: str, parameters: Parameters, results: Results) -> Json:
    step, _, name = reference.rpartition(".")
    found = parameters if step == OF_PARAMETERS else results.get(step, {})
    if name not in found:
        raise AnalysisError(f"The run has no result {reference}.", "Look at what the step reported.")
    return found[name]
