"""The reference of the command line is what the commands say."""

from pathlib import Path

from labd.cli.reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def test_the_reference_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m labd.cli.reference > docs/reference/cli.md"
