"""Every mistake is told with its line, its column and what to write instead; one mistake hides no other.

A case is an edit of the sound file; the mark `¦` stands where the finding must point to, and is not in the file.
"""

from collections.abc import Mapping

import pytest

from labd.domain.analysis import Signature
from labd.domain.workcell import Workcell
from labd.protocols import InvalidFile, check_protocol, check_workcell, load_protocol, load_workcell
from tests.unit.protocols.wrong_files import Case, edited, told

POOL = "pool:\n  - {ligand: L0, residence_time: 90, temperature: 50, loading: 1, cycles: 2, power: 10}\n"


PROTOCOL_CASES = [
    # the shape of the file
    Case("unknown key", "title: Suzuki", "¦titel: Suzuki", "no key titel", "Write title."),
    Case("unknown key in a step", "retries: 1", "¦retry: 1", "no key retry", "Write retries."),
    Case(
        "unknown key in a parameter", "high: 10 min}", "high: 10 min, ¦step: 3}", "no key step", "Write one of: type,"
    ),
    Case("key missing", "    role: pumps\n", "", "key role is missing", "Write `role:`", (14, 3)),
    Case(
        "top-level key missing", "protocol: suzuki_flow\n", "", "key protocol is missing", "Write `protocol:`", (1, 1)
    ),
    Case("wrong type", "retries: 1", "retries: ¦often", "often is not", "whole number"),
    Case("number below its bound", "parallel: 2", "parallel: ¦0", "0 is not", "1 or more"),
    Case(
        "text where there are keys",
        "planner: {parallel: 2, initial: 6}",
        "planner: ¦fast",
        "not keys and values",
        "Write",
    ),
    Case("no list", "after: [react]", "after: ¦react", "react is no list", "[a, b]"),
    Case("a number as a text", 'version: "1"', "version: ¦1", "1 is not", 'in quotes: "1"'),
    Case("bad name of a step", "  prepare:\n", "  ¦Prepare:\n", "'Prepare' cannot be a name", "small letters", None, 3),
    Case(
        "unknown type of parameter", "type: integer, low", "type: ¦interger, low", "no type interger", "Write integer."
    ),
    # parameters, constants, pool
    Case("unknown unit", "low: 60 s", "low: ¦60 seks", "no unit seks", "Write"),
    Case("wrong unit", "low: 60 s, high: 10 min", "low: 60 s, high: ¦10 mL", "10 mL: mL is not", "Write it in s."),
    Case("no unit", "high: 10 min", "high: ¦600", "600 has no unit", "Write 600 s."),
    Case(
        "bounds upside down", "low: 60 s, high", "low: ¦60 min, high", "not below", "Write low: 10 min, high: 60 min."
    ),
    Case("log from zero", "low: 0.5, high: 2.5, unit", "low: ¦0, high: 2.5, unit", "logarithmic", "Raise it"),
    Case("half a cycle", "low: 1, high: 8", "low: 1, high: ¦8.5", "8.5 is no whole number", "Write 8."),
    Case("values not in order", "[10 W, 20 W, 40 W]", "[10 W, 40 W, ¦20 W]", "not above 40 W", "increasing order"),
    Case("option twice", "options: [L0, L1]", "options: [L0, L1, ¦L0]", "named twice", "once"),
    Case("reserved name", "  cycles: {type", "  ¦lambda: {type", "means something else", "another name", None, 2),
    Case("constant with no unit of this world", "flow: 0.5 mL/min", "flow: ¦0.5 blorbs", "no unit blorbs", "in quotes"),
    Case("constant and parameter", "n: 3", "¦cycles: 3", "is a parameter too", "another name"),
    Case(
        "pool row out of range",
        "constants:",
        POOL.replace("50", "¦150") + "constants:",
        "cannot be 150",
        "from 30 to 110",
    ),
    Case(
        "pool row incomplete",
        "constants:",
        POOL.replace("{", "¦{").replace("power: 10", "") + "constants:",
        "no power",
        "Write power:",
    ),
    Case(
        "pool row with a stranger",
        "constants:",
        POOL.replace("power", "power: 10, ¦powr") + "constants:",
        "no parameter powr",
        "Write power.",
    ),
    # steps
    Case("unknown role", "role: hplc", "role: ¦hpcl", "no role hpcl", "Write hplc."),
    Case("unknown capability", "capability: react\n", "capability: ¦reakt\n", "no capability reakt", "Write react."),
    Case(
        "unknown instrument", "role: hplc,", "role: hplc, instrument: ¦hplc_2,", "no instrument hplc_2", "Write hplc_1."
    ),
    Case(
        "instrument of another role",
        "role: hplc,",
        "role: hplc, instrument: ¦reactor_1,",
        "does not fill",
        "Write hplc_1.",
    ),
    Case(
        "missing argument",
        ', arguments: {sample: "run ${run.id}, ${name}"}',
        "",
        "needs the argument sample",
        "Write `sample:`",
        (30, 3),
    ),
    Case("unknown argument", "speed: 3 mL/min", "¦sped: 3 mL/min", "no argument sped", "Write speed."),
    Case("unknown step before", "after: [prepare]", "after: [¦prepair]", "no step prepair", "Write prepare.", None, 2),
    Case(
        "a circle",
        "capability: prepare\n",
        "capability: prepare\n    after: ¦[measure]\n",
        "wait for one another",
        "out of an `after`",
    ),
    Case(
        "a step behind a circle",
        "after: [prepare]",
        "after: ¦[react]",
        "react waits for itself",
        "out of an `after`",
        None,
        2,
    ),
    Case(
        "result of a step that is not before",
        "    after: [prepare]\n",
        "",
        "does not come after prepare",
        "Write prepare into",
        (25, 15),
    ),
    Case(
        "unknown result",
        "steps.prepare.volume * 2",
        "steps.prepare.volum * 2",
        "no result volum",
        "Write volume.",
        (26, 15),
    ),
    Case(
        "beyond the envelope",
        "high: 110 degC",
        "high: 130 degC",
        "at most 393.15 kelvin",
        "Narrow temperature",
        (24, 20),
    ),
    Case("an option that the role lacks", "[L0, L1]", "[L0, L9]", "L9 is not among", "L0, L1, L2", (17, 46)),
    Case("argument of a wrong kind", '"${residence_time}"', '¦"${temperature}"', "is not a quantity in s", "in s"),
    Case("argument without unit", "speed: 3 mL/min", "speed: ¦3", "3 has no unit", "Write 3 mL/min."),
    Case(
        "argument over results of a wrong kind",
        "volume * 2}",
        "volume * flow}",
        "is not a quantity in uL",
        "in uL",
        (26, 15),
    ),
    Case("timeout without unit", "timeout: 30 min", "timeout: ¦30", "30 has no unit", "Write 30 s"),
    Case("timeout of a wrong kind", "timeout: 30 min", "timeout: ¦30 mL", "no duration", "30 s"),
    # expressions
    Case(
        "attack by classes",
        '"${cycles}"',
        '¦"${().__class__.__bases__[0].__subclasses__()}"',
        "no function here",
        "Call one of: min",
    ),
    Case("attack by attribute", '"${cycles}"', '¦"${cycles.__class__}"', "reaches into", "arithmetic"),
    Case("attack by power", '"${cycles}"', '¦"${9**9**9}"', "an exponent must be", "wherever the planner goes"),
    Case("attack by import", '"${cycles}"', "¦\"${__import__('os')}\"", "no function here", "Call one of: min"),
    Case("attack by a long text", '"${cycles}"', "¦\"${'a' * 999999999}\"", "no number", "wherever the planner goes"),
    Case("attack by format", '"${cycles}"', "¦\"${'x'.format(1)}\"", "no function here", "Call one of: min"),
    Case(
        "call of a private function", '"${cycles}"', "¦\"${quantity(1, 'm')}\"", "no function here", "Call one of: min"
    ),
    Case("a very long expression", '"${cycles}"', f'¦"${{{"1+" * 200}1}}"', "401 characters", "under 300"),
    Case("no end of an expression", '"${cycles}"', '¦"${cycles"', "no } that ends it", "${ expression }"),
    Case("no expression", '"${cycles}"', '¦"${cycles +}"', "is no expression", "arithmetic"),
    Case("unknown name", '"${cycles}"', '¦"${cycels}"', "no parameter or constant cycels", "Write cycles."),
    Case("division by zero", '"${cycles}"', '¦"${cycles / 0}"', "cannot be worked out", "wherever the planner goes"),
    Case("degrees times two", '"${temperature}"', '¦"${temperature * 2}"', "cannot be worked out", "kelvin"),
    Case(
        "seconds and degrees",
        '"${residence_time}"',
        '¦"${residence_time + temperature}"',
        "cannot be worked out",
        "same kind",
    ),
    # outcomes, analysis, objectives
    Case("outcome upside down", "low: 0, high: 110}", "low: ¦120, high: 110}", "not below", "Write low: 110"),
    Case(
        "outcome that nobody computes",
        "outcomes:\n  yield:",
        "outcomes:\n  ¦colour: {}\n  yield:",
        "Nothing computes",
        "colour",
    ),
    Case(
        "unknown function",
        "function: chromatogram_yield",
        "function: ¦cromatogram_yield",
        "no analysis function",
        "Write chromatogram_yield.",
    ),
    Case(
        "missing input",
        "{times: measure.times, absorbance",
        "{absorbance",
        "needs the input times",
        "`times: step.result`",
        (35, 5),
    ),
    Case(
        "unknown input",
        "{times: measure.times,",
        "{times: measure.times, ¦time: measure.times,",
        "no input time",
        "Write times.",
    ),
    Case(
        "input from an unknown step", "times: measure.times", "times: ¦mesure.times", "no step mesure", "Write measure."
    ),
    Case(
        "input that is not given",
        "times: measure.times",
        "times: ¦measure.time",
        "no result time",
        "Write measure.times.",
    ),
    Case(
        "input from an unknown parameter",
        "times: measure.times",
        "times: ¦parameters.loding",
        "no parameter loding",
        "Write parameters.loading.",
    ),
    Case("reserved step", "  measure: {role", "  ¦parameters: {role", "means something else", "another name", None, 3),
    Case("unknown own outcome", "{yield: yield}", "{yield: ¦yeild}", "computes no yeild", "Write yield."),
    Case("unknown setting", "window: 2 min", "¦widow: 2 min", "no setting widow", "Write window."),
    Case("setting of a wrong kind", "window: 2 min", "window: ¦2 mL", "2 ml is not a quantity in s", "in s"),
    Case("unknown objective", "maximise: yield", "maximise: ¦yeld", "no outcome yeld", "Write yield."),
    Case(
        "both directions",
        "- maximise: yield",
        "- ¦minimise: yield\n    maximise: yield",
        "both maximise and minimise",
        "either",
    ),
    Case("another workcell", "workcell: flow_bench", "workcell: ¦other_bench", "other_bench", "Write flow_bench"),
    # not a file of this kind at all
    Case(
        "key twice", "title: Suzuki coupling in flow\n", "title: a\n¦title: b\n", "twice, first in line 2", "Keep one"
    ),
    Case("tab", "\n  ligand: {type", "\n¦\tligand: {type", "not YAML", "spaces"),
    Case("open bracket", "after: [react], ", "after: [react, ", "not YAML", "brackets", (30, 106)),
    Case("tag", "title: Suzuki coupling in flow", "title: ¦!!python/object:os.system x", "tag", "without a tag"),
    Case("infinity", "n: 3", "n: ¦.inf", "no number", "finite"),
]
WORKCELL_CASES = [
    Case("unknown key", "roles: [hplc]", "¦rols: [hplc], roles: [hplc]", "no key rols", "Write roles."),
    Case("unknown role", "roles: [hplc]", "roles: [¦hpcl]", "role hpcl", "Write hplc.", None, 2),
    Case("unknown unit", "{unit: mL}}", "{unit: ¦mLs}}", "no unit mLs", "Write"),
    Case(
        "bounds upside down", "low: 0.1, high: 5}", "low: ¦10, high: 5}", "above the upper", "Write low: 5, high: 10."
    ),
    Case("bound of a wrong kind", "low: 20 degC", "low: ¦20 mL", "is not a quantity in kelvin", "in kelvin"),
    Case(
        "malformed driver",
        '"labd_drivers.simulated.suzuki_flow.pump_station:PumpStation"',
        "¦pump_station.PumpStation",
        "no driver class",
        "package.module:Class",
    ),
    Case(
        "unknown recovery",
        "recovery: discard",
        "recovery: ¦ignore",
        "ignore is not",
        "'repeat', 'query', 'discard' or 'ask'",
    ),
    Case("longer than its maximum", "typical: 60 s", "typical: ¦60 min", "more than its maximum", "longer maximum"),
    Case("detection of a list", "{type: array, unit: s}", "{type: array, ¦detection: 1}", "only a number", "Take it"),
    Case("limits crossed", "{unit: mL}}", "{unit: mL, detection: ¦2 mL, saturation: 1 mL}}", "not below", "Exchange"),
    Case("limit of a wrong kind", "{unit: mL}}", "{unit: mL, saturation: ¦2 g}}", "not a quantity in mL", "in mL"),
    Case("nothing to read back", "{unit: mL}}", "{unit: mL, reads_back: ¦volum}}", "not among the arguments", "Write"),
    Case("reads back a text", "{unit: mL}}", "{unit: mL, reads_back: ¦ligand}}", "no number of the same", "dimension"),
    Case("reads back another kind", "{unit: mL}}", "{unit: mL, reads_back: ¦loading}}", "same kind", "dimension"),
    Case("tolerance of nothing", "{unit: mL}}", "{unit: mL, ¦tolerance: 1 mL}}", "reads nothing back", "reads_back"),
    Case("options of a number", "{unit: mL}}", "{unit: mL, ¦options: [a]}}", "has no options", "type: string"),
    Case(
        "role without capabilities",
        "    capabilities:\n      measure:",
        "    capabilities: ¦{}\n  other:\n    capabilities:\n      measure:",
        "is empty",
        "at least one",
        None,
        2,
    ),
]


@pytest.mark.parametrize("case", PROTOCOL_CASES, ids=lambda case: case.name)
def test_a_mistake_in_a_protocol_is_told_with_its_place_and_remedy(
    case: Case, protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    text, at = edited(protocol_text, case.old, case.new, case.at)
    findings = check_protocol(text, "suzuki.yaml", workcell, signatures)
    told(findings, at, case.message, case.remedy)
    assert len(findings) == case.findings, "\n".join(map(str, findings))
    with pytest.raises(InvalidFile) as refused:
        load_protocol(text, "suzuki.yaml", workcell, signatures)
    assert refused.value.findings == findings


@pytest.mark.parametrize("case", WORKCELL_CASES, ids=lambda case: case.name)
def test_a_mistake_in_a_workcell_is_told_with_its_place_and_remedy(case: Case, workcell_text: str) -> None:
    text, at = edited(workcell_text, case.old, case.new, case.at)
    findings = check_workcell(text)
    told(findings, at, case.message, case.remedy)
    assert len(findings) == case.findings, "\n".join(map(str, findings))
    with pytest.raises(InvalidFile):
        load_workcell(text)
