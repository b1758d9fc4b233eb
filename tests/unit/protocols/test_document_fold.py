"""Texts over several lines."""

import pytest

from labd.protocols import load_workcell

WORKCELL = """\
workcell: bench
title: {title}
roles:
  r: {{capabilities: {{c: {{}}}}}}
instruments:
  i: {{roles: [r]}}
"""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (">-\n  doses a sample\n  and measures it", "doses a sample and measures it"),
        ("|-\n  doses a sample\n  and measures it", "doses a sample\nand measures it"),
    ],
)
def test_a_folded_text_is_one_line_without_marks(written: str, read: str) -> None:
    assert load_workcell(WORKCELL.format(title=written), "bench.yaml").title == read
