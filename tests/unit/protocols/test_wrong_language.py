"""Every mistake in batches, conditions, gaps, templates, failures, persons and labware is told with its place.

A case is an edit of the sound file; the mark `¦` stands where the finding must point to, and is not in the file.
"""

import pytest

from labd.domain.workcell import Workcell
from labd.protocols import InvalidFile, load_protocol, load_workcell
from tests.unit.protocols.plate_room import PROTOCOL, SIGNATURES, WORKCELL
from tests.unit.protocols.wrong_files import Case, edited, told

PARAMETERS = [
    Case("unknown per", "unit: mM, per: plate", "unit: mM, per: ¦well", "well is not", "'sample', 'batch' or 'plate'"),
    Case(
        "when of nothing", "when: {additive: [salt", "when: {¦aditive: [salt", "no parameter aditive", "Write additive."
    ),
    Case(
        "when of an unknown value", "[salt, sugar]}}\n  gl", "[salt, ¦suger]}}\n  gl", "cannot be 'suger'", "none, salt"
    ),
    Case(
        "when of itself",
        "when: {additive: [salt, sugar]}",
        "when: {¦amount: 1}",
        "depends on itself",
        "another parameter",
    ),
    Case(
        "when of two",
        "when: {additive: [salt, sugar]}",
        "when: ¦{additive: [salt], strain: [s1]}",
        "depends on 2 parameters",
        "Name one",
    ),
    Case(
        "conditions in a circle",
        "  glucose: {type",
        "  a: {type: categorical, options: [x, y], ¦when: {b: [x]}}\n"
        "  b: {type: categorical, options: [x, y], when: {a: [x]}}\n  glucose: {type",
        "a → b → a",
        "Take one `when` out",
    ),
    Case(
        "a batch's parameter depends on a sample's",
        "values: [25 degC, 30 degC, 37 degC], per: batch",
        "values: [25 degC, 30 degC, 37 degC], per: batch, when: {¦additive: salt}",
        "each sample has of its own",
        "`per: batch` at additive",
    ),
    Case(
        "sum of an option",
        "[glucose, glycerol, acetate]",
        "[glucose, glycerol, ¦strain]",
        "no number",
        "out of the sum",
    ),
    Case(
        "sum of nothing known",
        "[glucose, glycerol, acetate]",
        "[glucose, ¦glycerin]",
        "no parameter",
        "Write glycerol.",
    ),
    Case("twice in a sum", "[glucose, glycerol, acetate]", "[glucose, ¦glucose]", "in the sum twice", "`weights:`"),
    Case("sum of two units", "[glucose, glycerol, acetate]", "[glucose, ¦amount]", "amount is in percent", "one unit"),
    Case("no point meets the sum", "equals: 1}", "equals: ¦4}", "from 0 to 3", "another total"),
    Case("sum without a bound", ", equals: 1}", "}", "Nothing bounds", "equals, at_least or at_most", (15, 6)),
    Case("sum bounded twice", "equals: 1}", "equals: 1, ¦at_most: 2}", "has no at_most", "Keep one"),
    Case("sum between nothing", "at_most: 1.5}", "at_most: 1.5, at_least: ¦2}", "cannot both be", "at_most: 2"),
    Case(
        "weight of a stranger",
        "weights: {glycerol: 2}",
        "weights: {¦acetate: 2}",
        "not in the sum",
        "glucose, glycerol",
    ),
    Case("total of a wrong unit", "equals: 1}", "equals: ¦1 mL}", "not a number without a unit", "Write"),
    Case("sum and exclusion", "{exclude: {strain", "¦{sum: [glucose], exclude: {strain", "both", "either"),
    Case(
        "exclusion of nothing known", "{exclude: {strain: [s3]", "{exclude: {¦strian: [s3]", "no parameter", "strain."
    ),
    Case("exclusion of an unknown value", "{strain: [s3]", "{strain: [¦s4]", "cannot be 's4'", "s1, s2, s3"),
    Case("exclusion of a continuous value", "{strain: [s3]", "{¦volume: [50 uL]", "volume is continuous", "few values"),
    Case(
        "everything excluded",
        "{exclude: {strain: [s3], additive: [salt, sugar]}}",
        "{exclude: ¦{strain: [s1, s2, s3]}}",
        "excludes every point",
        "Leave a value",
    ),
    Case(
        "everything excluded together",
        "constraints:\n",
        "constraints:\n  ¦- {exclude: {strain: [s1, s2]}}\n  - {exclude: {strain: [s3]}}\n",
        "exclude every point",
        "Leave one of them out",
    ),
    Case(
        "reserved name",
        "constants: {wavelength",
        "constants: {¦sample: 1, wavelength",
        "means something else",
        "another",
    ),
]
BATCHES = [
    Case("unknown type of labware", "type: plate_96", "type: ¦plate_69", "no labware of the type", "Write plate_96."),
    Case("unknown start", "start: hotel", "start: ¦hostel", "no location hostel", "Write hotel."),
    Case(
        "start that takes no such labware", "start: hotel", "start: ¦vials", "takes no plate_96", "a location that does"
    ),
    Case("batch in unknown labware", "  labware: plate\n", "  labware: ¦palte\n", "no labware palte", "Write plate."),
    Case("rows beyond the plate", "rows: B-G", "rows: ¦B-K", "no rows B-K", "Write A-H"),
    Case("columns beyond the plate", "columns: 2-11", "columns: ¦2-13", "no columns 2-13", "Write 1-12"),
    Case("rows upside down", "rows: B-G", "rows: ¦G-B", "upside down", "Write B-G."),
    Case(
        "well beyond the plate",
        "wells: {rows: B-G, columns: 2-11}",
        "wells: [A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, ¦I1]",
        "no well I1",
        "",
        None,
        2,
    ),
    Case(
        "well twice",
        "wells: {rows: B-G, columns: 2-11}",
        "wells: [B2, B3, C1, C2, C3, C4, C5, C6, C7, ¦C1]",
        "named twice",
        "once",
    ),
    Case(
        "more samples than wells",
        "  labware: plate\n  wells",
        "  labware: plate\n  size: ¦61\n  wells",
        "do not fit into 60",
        "60 or less",
    ),
    Case(
        "controls leave no room",
        "  controls:\n    blank: {kind: blank, count: 4",
        "  ¦controls:\n    blank: {kind: blank, count: 56",
        "2 are left",
        "fewer controls",
    ),
    Case("a control beyond the wells in use", "wells: [B2, B3]", "wells: ¦[A1, B3]", "A1 is not in use", "`wells:`"),
    Case(
        "a well of two controls",
        "blank: {kind: blank, count: 4, parameters: {volume: 0 uL}}\n"
        "    wild_type: {count: 2, parameters: {strain: wt}, wells: [",
        "blank: {kind: blank, wells: [B2], parameters: {volume: 0 uL}}\n"
        "    wild_type: {count: 2, parameters: {strain: wt}, wells: ¦[",
        "is blank's already",
        "another one",
    ),
    Case("count against wells", "wild_type: {count: 2", "wild_type: {count: ¦3", "3 samples and 2 wells", "count: 2"),
    Case(
        "control of no parameter",
        "parameters: {strain: wt}",
        "parameters: {¦stain: wt}",
        "no parameter stain",
        "strain.",
    ),
    Case(
        "control of a batch's parameter",
        "parameters: {strain: wt}",
        "parameters: {¦temperature: 30}",
        "whole batch",
        "out",
    ),
    Case("control in a wrong unit", "{volume: 0 uL}", "{volume: ¦0 s}", "not a quantity in uL", "in uL"),
    Case("unknown kind of control", "kind: blank,", "kind: ¦empty,", "empty is not", "'control', 'blank' or"),
    Case("unknown layout", "  replicates: 3", "  layout: ¦random\n  replicates: 3", "random is not", "'randomised' or"),
    Case(
        "unknown control in the analysis",
        "blank: controls.blank.read",
        "blank: ¦controls.blanc.read",
        "no control blanc",
        "Write blank.",
    ),
    Case(
        "unknown result of a control",
        "blank: controls.blank.read.density",
        "blank: ¦controls.blank.read.densty",
        "no result densty",
        "read.density",
    ),
]
STEPS = [
    Case(
        "neither role nor person",
        "lamp: {role: reader, capability: lamp_on}",
        "¦lamp: {}",
        "role is missing",
        "Write `role:`",
        None,
        2,
    ),
    Case(
        "person and instrument",
        "    note: true",
        "    ¦role: reader\n    note: true",
        "person has no role",
        "Take it out",
    ),
    Case(
        "question and way",
        "to_shaker: {move: plate, to",
        "to_shaker: {person: hello, ¦move: plate, to",
        "either person or move",
        "two steps",
    ),
    Case(
        "options of an instrument",
        "factor: 10}",
        "factor: 10}\n    ¦options: [a]",
        "belongs to a step with `person`",
        "out",
    ),
    Case("option twice", "options: [clear, cloudy]", "options: [clear, ¦clear]", "named twice", "once"),
    Case("a stand-in of a person", "    note: true", "    note: true\n    ¦retries: 2", "person has no retries", "out"),
    Case("a way to nowhere", "to_deck: {move: plate, to: deck}", "¦to_deck: {move: plate}", "where to", "Write `to:`"),
    Case("a way to an unknown place", "to: deck}", "to: ¦dock}", "no location dock", "Write deck."),
    Case(
        "a way of unknown labware",
        "{move: plate, to: shaker",
        "{move: ¦palte, to: shaker",
        "no labware palte",
        "plate.",
    ),
    Case("a way that does not fit", "to: deck}", "to: ¦vials}", "vials takes no plate_96", "a location that does"),
    Case("arguments of a way", "to: deck}", "to: deck, arguments: {¦source: here}}", "given by labd", "Take it out"),
    Case(
        "unknown labware at a step",
        "    on: plate\n    after: [to_deck]",
        "    on: ¦palte\n    after: [to_deck]",
        "no labware palte",
        "plate.",
    ),
    Case(
        "labware at an instrument without a place",
        "on: plate\n    after: {to_nest",
        "on: plate\n    also: [¦hoood]\n    after: {to_nest",
        "no role hoood",
        "Write one of",
    ),
    Case(
        "the same role twice",
        "also: [transport]",
        "also: [transport, ¦transport]",
        "wanted 2 times",
        "another instrument",
    ),
    Case(
        "unknown step with a gap",
        "{to_shaker: {at_most",
        "{¦to_shakr: {at_most",
        "no step to_shakr",
        "Write to_shaker.",
    ),
    Case(
        "gap upside down",
        "at_least: 1 min, at_most: 15",
        "at_least: ¦20 min, at_most: 15",
        "cannot both be",
        "no more than 900 s",
    ),
    Case("no gap and a gap", "{no_gap: true}", "{no_gap: true, at_least: ¦5 s}", "cannot both be", "no more than 0 s"),
    Case("gap without unit", "{at_most: 5 min}", "{at_most: ¦5}", "5 has no unit", "Write 5 s"),
    Case("gap of a wrong kind", "{at_most: 5 min}", "{at_most: ¦5 mL}", "no duration", "30 s"),
    Case("unknown key of a gap", "{at_most: 5 min}", "{¦atmost: 5 min}", "no key atmost", "Write at_most.", None, 2),
    Case(
        "main behind the clean-up",
        "{no_gap: true}}",
        "{no_gap: true}, ¦rinse: {at_most: 1 min}}",
        "comes later",
        "Take rinse out",
    ),
    Case(
        "preparation behind the steps", "also: [transport]}", "also: [transport], after: [¦read]}", "comes later", "out"
    ),
    Case(
        "clean-up behind the steps", "after: [to_waste]", "after: [to_waste, ¦read]", "whatever became of read", "out"
    ),
    Case(
        "one name in two phases",
        "  rinse: {role: handler, capability: prime, after: [to_waste]",
        "  ¦read: {role: handler, capability: prime, after: [to_waste]",
        "in another phase",
        "another name",
    ),
    Case(
        "double underscore",
        "  rinse: {role: handler, capability: prime, after: [to_waste]",
        "  ¦ri__nse: {role: handler, capability: prime, after: [to_waste]",
        "double underscore",
        "another name",
    ),
    Case(
        "condition that is none",
        'when: "${steps.read.mean > 1.0',
        'when: ¦"often ${steps.read.mean > 1.0',
        "no condition",
        "true or false",
    ),
    Case(
        "condition that is a number",
        "when: \"${steps.read.mean > 1.0 and steps.look.option == 'clear'}\"",
        'when: ¦"${steps.read.mean}"',
        "no boolean",
        "true or false",
    ),
    Case(
        "condition over a later step",
        'when: "${steps.read.mean',
        'when: ¦"${steps.read_again.mean',
        "does not come after",
        "into the `after`",
    ),
    Case(
        "condition with a typo",
        'when: "${steps.read.mean > 1.0 and steps.look.option ==',
        'when: ¦"${steps.read.mean > 1.0 and steps.look.opton ==',
        "no result opton",
        "option",
    ),
    Case(
        "a sample's parameter once a batch",
        "arguments: {factor: 10}",
        'arguments: {factor: ¦"${glucose}"}',
        "each sample has a glucose of its own",
        "`per: batch` at glucose",
    ),
    Case(
        "a sample once a batch",
        'person: "Is plate ${run.id} clear?',
        'person: ¦"Is plate ${sample.well} clear?',
        "no sample in particular",
        "per: sample",
    ),
    Case(
        "wells of a text",
        '{label: "${steps.look.note}"}',
        '{label: {¦per_well: "${volume}"}}',
        "takes a string",
        "one value",
    ),
    Case("unknown stock", "consumes: {medium: 20 mL", "consumes: {¦mediun: 20 mL", "no stock mediun", "Write medium."),
    Case(
        "stock in a wrong unit", "consumes: {medium: 20 mL", "consumes: {medium: ¦20 g", "not a quantity in mL", "in mL"
    ),
    Case(
        "less than nothing of a stock",
        "consumes: {medium: 20 mL",
        "consumes: {medium: ¦-20 mL",
        "at least 0 mL",
        "Stay at",
    ),
    Case(
        "stock by a result",
        "arguments: {factor: 10}",
        'arguments: {factor: 10}\n    consumes: {tips: ¦"${steps.read.mean}"}',
        "before the run begins",
        "a quantity",
    ),
]
FAILURES = [
    Case("unknown stand-in", "otherwise: by_hand", "otherwise: ¦by_hands", "no step by_hands", "Write by_hand.", None),
    Case("a stand-in of itself", "otherwise: by_hand", "otherwise: ¦dispense", "cannot help itself", "another step"),
    Case("a stand-in in another phase", "otherwise: by_hand", "otherwise: ¦prime", "in another phase", "Move one"),
    Case(
        "a stand-in of two",
        "after: [look]\n",
        "after: [look]\n    otherwise: ¦by_hand\n",
        "failures of dispense already",
        "of its own",
    ),
    Case(
        "stand-ins in a circle",
        "instrument: hood\n",
        "instrument: hood\n    otherwise: ¦dispense\n",
        "when the other fails",
        "Take one",
    ),
    Case(
        "a stand-in waits for its own",
        "instrument: hood\n",
        "instrument: hood\n    after: [¦dispense]\n",
        "stands in for dispense",
        "goes without saying",
    ),
    Case(
        "a stand-in behind what waits for it",
        "instrument: hood\n",
        "instrument: hood\n    after: ¦[to_shaker]\n",
        "wait for one another",
        "Take one",
        None,
        2,
    ),
    Case(
        "a recovery without attempts",
        "    retries: 2\n    cool_down: 30 s\n    recover:",
        "    ¦recover:",
        "there are none",
        "Write `retries:`",
    ),
    Case("unknown recovery", "recover: [flush]", "recover: [¦flsh]", "no step flsh", "Write flush."),
    Case(
        "behind a recovery",
        "shaker, after: [dispense]",
        "shaker, after: [dispense, ¦flush]",
        "only done when dispense fails",
        "Write dispense.",
    ),
    Case(
        "a stand-in for one of many",
        "flush: {role: handler, capability: prime}",
        "flush: {role: handler, capability: prime, per: ¦sample}",
        "per sample",
        "per: batch",
    ),
    Case(
        "results by the stand-in's name",
        '{label: "${steps.look.note}"}',
        '{label: ¦"${steps.by_hand.dead_volume}"}',
        "goes by the name of dispense",
        "steps.dispense.dead_volume",
    ),
    Case(
        "a result that the stand-in lacks",
        'by_pipette: {role: handler, capability: wash, arguments: {volume: "${volume}"}}\n      note: {person: ',
        "by_pipette: {role: handler, capability: prime}\n      note: {person: ¦",
        "by_pipette, which stands in for wash.aspirate, gives no result turbidity",
        "another step",
        None,
        3,
    ),
    Case(
        "clean-up over results",
        "timeout: 5 min}",
        'timeout: 5 min}\n  last: {role: handler, capability: dilute, arguments: {factor: ¦"${steps.read.mean}"}}',
        "has failed and there is no mean",
        "a constant",
    ),
]
TEMPLATES = [
    Case("unknown template", "last_wash: {use: wash", "last_wash: {use: ¦wsh", "no template wsh", "Write wash."),
    Case(
        "unknown argument",
        "with: {volume: 2 mL}",
        "with: {volume: 2 mL, ¦time: 3}",
        "takes no argument time",
        "Write times.",
    ),
    Case(
        "missing argument", "with: {volume: 2 mL}", "¦with: {times: 1}", "needs the argument volume", "Write `volume:`"
    ),
    Case("argument of no unit", "with: {volume: 2 mL}", "with: {volume: ¦2 mLs}", "no unit mLs", "Write"),
    Case(
        "argument of a wrong kind",
        "with: {volume: 2 mL}",
        "with: {volume: 2 s}",
        "is not a quantity in mL",
        "in mL",
        (39, 29),
        2,
    ),
    Case(
        "a template within itself",
        "      rinse: {role: handler, capability: prime, per: batch}",
        "      rinse: {use: ¦wash, with: {volume: 1 mL}}",
        "uses itself",
        "`repeat:`",
    ),
    Case(
        "two templates within one another",
        '      note: {person: "Washed with ${volume}: ${steps.aspirate.turbidity}?", per: batch, after: [aspirate]}\n',
        "      note: {use: other, after: [aspirate]}\n  other:\n"
        "    steps: {again: {use: ¦wash, with: {volume: 1 mL}}}\n",
        "use one another",
        "Take one",
    ),
    Case(
        "unknown step in a template", "        after: [rinse]", "        after: [¦rins]", "no step rins", "Write rinse."
    ),
    Case(
        "a template's step behind one outside", "        after: [rinse]", "        after: [¦look]", "no step look", ""
    ),
    Case(
        "a circle within a template",
        "rinse: {role: handler, capability: prime, per: batch}",
        "rinse: {role: handler, capability: prime, per: batch, after: ¦[note]}",
        "wait for one another",
        "Take one",
        None,
        2,
    ),
    Case(
        "unknown name in a template",
        '{volume: "${volume * times}',
        '{volume: ¦"${volum * times}',
        "no parameter or constant volum",
        "volume",
    ),
    Case(
        "a typo in an inner result",
        'note: {person: "Washed with ${volume}: ${steps.aspirate.turbidity}',
        'note: {person: ¦"Washed with ${volume}: ${steps.aspirate.turbid}',
        "no result turbid",
        "turbidity",
    ),
    Case(
        "retries of a template",
        "last_wash: {use: wash",
        "last_wash: {¦retries: 2, use: wash",
        "has no retries",
        "a step of the template",
    ),
    Case(
        "repeat without a template",
        "also: [transport]}",
        "also: [transport], ¦repeat: {at_most: 2}}",
        "belongs to a step with `use`",
        "out",
    ),
    Case(
        "loop without an end",
        '    repeat: {until: "${steps.wash.aspirate.turbidity < 0.1}", at_most: 3}',
        '    ¦repeat: {until: "${steps.wash.aspirate.turbidity < 0.1}"}',
        "at_most is missing",
        "without an end",
    ),
    Case("loop of too many turns", "at_most: 3}", "at_most: ¦51}", "51 is not", "50 or less"),
    Case(
        "loop that nothing in it ends",
        'until: "${steps.wash.aspirate.turbidity <',
        'until: ¦"${steps.read.mean <',
        "speaks of no step of wash",
        "over steps.wash",
    ),
    Case(
        "loop that ends by a typo",
        'until: "${steps.wash.aspirate',
        'until: ¦"${steps.wash.asprate',
        "no step wash.asprate",
        "wash.aspirate",
    ),
    Case(
        "loop that ends by a word",
        'until: "${steps.wash.aspirate.turbidity < 0.1}"',
        "until: ¦clean",
        "no condition",
        "true or false",
    ),
    Case(
        "loop that ends by a number",
        'until: "${steps.wash.aspirate.turbidity < 0.1}',
        'until: ¦"${steps.wash.aspirate.turbidity}',
        "no boolean",
        "true or false",
    ),
    Case(
        "a stand-in that is a template", "otherwise: by_hand", "otherwise: ¦last_wash", "no single one", "a single step"
    ),
    Case(
        "result that no step of a template gives",
        'person: "Turbidity ${steps.wash.aspirate',
        'person: ¦"Turbidity ${steps.wash.rinse',
        "no result turbidity",
        "",
    ),
]
REST = [
    Case(
        "unknown stock among the limits",
        "materials: {medium: 0.5 L}",
        "materials: {¦medum: 0.5 L}",
        "no stock medum",
        "Write medium.",
    ),
    Case(
        "limit in a wrong unit",
        "materials: {medium: 0.5 L}",
        "materials: {medium: ¦0.5 g}",
        "not a quantity in mL",
        "in mL",
    ),
    Case("limit of nothing", "hours: 72", "hours: ¦0", "0 is not", "above 0"),
    Case(
        "more dangerous than the room",
        "{level: medium, bio",
        "{level: ¦high, bio",
        "nothing above medium",
        "another workcell",
    ),
    Case(
        "a level that the room lacks",
        "biosafety_level: 2",
        "biosafety_level: ¦3",
        "equipped for biosafety level 2",
        "level 3",
    ),
    Case("a material that is not on the list", "[ecoli_k12]", "[¦ecoli_k21]", "not on the list", "Write ecoli_k12."),
]


@pytest.fixture(scope="module")
def room() -> Workcell:
    return load_workcell(WORKCELL)


@pytest.mark.parametrize(
    "case", [*PARAMETERS, *BATCHES, *STEPS, *FAILURES, *TEMPLATES, *REST], ids=lambda case: case.name
)
def test_a_mistake_is_told_with_its_place_and_remedy(case: Case, room: Workcell) -> None:
    text, at = edited(PROTOCOL, case.old, case.new, case.at)
    with pytest.raises(InvalidFile) as refused:
        load_protocol(text, "assay.yaml", room, SIGNATURES)
    told(refused.value.findings, at, case.message, case.remedy)
    assert len(refused.value.findings) == case.findings, str(refused.value)
