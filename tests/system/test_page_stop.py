"""The Stop of the page in a real browser: one question, every instrument's answer, and a release with a reason."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

from tests.system.page_stage import stage
from tests.system.test_page import Page, browser, page

__all__ = ["browser", "page"]
"""The fixtures."""

pytestmark = pytest.mark.needs("chromium")

ANSWERS = "[...document.querySelectorAll('.answers-of-all li')].map((each) => each.textContent)"


def test_stop_on_a_phone_shows_every_answer_and_is_released_with_a_reason(page: Page) -> None:
    with stage() as laboratory:
        laboratory.deaf = frozenset({"hplc"})
        laboratory.begin()
        page.width(390)
        page.open(f"{laboratory.url}/campaigns/suzuki_flow")  # it is on every screen
        page.click("#stop")
        page.click("dialog button[value=stop]")
        page.until("document.querySelectorAll('.answers-of-all [data-status=obeyed]').length === 3")
        assert "hplcno answer yet" in page.js(ANSWERS)
        assert laboratory.state().safety.stopped
        assert page.text(".stopped").startswith("Stopped\nBy operator at ")
        assert "hard-wired" in page.text(".stopped")
        assert page.js("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over a phone's edge"

        page.driver.find_element(By.XPATH, "//button[text()='Release…']").click()
        page.click("dialog button[value=release]")
        assert laboratory.state().safety.stopped, "a release without a reason is none"
        page.driver.find_element(By.ID, "release-reason").send_keys("it was toast")
        page.click("dialog button[value=release]")
        page.until("document.querySelector('.stopped').hidden && !document.querySelector('#stop').hidden")
        assert laboratory.state().safety.released.reason == "it was toast"
        assert laboratory.state().campaign("suzuki_flow").status == "paused"
        assert not page.complaints()


def test_an_instrument_is_locked_and_given_back(page: Page) -> None:
    with stage() as laboratory:
        page.open(laboratory.url)
        page.driver.find_element(By.XPATH, "//article[.//h3='hplc']//button[text()='Lock…']").click()
        page.driver.find_element(By.ID, "lock-reason").send_keys("a new column")
        page.click("dialog button[value=lock]")
        page.until("document.body.textContent.includes('Locked by operator: a new column')")
        assert laboratory.state().instruments["hplc"].kept
        page.driver.find_element(By.XPATH, "//article[.//h3='hplc']//button[text()='Give back']").click()
        page.until("!document.body.textContent.includes('a new column')")
        assert not laboratory.state().instruments["hplc"].kept
        assert not page.complaints()
