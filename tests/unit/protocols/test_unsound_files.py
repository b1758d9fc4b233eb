"""Files whose parts are right and whose whole is not: each with its line, its column and what to write instead.

A case is an edit of the sound files; the mark `¦` stands where the finding must point to, and is not in the file.
"""

from typing import NamedTuple

import pytest

from labd.domain.analysis import Signature
from labd.protocols import Finding, check_protocol, check_workcell, load_workcell
from tests.unit.protocols import plate_room

SIGNATURES = {"value": Signature(inputs=("measurements", "blank"), open_outcomes=True)}
GROW = "    after: {to_shaker: {at_most: 5 min}}\n"
READ = "    after: {to_nest: {no_gap: true}}\n"


class Case(NamedTuple):
    name: str
    old: str
    new: str
    message: str
    """A part of it."""
    remedy: str
    """A part of it."""
    severity: str = "error"
    room: tuple[str, str] = ("", "")
    """An edit of the workcell."""
    also: tuple[str, str] = ("", "")
    """One more edit of the protocol."""


def sample_steps(count: int, window: str) -> str:
    """Vials that are read one after the other, within a window after they were shaken together."""
    return f"""\
protocol: vials
workcell: plate_room
parameters: {{x: {{type: continuous, low: 0, high: 1}}}}
batch: {{size: {count}}}
steps:
  grow: {{role: incubator, capability: shake, per: batch, arguments: {{temperature: 30 degC}}}}
  read: {{role: reader, capability: read, after: {{¦grow: {{at_most: {window}}}}}}}
outcomes: {{growth: {{}}}}
analysis: [{{function: value, inputs: {{measurements: read.mean, blank: read.mean}}, outcomes: {{growth: value}}}}]
objectives: [{{maximise: growth}}]
stopping: {{trials: 10}}
"""


CASES = [
    # gaps
    Case(
        "a window shorter than what lies between",
        READ,
        "    after: {to_nest: {no_gap: true}, ¦dispense: {at_most: 2 h}}\n",
        "read begins at most 2 h after dispense, and at least 2.02 h must lie between (to_shaker (1 s), grow (2 h),",
        "Write at_most: 2.02 h or more.",
    ),
    Case(
        "a wait beyond the window of another",
        "{grow: {at_least: 1 min, at_most: 15 min}}}",
        "{grow: {at_least: 20 min}, ¦to_shaker: {at_most: 2.2 hour}}}",
        "to_nest begins at most 2.2 h after to_shaker, and at least 2.33 h must lie between (grow (2 h)).",
        "Write at_most: 2.34 h or more.",
    ),
    # stock
    Case(
        "stock that does not last",
        "    consumes: {medium: 20 mL, tips: 96}\n",
        "    consumes: {medium: 20 mL, ¦tips: 960}\n",
        "9600 of tips last for 180 of 300 trials: a run takes 960.",
        "Put 1.632e+04 in place, or refill it in time.",
        "warning",
    ),
    Case(
        "stock that lasts for some points",
        "    consumes: {medium: 20 mL, tips: 96}\n",
        '    consumes: {medium: 20 mL, ¦tips: "${96 + 432 * inducer / one}"}\n',
        "9600 of tips last for 180 to 300 of 300 trials: a run takes 960 at most, 96 at least.",
        "refill it in time",
        "warning",
        also=("constants: {wavelength: 600 nm", "constants: {one: 1 mM, wavelength: 600 nm"),
    ),
    Case(
        "an order beyond the bottle",
        "    consumes: {medium: 20 mL, tips: 96}\n",
        "    consumes: {¦medium: 1.5 L, tips: 96}\n",
        "An order of dispense takes up to 1500 mL of medium, and there is room for 1000 mL: it would wait for ever.",
        "Take less at once, or write a larger `capacity:`.",
    ),
    # envelopes
    Case(
        "a joint limit that the search breaks",
        'medium: lb, inducer: "${inducer}"}',
        'medium: m9, ¦inducer: "${inducer * 2.5}"}',
        "refuses dispense where inducer = 2 mM: it allows ${inducer < 4 or medium == 'lb'} (it falls out).",
        "Narrow inducer, or exclude it with `constraints:`.",
        "warning",
    ),
    Case(
        "a joint limit that is always broken",
        'medium: lb, inducer: "${inducer}"}',
        "medium: m9, ¦inducer: 4.5 mM}",
        "The workcell refuses dispense: it allows ${inducer < 4 or medium == 'lb'} (it falls out).",
        "Write other values.",
    ),
    Case(
        "a ramp longer than the window",
        GROW,
        "    after: {to_shaker: {at_most: 1 min}}\n",
        "From 25 to 37 degC temperature takes 2.4 min, and grow begins at most 60 s after to_shaker.",
        "set the instrument in a step before the window",
        "warning",
        also=('    arguments: {temperature: "${temperature}"}', '    arguments: {¦temperature: "${temperature}"}'),
    ),
    Case(
        "two that may not come together",
        "    consumes: {medium: 20 mL, tips: 96}\n",
        "    consumes: {medium: 20 mL, tips: 96, azide: 1 ug}\n",
        "azide and lb come together in a run; the workcell refuses that (it smells).",
        "Use another of them.",
        also=("  dispense:\n", "  ¦dispense:\n"),
        room=("these: [azide, m9]", "these: [azide, lb]"),
    ),
    # places
    Case(
        "a plate that never gets there",
        "  to_nest: {move: plate, to: nest, after: {grow: {at_least: 1 min, at_most: 15 min}}}\n",
        "  to_nest: {move: plate, to: deck, after: {grow: {at_least: 1 min, at_most: 15 min}}}\n",
        "plate stands at deck and not at nest when it is needed.",
        "Write a step before it: `move: plate`, `to: nest`.",
        also=("    capability: read\n    on: plate\n", "    capability: read\n    ¦on: plate\n"),
    ),
    # instruments
    Case(
        "one instrument for two roles at once",
        "lamp: {role: reader, capability: lamp_on}",
        "lamp: {role: reader, capability: lamp_on, ¦also: [camera]}",
        "lamp wants reader and camera at once, and only reader_1 can fill them.",
        "Let another instrument fill one of these roles",
        room=(
            "[reader], location: nest}\n  camera_1: {roles: [camera]",
            "[reader, camera], location: nest}\n  x: {roles: [transport]",
        ),
    ),
    # conditions
    Case(
        "a condition that is never true",
        "  to_shaker: {move: plate, to: shaker, after: [dispense]}\n",
        "  to_shaker: {move: plate, to: shaker, after: [dispense]}\n"
        '  chill: {role: reader, capability: lamp_on, per: batch, after: [dispense], ¦when: "${temperature > 40 }"}\n',
        "chill is never done: ${temperature > 40 } is false wherever the search goes.",
        "Mend the condition, or take the step out.",
        "warning",
    ),
]


def found(text: str, room: str) -> tuple[Finding, ...]:
    assert not [each for each in check_workcell(room) if each.severity == "error"]
    return check_protocol(text, "p.yaml", load_workcell(room), SIGNATURES)


def marked(text: str) -> tuple[str, tuple[int, int]]:
    """The text without its mark, and the line and column where it stood."""
    before, mark, behind = text.partition("¦")
    assert mark, "the case says where"
    return before + behind, (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_wrong_with_the_whole_is_told_with_its_place(case: Case) -> None:
    text, room = plate_room.PROTOCOL, plate_room.WORKCELL
    for old, new in ((case.old, case.new), case.also):
        assert old in text
        text = text.replace(old, new, 1) if old else text
    assert case.room[0] in room
    text, place = marked(text)
    told = found(text, room.replace(*case.room, 1) if case.room[0] else room)
    assert [(each.severity, each.line, each.column) for each in told] == [(case.severity, *place)], told
    assert case.message in told[0].message
    assert case.remedy in told[0].remedy


@pytest.mark.parametrize(("count", "window"), [(20, "56 min"), (2, "2 min")])
def test_a_batch_too_large_for_its_window(count: int, window: str) -> None:
    text, place = marked(sample_steps(count, window))
    (told,) = found(text, plate_room.WORKCELL)
    assert (told.line, told.column) == place
    assert f"read is done for {count} samples, 1 at a time: for the last of them" in told.message
    assert "smaller batches" in told.remedy


def test_a_batch_that_keeps_its_window() -> None:
    text, _ = marked(sample_steps(20, "57 min"))
    assert not found(text, plate_room.WORKCELL)


TWO_PLATES = """\
protocol: swap
workcell: plate_room
parameters: {x: {type: continuous, low: 0, high: 1}}
labware:
  a: {type: plate_96, start: deck}
  b: {type: plate_96, start: nest}
steps:
  a_to_nest: {move: a, ¦to: nest}
  b_to_deck: {move: b, to: deck}
  read: {role: reader, capability: read, on: a, after: [a_to_nest]}
outcomes: {growth: {}}
analysis: [{function: value, inputs: {measurements: read.mean, blank: read.mean}, outcomes: {growth: value}}]
objectives: [{maximise: growth}]
stopping: {trials: 10}
"""


def test_two_plates_that_need_each_others_only_place() -> None:
    text, place = marked(TWO_PLATES)
    told = found(text, plate_room.WORKCELL)
    assert (told[0].line, told[0].column) == place
    assert told[0].message == "a can never get to nest: b stands there, whatever is moved first."
    assert told[0].remedy == "Move that away first, or give the workcell one place more."
    aside = text.replace("  b_to_deck: {move: b, to: deck}", "  b_away: {move: b, to: waste}")
    assert not found(aside, plate_room.WORKCELL)


def test_two_plates_that_start_in_one_place() -> None:
    text, place = marked(TWO_PLATES.replace("¦", "").replace("start: nest", "¦start: deck"))
    (told,) = found(text, plate_room.WORKCELL)
    assert (told.line, told.column) == place
    assert told.message == "2 pieces of labware start at deck, which holds 1."
    assert told.remedy == "Let one of them start somewhere else."
