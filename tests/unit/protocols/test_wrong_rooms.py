"""Every mistake in the places, the stock and the envelope of a workcell is told with its line, column and remedy."""

import pytest

from labd.protocols import InvalidFile, load_workcell
from tests.unit.protocols.plate_room import WORKCELL
from tests.unit.protocols.wrong_files import Case, edited, told

CASES = [
    Case("instrument at no place", "location: deck}", "location: ¦dock}", "no location dock", "Write deck."),
    Case(
        "unknown labware at a place", "vials: {accepts: [vial]}", "vials: {accepts: [¦viel]}", "the type viel", "vial."
    ),
    Case(
        "a group that is a place",
        "capacity: 20, group: hotel, accepts: [plate_96]}",
        "group: ¦deck}",
        "a location",
        "name",
    ),
    Case("a place for nothing", "shaker: {capacity: 4}", "shaker: {capacity: ¦0}", "0 is not", "1 or more"),
    Case("a plate of no size", "plate_24: {rows: 4", "plate_24: {rows: ¦40", "40 is not", "32 or less"),
    Case("stock in a wrong unit", "low: 50 mL", "low: ¦50 g", "not a quantity in mL", "Write it in mL."),
    Case("never refilled", "capacity: 1 L", "capacity: ¦40 mL", "never refilled", "larger capacity"),
    Case(
        "more than it holds",
        "    lots: [{lot: M1, amount: 500 mL",
        "    ¦lots: [{lot: M1, amount: 900 mL",
        "it holds 1 L",
        "smaller",
    ),
    Case("a lot twice", "{lot: M2,", "{lot: ¦M1,", "there twice", "Name it once"),
    Case("less than nothing", "amount: 0.2 L", "amount: ¦-0.2 L", "less than nothing", "0 or more"),
    Case("no day", "expires: 2027-01-31", "expires: ¦tomorrow", "is no day", "2027-01-31"),
    Case(
        "limit of no role",
        "{role: handler, capability: dispense, allowed",
        "{role: ¦handlr, capability: dispense, allowed",
        "no role handlr",
        "handler.",
    ),
    Case(
        "limit over no argument",
        'allowed: "${inducer < 4',
        'allowed: ¦"${induser < 4',
        "no argument induser",
        "inducer",
    ),
    Case(
        "limit that is a number",
        "allowed: \"${inducer < 4 or medium == 'lb'}\"",
        'allowed: ¦"${inducer + 1}"',
        "neither true nor false",
        "Compare",
    ),
    Case(
        "rate of no number",
        "argument: temperature, at_most",
        "argument: ¦temprature, at_most",
        "no number temprature",
        "temperature.",
    ),
    Case("rate that is none", "at_most: 5 K/min", "at_most: ¦5 K", "no change of degC in time", "degC/s"),
    Case("incompatible with itself", "[azide, m9]", "[azide, ¦azide]", "named twice", "Name it once"),
    Case("signal of no instrument", "signal: hood.flow", "signal: ¦hod.flow", "no instrument hod", "Write hood."),
    Case(
        "nothing trips it",
        "signal: hood.flow, below: 0.3 m/s, reset_above: 0.4 m/s",
        "signal: hood.flow",
        "Nothing trips",
        "above",
        (61, 3),
    ),
    Case(
        "clear where it is tripped",
        "reset_above: 0.4 m/s",
        "reset_above: ¦0.2 m/s",
        "where it is tripped",
        "above 0.3 m/s",
    ),
    Case("reset without its trip", "reset_above: 0.4 m/s", "¦reset_below: 0.4 m/s", "belongs to `above`", "`above:`"),
    Case("guards nobody", "guards: [handler, arm]", "guards: [handler, ¦arms]", "no instrument arms", "Write arm."),
    Case(
        "threshold of another kind", "reset_above: 0.4 m/s", "reset_above: ¦0.4 bar", "not a quantity in m/s", "in m/s"
    ),
    Case("level beyond all", "most: medium}", "most: ¦extreme}", "extreme is not", "'low', 'medium' or 'high'"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_is_told_with_its_place_and_remedy(case: Case) -> None:
    text, at = edited(WORKCELL, case.old, case.new, case.at)
    with pytest.raises(InvalidFile) as refused:
        load_workcell(text, "room.yaml")
    told(refused.value.findings, at, case.message, case.remedy)
    assert len(refused.value.findings) == case.findings, str(refused.value)
