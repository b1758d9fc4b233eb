"""What tells options apart: their order, numbers that describe them, or their molecules."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from labd.protocols.cells import Cell, Table, rows_of
from labd.protocols.document import Node
from labd.protocols.findings import Findings, Place, instead
from labd.protocols.quantities import NUMBER
from labd.protocols.written import CategoricalWritten

_SMILES = re.compile(r"[A-Za-z0-9@+\-\[\]()=#$:/\\.%*~]+")
"""What SMILES are written in; whether they are a molecule says RDKit when the planner reads them."""


class Number(NamedTuple):
    """A descriptor of an option, and where it stands."""

    name: str
    value: float
    place: Place


def described(written: CategoricalWritten, findings: Findings) -> dict[str, Any] | None:
    """`ordered`, `descriptors` and `smiles` as the domain has them; None where something is wrong."""
    before = len(findings.found)
    node = written.entry("descriptors")
    numbers = _numbers(written, node, findings) if node is not None and written.descriptors else {}
    _check_same(numbers, findings)
    molecules = _molecules(written, findings)
    for key, said in (("descriptors", list(numbers)), ("smiles", list(molecules))):
        _check_options(written, key, said, findings)
    if written.ordered and (numbers or molecules):
        other = "descriptors" if numbers else "smiles"
        findings.error(written.key("ordered"), f"These options are a scale, and have {other}.", "Keep one of them.")
    if len(findings.found) > before:
        return None
    descriptors = {option: {each.name: each.value for each in row} for option, row in numbers.items()}
    return {"ordered": written.ordered, "descriptors": descriptors, "smiles": molecules}


def _check_options(written: CategoricalWritten, key: str, said: list[str], findings: Findings) -> None:
    """That each option is there, and nothing else."""
    node = written.entry(key)
    if node is None or not said:
        return
    for option in said:
        if option not in written.options:
            place = written.key(key, option)
            findings.error(place, f"There is no option {option}.", instead(option, written.options))
    missing = [each for each in written.options if each not in said]
    if missing:
        findings.error(written.key(key), f"Nothing is said of {', '.join(missing)}.", "Write a line for each option.")


def _check_same(numbers: dict[str, list[Number]], findings: Findings) -> None:
    """That every option has the same descriptors."""
    wanted: list[str] = []
    for option, row in numbers.items():
        have = [each.name for each in row]
        wanted = wanted or have
        for each in row:
            if each.name not in wanted:
                findings.error(each.place, f"Only {option} has {each.name}.", instead(each.name, wanted))
        missing = [name for name in wanted if name not in have]
        if missing and row:
            findings.error(
                row[0].place, f"{option} has no {', '.join(missing)}.", "Write it, or take it out elsewhere."
            )


def _numbers(written: CategoricalWritten, node: Node, findings: Findings) -> dict[str, list[Number]]:
    if not isinstance(written.descriptors, str):
        return {
            option: [
                Number(name, row.get(name, 0.0), entry.key) for name, entry in _entries(node, option)
            ]  # 0: refused
            for option, row in written.descriptors.items()
        }
    if node.block is None:
        findings.error(node.place, "A table needs lines of its own.", "Write `descriptors: |`, and the table below it.")
        return {}
    return _of_table(Table(written.descriptors, node.block), findings)


def _entries(node: Node, option: str) -> list[tuple[str, Node]]:
    """What is said of an option, of wrong values too."""
    of_option = node.get(option)
    return list(of_option.entries()) if of_option is not None else []


def _of_table(table: Table, findings: Findings) -> dict[str, list[Number]]:
    """The numbers of a table whose first column has the options."""
    head, *rows = rows_of(table, findings) or [[]]
    if not head or head[0].text != "option" or len(head) < 2 or not rows:
        place = head[0].place if head else table.place
        message = "The table needs a header, whose first column is `option`, and a row for each option."
        findings.error(place, message, "Write `option, polarity`, and below it `water, 10.2` and so on.")
        return {}
    found: dict[str, list[Number]] = {}
    for option, *cells in rows:
        if option.text in found:
            findings.error(option.place, f"The option {option.text} is there twice.", "Keep one of them.")
        if len(cells) != len(head) - 1:
            message = f"The header has {len(head)} columns, and this row {len(cells) + 1}."
            findings.error(option.place, message, "Write a value for each column.")
            continue
        found[option.text] = [
            Number(title.text, float(cell.text), cell.place)
            for title, cell in zip(head[1:], cells, strict=True)
            if _is_number(cell, findings)
        ]
    return found


def _is_number(cell: Cell, findings: Findings) -> bool:
    if re.fullmatch(NUMBER, cell.text):
        return True
    findings.error(cell.place, f"{cell.text[:60]!r} is no number.", "Write a number.")
    return False


def _molecules(written: CategoricalWritten, findings: Findings) -> dict[str, str]:
    for option, text in written.smiles.items():
        if not _SMILES.fullmatch(text):
            message = f"{text[:60]!r} is no molecule."
            findings.error(written.at("smiles", option), message, 'Write it as SMILES, in quotes: "CCO".')
    return dict(written.smiles)
