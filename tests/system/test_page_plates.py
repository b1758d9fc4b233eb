"""A plate in a real browser: each well with whose it is and how it is, in words and shapes and not in colour alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labd.domain import events as e
from labd.domain.matter import LabwareType
from labd.domain.samples import Batch, Control
from tests.system.page_stage import Stage, protocol, stage
from tests.system.test_page import Page, browser, page

__all__ = ["browser", "page"]

pytestmark = pytest.mark.needs("chromium")

WELLS = LabwareType(rows=3, columns=4).wells
BLANK = Control(name="blank", kind="blank", count=1, wells=("A1",))
CHIPS = "[...document.querySelectorAll('.plate .chip')].map((each) => each.innerText).join(', ')"


@pytest.fixture
def lab() -> Iterator[Stage]:
    with stage() as running:
        made = protocol(trials=22)
        batch = Batch(size=12, labware="plate", wells=WELLS, controls=(BLANK,))
        problem = made.problem.model_copy(update={"batch": batch.trials})
        plates = made.model_copy(update={"batch": batch, "problem": problem})
        running.submit(lambda _, at: e.CampaignDrafted(at=at, campaign="C", name="plates", protocol=plates))
        running.submit(lambda _, at: e.CampaignStarted(at=at, campaign="C"))
        yield running


def test_the_plate_is_drawn_well_by_well(lab: Stage, page: Page) -> None:
    page.open(f"{lab.url}/campaigns/plates")
    page.until("document.querySelectorAll('.wells tbody .well').length === 12")
    assert page.js("document.querySelector('.wells thead').innerText.trim().split(/\\s+/).join('')") == "1234"
    about = page.js("document.querySelector('.wells .well').getAttribute('aria-label')")
    assert about.startswith("A1, control blank, ")
    lab.allow(14)
    page.until(f"{CHIPS}.includes('active')")
    assert page.js(
        "[...document.querySelectorAll('.well')].every((each) => each.querySelector('svg') && each.innerText)"
    )
    assert "Well" in page.text(".trials thead")
