"""Points as a table of CSV, in the protocol file or beside it: the same points, and each mistake where it stands."""

from collections.abc import Mapping

import pytest

from labd.domain.analysis import Signature
from labd.domain.workcell import Workcell
from labd.protocols import InvalidFile, Table, check_protocol, load_protocol
from tests.unit.protocols.wrong_files import Case, edited, told

HEAD = "ligand, residence_time (min), temperature [kelvin], loading, cycles, power (W)\n"
ROW = "L0, 1.5, 323.15, 1, 2, 10\n"
OTHER = '"L1", 2, 333.15, 0.5, 3, 20\n'
TABLE = HEAD + ROW + OTHER

CASES = [
    Case("a stranger", "cycles, power (W)", "cycles, ¦powr (W)", "no parameter powr", "Write power.", None, 2),
    Case("a column without a name", "loading, cycles", "loading, ¦(percent), cycles", "has no name", "one of", None, 3),
    Case("a column missing", "ligand, residence", "¦residence", "no column ligand", "Write a column `ligand`", None, 3),
    Case("a column twice", "cycles, power (W)", "cycles, power (W), ¦cycles", "is there twice", "Keep one", None, 3),
    Case("no such unit", "(min)", "(seks)", "no unit seks", "Write", (1, 9)),
    Case("a unit of another kind", "[kelvin]", "[mL]", "mL is not a quantity in degC", "in degC", (1, 31)),
    Case("a unit where there is none", "cycles", "¦cycles (s)", "s is not a number", "Write `cycles`."),
    Case("a unit of options", "ligand", "¦ligand (g)", "have no unit", "Write `ligand`."),
    Case("a row too short", "L0, 1.5, ", "¦L0, ", "6 columns, and this row 5", "each column"),
    Case("a row too long", "1, 2, 10\n", "1, 2, 10, ¦11\n", "6 columns, and this row 7", "each column"),
    Case("no number", "323.15", "¦warm", "'warm' is no number", "in kelvin"),
    Case("a number with its unit", "323.15", "¦323.15 K", "no number", "the header says that it is in kelvin"),
    Case("not finite", "323.15", "¦nan", "no number", "in kelvin"),
    Case("beyond every number", "2, 10\n", "2, ¦1e999\n", "cannot be inf", "one of: 10, 20, 40"),
    Case("nothing", "1.5, 323", "¦, 323", "has no residence_time", "its value"),
    Case("beyond the bounds", "323.15", "¦423.15", "423.15 kelvin: temperature cannot be 150", "from 30 to 110"),
    Case("half a cycle", "1, 2, 10", "1, ¦2.5, 10", "cycles cannot be 2.5", "whole number from 1 to 8"),
    Case("no such value", "2, 10\n", "2, ¦11\n", "power cannot be 11", "one of: 10, 20, 40"),
    Case("no such option, in quotes", '"L1"', '¦"L7, L8"', "cannot be 'L7, L8'", "one of: L0, L1"),
    Case("behind quotes", '"L1", 2', '"L1", ¦two', "'two' is no number", "in min"),
    Case("quotes without an end", '"L1", 2', '¦"L1, 2', "no row of a table", "quotes around the whole"),
]


def in_the_file(protocol: str, table: str) -> str:
    """The protocol with the table in it, between other entries."""
    block = "".join(f"    {line}" for line in table.splitlines(keepends=True))
    return protocol.replace("constants:", f"pool: |\n{block}constants:")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_is_told_where_it_stands(
    case: Case, protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    text, (line, column) = edited(TABLE, case.old, case.new, case.at)
    beside = check_protocol(protocol_text, "p.yaml", workcell, signatures, Table.of_file(text, "points.csv"))
    told(beside, (line, column), case.message, case.remedy)
    assert {each.file for each in beside} == {"points.csv"}
    assert len(beside) == case.findings, "\n".join(map(str, beside))
    whole = in_the_file(protocol_text, text)
    above = whole.partition("pool: |\n")[0].count("\n") + 1
    within = check_protocol(whole, "p.yaml", workcell, signatures)
    told(within, (line + above, column + 4), case.message, case.remedy)
    assert [each.message for each in within] == [each.message for each in beside]
    with pytest.raises(InvalidFile):
        load_protocol(whole, "p.yaml", workcell, signatures)


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        TABLE.replace("\n", "\r\n"),
        "\ufeff" + HEAD + "\n" + ROW + ",,,,,\n" + OTHER + "\n\n",
        (
            "power, cycles, loading (percent), temperature (degC), residence_time, ligand\n10, 2, 1, 50, 90, L0\n"
            "20, 3, .5, 60.0, 12e1, L1"
        ),
    ],
    ids=["plain", "of Windows", "of a spreadsheet", "in another order"],
)
def test_the_points_are_in_the_parameters_order_and_units(
    text: str, protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    beside = load_protocol(protocol_text, "p.yaml", workcell, signatures, Table.of_file(text, "points.csv"))
    pool = beside.problem.pool
    assert pool is not None
    assert [list(point) for point in pool] == [[each.name for each in beside.problem.parameters]] * 2
    assert [list(point.values()) for point in pool] == [
        ["L0", 90.0, pytest.approx(50), 1.0, 2, 10.0],
        ["L1", 120.0, pytest.approx(60), 0.5, 3, 20.0],
    ]
    assert type(pool[0]["cycles"]) is int
    assert load_protocol(in_the_file(protocol_text, TABLE), "p.yaml", workcell, signatures).problem.pool is not None


def test_the_table_beside_the_file_takes_the_place_of_its_pool(
    protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    table = Table.of_file(HEAD + OTHER, "points.csv")
    pool = load_protocol(in_the_file(protocol_text, HEAD + ROW), "p.yaml", workcell, signatures, table).problem.pool
    assert pool is not None
    assert [point["ligand"] for point in pool] == ["L1"]


def test_a_point_twice_is_a_warning(
    protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    table = Table.of_file(TABLE + ROW, "points.csv")
    (finding,) = check_protocol(protocol_text, "p.yaml", workcell, signatures, table)
    assert str(finding) == "points.csv:4:1: warning: This point is in the pool already. Take it out."
    assert len(load_protocol(protocol_text, "p.yaml", workcell, signatures, table).problem.pool or ()) == 2


@pytest.mark.parametrize(
    ("text", "column", "message", "remedy"),
    [
        ("", 1, "The table is empty.", "Write `ligand, residence_time (s), temperature (degC)"),
        (HEAD, 1, "a header and no point", "Write a row"),
        ("ligand; cycles\nL0; 2\n", 1, "no parameter ligand; cycles", "Put commas"),
        ("# " * 500_001, 1, "1000002 characters", "under 1000000"),
    ],
    ids=["empty", "no point", "semicolons", "endless"],
)
def test_what_is_no_table_is_refused(
    text: str, column: int, message: str, remedy: str, protocol_text: str, workcell: Workcell
) -> None:
    findings = check_protocol(protocol_text, "p.yaml", workcell, None, Table.of_file(text, "points.csv"))
    told(findings, (1, column), message, remedy)


@pytest.mark.parametrize(
    ("pool", "message", "remedy"),
    [
        ('"ligand, cycles"', "A table needs lines of its own.", "Write `pool: |`"),
        ("7", "7 is no list.", "Write a list"),
        ("{ligand: L0}", "A mapping is no list.", "Write a list"),
        ("[]", "The pool is empty.", "at least one point"),
    ],
)
def test_a_pool_is_a_list_or_lines_of_a_table(
    pool: str, message: str, remedy: str, protocol_text: str, workcell: Workcell
) -> None:
    text, at = edited(protocol_text, "constants:", f"pool: ¦{pool}\nconstants:", None)
    findings = check_protocol(text, "p.yaml", workcell)
    told(findings, at, message, remedy)
    assert len(findings) == 1
