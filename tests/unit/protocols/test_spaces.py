"""Scales, descriptors, molecules, formulas, what is given: what they mean, and every mistake in them with its place."""

import pytest

from labd.domain.problem import Categorical, Continuous, Integer, Nonlinear, Parameter
from labd.domain.workcell import Workcell
from labd.protocols import InvalidFile, check_protocol, load_protocol, load_workcell
from tests.unit.protocols.plate_room import PROTOCOL, SIGNATURES, WORKCELL
from tests.unit.protocols.wrong_files import Case, edited, told

NEW = """\
  stirring: {type: categorical, options: [slow, medium, fast], ordered: true}
  cosolvent:
    type: categorical
    options: [water, dmso, glycol]
    descriptors:
      water: {polarity: 10.2, bp: 100}
      dmso: {polarity: 7.2, bp: 189}
      glycol: {polarity: 6.9, bp: 197}
  salt_kind:
    type: categorical
    options: [nacl, kcl, licl]
    descriptors: |
      option, mass, radius
      nacl, 58.4, 102
      kcl, 74.6, 138

      licl, 42.4, 76
  alcohol: {type: categorical, options: [methanol, ethanol], smiles: {methanol: CO, ethanol: "CCO"}}
  cells: {type: integer, low: 10, high: 100000, scale: log}
  humidity: {type: continuous, low: 0, high: 100 percent, unit: percent, context: true}
  feed: {type: continuous, low: 1 mL/min, high: 10 mL/min, ramp: 2 mL/min}
  hold: {type: continuous, low: 1 min, high: 20 min}
context: {humidity: 40 percent}
"""
FORMULAS = """\
  - {formula: "feed * hold", at_most: 0.05 L, at_least: 2 mL}
  - {formula: "exp(hold / 10) + cells / 1e5", at_most: 6}
"""
SOUND = PROTOCOL.replace("constants: {wave", f"{NEW}constants: {{wave").replace(
    "labware:\n", f"{FORMULAS}labware:\n", 1
)


@pytest.fixture(scope="module")
def room() -> Workcell:
    return load_workcell(WORKCELL)


@pytest.fixture(scope="module")
def parameters(room: Workcell) -> dict[str, Parameter]:
    return {each.name: each for each in load_protocol(SOUND, "protocol.yaml", room, SIGNATURES).problem.parameters}


def test_a_sound_file_has_nothing_to_find(room: Workcell) -> None:
    assert [str(each) for each in check_protocol(SOUND, "protocol.yaml", room, SIGNATURES)] == []


def test_options_on_a_scale_and_options_that_are_described(parameters: dict[str, Parameter]) -> None:
    stirring, cosolvent = parameters["stirring"], parameters["cosolvent"]
    salt, alcohol = parameters["salt_kind"], parameters["alcohol"]
    assert isinstance(stirring, Categorical)
    assert stirring.ordered
    assert isinstance(cosolvent, Categorical)
    assert cosolvent.descriptors["dmso"] == {"polarity": 7.2, "bp": 189}
    assert isinstance(salt, Categorical)
    assert salt.descriptors["kcl"] == {"mass": 74.6, "radius": 138}
    assert isinstance(alcohol, Categorical)
    assert alcohol.smiles == {"methanol": "CO", "ethanol": "CCO"}


def test_scales_ramps_and_what_is_given(parameters: dict[str, Parameter]) -> None:
    assert parameters["cells"] == Integer(name="cells", low=10, high=100000, log=True)
    assert parameters["feed"] == Continuous(name="feed", low=1, high=10, unit="mL/min", ramp=2)
    assert parameters["humidity"].context


def test_a_formula_is_bounded_in_the_unit_that_it_gives(room: Workcell) -> None:
    made = load_protocol(SOUND, "protocol.yaml", room, SIGNATURES).problem
    formulas = [each for each in made.constraints if isinstance(each, Nonlinear)]
    assert formulas[1] == Nonlinear(expression="exp(hold / 10) + cells / 1e5", high=6)
    assert formulas[0].expression == "feed * hold"
    assert formulas[0].low == pytest.approx(2)
    assert formulas[0].high == pytest.approx(50)
    assert made.context == {"humidity": 40}


def test_a_ramp_of_a_temperature_is_a_difference(room: Workcell) -> None:
    text = SOUND.replace(
        "ramp: 2 mL/min}", "ramp: 2 mL/min}\n  oven: {type: continuous, low: 20 degC, high: 90 degC, ramp: 5 K}"
    )
    oven = load_protocol(text, "protocol.yaml", room, SIGNATURES).problem.parameters[-2]
    assert isinstance(oven, Continuous)
    assert oven.ramp == pytest.approx(5)


TABLE = NEW[NEW.index("descriptors: |") : NEW.index("  alcohol")]
WRONG = [
    Case("scale below zero", "low: 10, high: 100000", "low: ¦0, high: 100000", "lower bound above zero", "Raise it"),
    Case("no ramp", "ramp: 2 mL/min", "ramp: ¦0 mL/min", "no change at all", "above zero"),
    Case("ramp of a wrong unit", "ramp: 2 mL/min", "ramp: ¦2 mL", "is not a quantity in mL/min", "Write it in mL/min"),
    Case(
        "described and ordered",
        "ordered: true}",
        "¦ordered: true, smiles: {slow: C, medium: CC, fast: CCC}}",
        "a scale, and have smiles",
        "Keep one",
    ),
    Case(
        "descriptor of no option",
        "      glycol: {",
        "      ¦glycole: {",
        "no option glycole",
        "Write glycol.",
        findings=2,
    ),
    Case(
        "option without descriptors",
        "      glycol: {polarity: 6.9, bp: 197}\n",
        "",
        "Nothing is said of glycol",
        "a line for each",
        (17, 5),
    ),
    Case("descriptor that others lack", "7.2, bp: 189", "7.2, bp: 189, ¦dp: 3", "Only dmso has dp", "polarity, bp"),
    Case(
        "descriptor that one lacks",
        "dmso: {polarity: 7.2, bp: 189}",
        "dmso: {¦polarity: 7.2}",
        "dmso has no bp",
        "take it out",
    ),
    Case("descriptor that is no number", "polarity: 7.2", "polarity: ¦high", "high is not", "Write a number"),
    Case(
        "table without lines",
        TABLE,
        "descriptors: ¦nacl\n",
        "lines of its own",
        "`descriptors: |`",
    ),
    Case(
        "table without a header",
        "      option, mass, radius\n",
        "      ¦mass, radius\n",
        "whose first column is `option`",
        "water, 10.2",
    ),
    Case("text in a table", "kcl, 74.6, 138", "kcl, ¦heavy, 138", "'heavy' is no number", "Write a number", findings=2),
    Case("row too short", "kcl, 74.6, 138", "¦kcl, 74.6", "has 3 columns, and this row 2", "each column", findings=2),
    Case("option twice in a table", "kcl, 74.6, 138", "kcl, 74.6, 138\n      ¦kcl, 1, 2", "there twice", "Keep one"),
    Case("no molecule", 'ethanol: "CCO"', "ethanol: ¦ethyl alcohol", "'ethyl alcohol' is no molecule", "SMILES"),
    Case("molecule of no option", 'ethanol: "CCO"', '¦ethan: "CCO"', "no option ethan", "Write ethanol.", findings=2),
    Case("formula over a stranger", '"feed * hold"', '¦"feed * held"', "no parameter held", "Write hold."),
    Case("formula over an option", '"feed * hold"', '¦"feed * strain"', "strain is no number", "out of the formula"),
    Case("formula over nothing", '"feed * hold"', '¦"2 * 3"', "over no parameter", "Name one"),
    Case("no formula", '"feed * hold"', '¦"feed *"', "is no formula", "arithmetic"),
    Case("formula that calls", '"feed * hold"', "¦\"open('x')\"", "open", "arithmetic"),
    Case(
        "formula and sum",
        '{formula: "feed * hold"',
        '¦{sum: [feed], formula: "feed * hold"',
        "both sum and formula",
        "either",
    ),
    Case(
        "formula that equals", "at_most: 0.05 L, at_least: 2 mL", "¦equals: 2 mL", "has no `equals`", "a little apart"
    ),
    Case(
        "formula without a bound",
        ", at_most: 0.05 L, at_least: 2 mL",
        "",
        "Nothing bounds this formula",
        "at_most",
        (41, 6),
    ),
    Case("formula with crossed bounds", "at_least: 2 mL", "at_least: ¦60 mL", "No point is at least", "apart"),
    Case("formula in a wrong unit", "at_most: 0.05 L", "at_most: ¦5 g", "is not a quantity in", "Write it in"),
    Case("unit where units are mixed", "at_most: 6}", "at_most: ¦6 min}", "is not a number without a unit", "Write it"),
    Case(
        "units that need a factor",
        '"feed * hold", at_most: 0.05 L, at_least: 2 mL',
        '¦"volume + volume_2", at_most: 50',
        "do not go together: volume in uL, volume_2 in mL",
        "one unit",
    ),
    Case(
        "formula with weights",
        "at_most: 6}",
        "at_most: 6, ¦weights: {hold: 2}}",
        "Weights belong to a sum",
        "in the formula",
    ),
    Case(
        "formula that nothing keeps",
        "at_most: 0.05 L, at_least: 2 mL",
        "at_least: 5 L",
        "No point was found",
        "Widen",
        (41, 15),
    ),
    Case(
        "given, and not said",
        "context: {humidity: 40 percent}\n",
        "",
        "nothing says what it is",
        "Write `context:",
        (32, 3),
    ),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_every_mistake_is_told_with_its_place(case: Case, room: Workcell) -> None:
    sound = SOUND
    if "volume_2" in case.new:
        sound = sound.replace("  hold: {", "  volume_2: {type: continuous, low: 1 mL, high: 2 mL}\n  hold: {")
    text, at = edited(sound, case.old, case.new, case.at)
    found = check_protocol(text, "protocol.yaml", room, SIGNATURES)
    told(found, at, case.message, case.remedy)
    assert len(found) == case.findings, "\n".join(map(str, found))


def test_a_file_with_a_mistake_is_refused(room: Workcell) -> None:
    with pytest.raises(InvalidFile):
        load_protocol(SOUND.replace("feed * hold", "feed * held"), "protocol.yaml", room, SIGNATURES)
