"""The reference pages in `docs/` are what the code makes of itself. To write them anew: run this file."""

from pathlib import Path

import pytest

from labd.lifecycles.reference import lifecycles_reference
from labd.protocols.reference import protocol_reference, workcell_reference
from labd.wire.reference import wire_reference

DOCS = Path(__file__).parents[2] / "docs" / "reference"
PAGES = {
    "lifecycles.md": lifecycles_reference,
    "protocol.md": protocol_reference,
    "workcell.md": workcell_reference,
    "wire.md": wire_reference,
}


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_up_to_date(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), f"run python {Path(__file__).name}"


if __name__ == "__main__":
    for name, made in PAGES.items():
        (DOCS / name).write_text(made(), encoding="utf-8")
