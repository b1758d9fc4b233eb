"""The reference of the files in `docs/` is what the code makes of itself. To write it anew: run this file."""

from pathlib import Path

import pytest

from labd.protocols.reference import protocol_reference, workcell_reference

DOCS = Path(__file__).parents[3] / "docs" / "reference"
PAGES = {"protocol.md": protocol_reference, "workcell.md": workcell_reference}


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_up_to_date(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), f"run python {Path(__file__).name}"


if __name__ == "__main__":
    for name, made in PAGES.items():
        (DOCS / name).write_text(made(), encoding="utf-8")
