"""Mistakes in what is wanted, what must be kept, when it is enough and who proposes, each with its place and remedy."""

from collections.abc import Mapping

import pytest

from labd.domain.analysis import Signature
from labd.domain.workcell import Workcell
from labd.protocols import check_protocol
from tests.unit.protocols.wrong_files import Case, edited, told

CASES = [
    Case(
        "three goals",
        "- maximise: yield",
        "- ¦map: yield\n    match: yield\n    level: yield",
        "both match",
        "either",
        None,
        1,
    ),
    Case("match without a target", "maximise: yield\n    target: 0.95", "¦match: yield", "takes a target", "`target:`"),
    Case("a map has no target", "- maximise: yield\n    target", "- map: yield\n    ¦target", "has no target", "level"),
    Case("tolerance of a maximum", "target: 0.95", "¦tolerance: 2", "no tolerance", "`match:`"),
    Case("reference alone", "target: 0.95", "¦reference: 2", "several objectives", "Take it out"),
    Case("target of a wrong kind", "target: 0.95", "target: ¦2 mL", "is not a quantity in percent", "in percent"),
    Case(
        "level beside another",
        "target: 0.95\n",
        "target: 0.95\n  - ¦map: colour\n",
        "stands beside no other",
        "campaign",
        None,
        2,
    ),
    Case(
        "no outcome to limit",
        "stopping: {t",
        "limits: [{outcome: ¦yeld, at_most: 3}]\nstopping: {t",
        "no outcome yeld",
        "yield",
    ),
    Case("limit of nothing", "stopping: {t", "limits: [¦{outcome: yield}]\nstopping: {t", "Nothing bounds", "at_least"),
    Case(
        "limit in another unit",
        "stopping: {t",
        "limits: [{outcome: yield, at_most: ¦3 mL}]\nstopping: {t",
        "is not a quantity in percent",
        "in percent",
    ),
    Case(
        "limit upside down",
        "stopping: {t",
        "limits: [{outcome: yield, at_least: ¦5, at_most: 3}]\nstopping: {t",
        "not below",
        "Write at_least: 3, at_most: 5.",
    ),
    Case(
        "limit that nothing keeps",
        "stopping: {t",
        "limits: [{outcome: yield, at_least: ¦200}]\nstopping: {t",
        "yield is never 200 percent",
        "between 0 and 110",
    ),
    Case(
        "two limits of one outcome",
        "stopping: {t",
        "limits: [{outcome: yield, at_least: 5}, {outcome: ¦yield, at_most: 9}]\nstopping: {t",
        "has a limit already",
        "one of them",
    ),
    Case(
        "too safe",
        "stopping: {t",
        "limits: [{outcome: yield, at_least: 5, safe: ¦1}]\nstopping: {t",
        "1 is not",
        "below 1",
    ),
    Case(
        "improvement of a wrong kind",
        "{trials: 30,",
        "{trials: 30, improvement_below: ¦2 mL,",
        "in percent",
        "in percent",
    ),
    Case("no improvement", "{trials: 30,", "{trials: 30, ¦improvement_for: 2,", "Nothing says", "improvement_below"),
    Case(
        "improvement of a map",
        "- maximise: yield\n    target: 0.95\nstopping: {trials: 30,",
        "- map: yield\nstopping: {trials: 30, ¦improvement_below: 1 percent,",
        "no one number",
        "Take it out",
    ),
    Case("deadline without a unit", "{parallel: 2,", "{parallel: 2, deadline: ¦20,", "no unit", "20 s"),
    Case(
        "unknown proposer", "{parallel: 2,", "{parallel: 2, proposers: {¦alice: {share: 1}},", "what alice is", "kind"
    ),
    Case(
        "service without an address",
        "{parallel: 2,",
        "{parallel: 2, proposers: {¦oracle: {kind: service}},",
        "where it is asked",
        "`url:`",
    ),
    Case(
        "address of no service",
        "{parallel: 2,",
        '{parallel: 2, proposers: {sobol: {¦url: "http://x"}},',
        "not asked over HTTP",
        "kind: service",
    ),
    Case(
        "answers of no service",
        "{parallel: 2,",
        "{parallel: 2, proposers: {sobol: {¦answers_within: 5 min}},",
        "Nobody waits for an answer",
        "kind: service",
    ),
    Case(
        "nobody who surely proposes",
        "{parallel: 2,",
        "{parallel: 2, ¦proposers: {ann: {kind: person}},",
        "Nothing waits",
        "planner",
    ),
    Case(
        "cost of nothing",
        "runs_per_trial",
        "cost: {weights: {¦tempratur: 1}}\nruns_per_trial",
        "no parameter",
        "temperature",
    ),
    Case(
        "cost of an option's number",
        "runs_per_trial",
        "cost: {weights: {¦ligand: 1}}\nruns_per_trial",
        "no number",
        "options",
    ),
    Case(
        "cost of an option",
        "runs_per_trial",
        "cost: {options: {ligand: {¦L7: 1}}}\nruns_per_trial",
        "no option L7",
        "L0",
    ),
    Case(
        "options of a number",
        "runs_per_trial",
        "cost: {options: {¦cycles: {a: 1}}}\nruns_per_trial",
        "no options",
        "weights",
    ),
    Case(
        "fidelity of nothing",
        "runs_per_trial",
        "fidelity: {parameter: ¦tiem, target: 3}\nruns_per_trial",
        "no parameter",
        "Write",
    ),
    Case(
        "fidelity out of range",
        "runs_per_trial",
        "fidelity: {parameter: cycles, target: ¦30}\nruns_per_trial",
        "cycles cannot be 30",
        "1 to 8",
    ),
    Case(
        "context that is chosen",
        "runs_per_trial",
        "context: {¦cycles: 3}\nruns_per_trial",
        "is chosen",
        "context: true",
    ),
    Case(
        "context of nothing",
        "runs_per_trial",
        "context: {¦damp: 3}\nruns_per_trial",
        "no parameter damp",
        "Write one of",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_is_told_with_its_place_and_remedy(
    case: Case, protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    text, at = edited(protocol_text, case.old, case.new, case.at)
    findings = check_protocol(text, "suzuki.yaml", workcell, signatures)
    told(findings, at, case.message, case.remedy)
    assert len(findings) == case.findings, "\n".join(map(str, findings))
