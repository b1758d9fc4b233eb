"""What is no file at all, many mistakes at once, warnings, and how a finding reads."""

from collections.abc import Mapping

import pytest

from labd.domain.analysis import Signature
from labd.domain.errors import InvalidInput
from labd.domain.workcell import Workcell
from labd.protocols import check_protocol, check_workcell, load_protocol, load_workcell

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("- a\n- b\n", "a list"),
        ("just words", "a single value"),
        ("a: 1\n---\nb: 2\n", "not YAML"),
        ("a: \x00", "control character"),
        (LAUGHS, "more than 50000 values"),
        ("a: [" + "x," * 70_000 + "]", "more than 60000 keys and values"),
        ("a: &a [*a]\n", "levels deep"),
        ("[" * 100 + "]" * 100, "not YAML"),
        ("a: " + "x" * 1_000_001, "1000004 characters"),
        ("protocol: p\n<<: {title: x}\n", "plain text"),
        ("a: " + "9" * 5000, "no number"),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_protocol_at_all_is_a_finding_and_not_a_crash(text: str, message: str) -> None:
    findings = check_protocol(text)
    assert any(message in each.message for each in findings), "\n".join(map(str, findings))
    assert all(each.line >= 1 and each.column >= 1 for each in findings)


def test_twelve_mistakes_give_twelve_findings_at_once(
    protocol_text: str, workcell: Workcell, signatures: Mapping[str, Signature]
) -> None:
    edits = [
        ("title: Suzuki coupling in flow", "¦titel: Suzuki coupling in flow"),
        ("high: 10 min", "high: ¦10 mL"),
        ("low: 1, high: 8", "low: ¦9, high: 8"),
        ("flow: 0.5 mL/min", "flow: ¦0.5 mL/mim"),
        ("capability: prepare\n", "capability: ¦prepair\n"),
        ('"${temperature}"', '¦"${temperature.__class__}"'),
        ("speed: 3 mL/min", "¦sped: 3 mL/min"),
        ("timeout: 30 min", "timeout: ¦30"),
        ("role: hplc,", "role: ¦hpcl,"),
        ("low: 0, high: 110}", "low: ¦120, high: 110}"),
        ("function: chromatogram_yield", "function: ¦chromatogram"),
        ("maximise: yield", "maximise: ¦yeild"),
    ]
    text = protocol_text
    for old, new in edits:
        assert text.count(old) == 1
        text = text.replace(old, new)
    lines = text.split("\n")
    places = [(number, line.index("¦") + 1) for number, line in enumerate(lines, 1) if "¦" in line]
    findings = check_protocol(text.replace("¦", ""), "suzuki.yaml", workcell, signatures)
    assert [(each.line, each.column) for each in findings] == places, "\n".join(map(str, findings))
    assert len(findings) == 12
    assert all(each.remedy for each in findings)


def test_a_file_that_stops_by_nothing_is_warned_about_and_taken(protocol_text: str, workcell: Workcell) -> None:
    text = protocol_text.replace("stopping: {trials: 30, consecutive_failures: 5}\n", "")
    (finding,) = check_protocol(text, "p.yaml", workcell)
    assert finding.severity == "warning"
    assert str(finding).startswith("p.yaml:1:1: warning: Nothing stops this campaign")
    assert load_protocol(text, "p.yaml", workcell).stopping.trials is None


def test_a_role_that_nobody_fills_is_an_error_where_a_step_needs_it(protocol_text: str, workcell_text: str) -> None:
    text = workcell_text.replace("  hplc_1: {roles: [hplc]}\n", "")
    (warned,) = check_workcell(text)
    assert (warned.severity, warned.line, warned.column) == ("warning", 28, 3)
    (finding,) = check_protocol(protocol_text, "p.yaml", load_workcell(text))
    assert (finding.line, finding.column, finding.path) == (30, 19, "steps.measure.role")
    assert "No instrument of flow_bench fills the role hplc" in finding.message


def test_the_finding_reads_as_compilers_write_it(protocol_text: str, workcell: Workcell) -> None:
    text = protocol_text.replace("role: hplc", "role: hpcl")
    with pytest.raises(InvalidInput) as refused:
        load_protocol(text, "suzuki.yaml", workcell)
    assert str(refused.value) == "suzuki.yaml:30:19: The workcell flow_bench has no role hpcl. Write hplc."
