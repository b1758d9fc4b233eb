"""What is learnt: outcomes, and the analysis that computes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labd.domain.analysis import Signature
from labd.domain.capability import Json
from labd.domain.errors import InvalidInput
from labd.domain.protocol import Analysis, OutcomeSpec
from labd.protocols.amounts import in_unit
from labd.protocols.arguments import work_out
from labd.protocols.findings import Findings, instead
from labd.protocols.results import OF_CONTROLS, OF_PARAMETERS, Results
from labd.protocols.written import AnalysisWritten, ProtocolWritten

Signatures = Mapping[str, Signature]


def outcomes(written: ProtocolWritten, findings: Findings) -> dict[str, OutcomeSpec]:
    """The outcomes, by name."""
    made = {}
    for name, each in written.outcomes.items():
        low = in_unit(each, "low", each.low, each.unit, findings)
        high = in_unit(each, "high", each.high, each.unit, findings)
        if low is not None and high is not None and low >= high:
            message = f"The lower bound {each.low} is not below the upper bound {each.high}."
            findings.error(each.at("low"), message, f"Write low: {each.high}, high: {each.low}.")
        made[name] = OutcomeSpec(unit=each.unit, low=low, high=high)
    return made


def analysis(
    written: ProtocolWritten, results: Results, signatures: Signatures | None, findings: Findings
) -> tuple[Analysis, ...]:
    """The analysis, function by function; its settings in the units that the functions declare."""
    made = []
    for each in written.analysis:
        signature = None if signatures is None else signatures.get(each.function)
        if signatures is not None and signature is None:
            message = f"There is no analysis function {each.function}."
            findings.error(each.at("function"), message, instead(each.function, signatures))
        _check_inputs(each, written, results, signature, findings)
        _check_outcomes(each, written, signature, findings)
        settings = _settings(each, signature, findings)
        made.append(Analysis(function=each.function, inputs=each.inputs, outcomes=each.outcomes, settings=settings))
    _check_computed(written, signatures, findings)
    return tuple(made)


def _check_inputs(
    each: AnalysisWritten,
    written: ProtocolWritten,
    results: Results,
    signature: Signature | None,
    findings: Findings,
) -> None:
    for name in signature.inputs if signature else ():
        if name not in each.inputs:
            place = each.key("inputs") if each.entry("inputs") else each.at("function")
            findings.error(place, f"{each.function} needs the input {name}.", f"Write `{name}: step.result`.")
    for name, source in each.inputs.items():
        if signature and name not in signature.inputs:
            message = f"{each.function} takes no input {name}."
            findings.error(each.key("inputs", name), message, instead(name, signature.inputs))
        wrong = _wrong_source(source, written, results)
        if wrong:
            findings.error(each.at("inputs", name), *wrong)


def _wrong_source(source: str, written: ProtocolWritten, results: Results) -> tuple[str, str] | None:
    head, _, rest = source.partition(".")
    if head == OF_PARAMETERS:
        named = written.names("parameters")
        remedy = instead(source, [f"{head}.{each}" for each in named])
        return None if rest in named else (f"There is no parameter {rest}.", remedy)
    if head == OF_CONTROLS:
        known = written.batch.names("controls") if written.batch else []
        control, _, source = rest.partition(".")
        if control not in known:
            return f"There is no control {control}.", instead(control, known) or "Write it into the `batch`."
    called, dot, result = source.rpartition(".")
    if not dot:
        return f"{source[:60]} is no result.", "Write step.result."
    return results.wrong(called, result, behind=True)


def _check_outcomes(
    each: AnalysisWritten, written: ProtocolWritten, signature: Signature | None, findings: Findings
) -> None:
    known = written.names("outcomes")
    for name, own in each.outcomes.items():
        if name not in known:
            findings.error(each.key("outcomes", name), f"There is no outcome {name}.", instead(name, known))
        if signature and not signature.open_outcomes and own not in signature.outcomes:
            message = f"{each.function} computes no {own}."
            findings.error(each.at("outcomes", name), message, instead(own, signature.outcomes))


def _settings(each: AnalysisWritten, signature: Signature | None, findings: Findings) -> dict[str, Json]:
    if signature is None:
        return each.settings
    for name, slot in signature.settings.items():
        if not slot.optional and name not in each.settings:
            place = each.key("settings") if each.entry("settings") else each.at("function")
            findings.error(place, f"{each.function} needs the setting {name}.", f"Write `{name}:` among the settings.")
    made: dict[str, Json] = {}
    for name, value in each.settings.items():
        slot_or_none = signature.settings.get(name)
        if slot_or_none is None:
            message = f"{each.function} has no setting {name}."
            findings.error(each.key("settings", name), message, instead(name, signature.settings))
            continue
        try:
            made[name] = work_out(value, slot_or_none, {}, {})
        except InvalidInput as error:
            findings.error(each.at("settings", name), f"{name}: {error.message}", error.hint)
    return made


def _check_computed(written: ProtocolWritten, signatures: Signatures | None, findings: Findings) -> None:
    """Every outcome is computed, and by one function alone; not asked where a function is not known."""
    functions = [None if signatures is None else signatures.get(each.function) for each in written.analysis]
    sound = len(written.analysis) == len(list(node.items() if (node := written.entry("analysis")) else ()))
    by: dict[str, str] = {}
    for each, signature in zip(written.analysis, functions, strict=True):
        for name in _computed(each, signature, written):
            if name in by and each.outcomes:
                message = f"{name} is computed by {by[name]} already."
                findings.error(each.key("outcomes", name), message, "Keep one of them.")
            by[name] = each.function
    if not sound or any(not each.outcomes and not of for each, of in zip(written.analysis, functions, strict=True)):
        return
    for name in written.outcomes:
        if name not in by:
            remedy = f"Write `outcomes: {{{name}: ...}}` into the function of the analysis that computes it."
            findings.error(written.key("outcomes", name), f"Nothing computes the outcome {name}.", remedy)


def _computed(each: AnalysisWritten, signature: Signature | None, written: ProtocolWritten) -> Iterator[str]:
    if each.outcomes:
        yield from each.outcomes
    elif signature is not None:
        known = written.outcomes
        yield from (name for name in known if signature.open_outcomes or name in signature.outcomes)
