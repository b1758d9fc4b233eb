"""Why a trial was suggested, and what the model believes, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.page_stage import Stage, stage
from tests.system.test_page import ROWS, Page, browser, page

__all__ = ["browser", "page"]

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def lab() -> Iterator[Stage]:
    with stage() as running:
        running.begin()
        running.allow(3 * 12)
        yield running


def test_the_parts_of_a_suggestion_stand_beside_their_bars(lab: Stage, page: Page) -> None:
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.until("document.querySelector('.why h2').textContent === 'Why trial 13'")
    page.until("document.querySelectorAll('.why .parts tbody tr').length === 5")
    table = page.text(".why .parts")
    assert "Temperature" in table
    assert "+3.1" in table
    assert "Together" in table
    assert page.js("document.querySelectorAll('.why .diverging .less').length") == 1
    assert "trial 3 (0.42 lengthscales away)" in page.text(".why")
    assert "Temperature is at its upper bound" in page.text(".why .caveats")
    page.js("(document.querySelector('.why select').value = '2', 1)")
    page.js("document.querySelector('.why select').dispatchEvent(new Event('change'))")
    page.until("document.querySelector('.why h2').textContent === 'Why trial 2'")
    page.until("document.querySelector('.why .parts').offsetParent === null")  # no model spoke


def test_the_model_is_asked_when_its_panel_is_opened_and_each_chart_has_its_table(lab: Stage, page: Page) -> None:
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.until(f"{ROWS} === 12")
    assert page.js("performance.getEntriesByType('resource').some((each) => each.name.endsWith('/insight'))") is False
    page.click(".model summary")
    page.until("document.querySelectorAll('[data-figure=slices] .subplot').length === 4")
    assert "Learnt from 12 observations" in page.text(".model")
    assert "The optimum is expected at temperature" in page.text(".model")
    for name in ("slices", "calibration", "leverage"):
        rows = f"document.querySelectorAll('[data-figure={name}] .data tbody tr').length"
        assert page.js(rows) > 0
    lab.allow(3)
    page.until("document.querySelector('.model').textContent.includes('Learnt from 13 observations')")
    page.width(360)
    page.until("document.documentElement.scrollWidth === 360")
