"""What a step asks of a person, answered on the page with a note and a photo, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from labd.domain import events as e
from labd.domain.steps import PERSON, Prompt, Step
from tests.system.page_stage import Stage, protocol, stage
from tests.system.test_page import Page, browser, page

__all__ = ["browser", "page"]

pytestmark = pytest.mark.needs("chromium")

LOOK = Step(
    name="look",
    role=PERSON,
    capability="answer",
    prompt=Prompt(text="Is the film clear in ${run.id}?", options=("clear", "cloudy"), note=True, photo=True),
)
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d4944415478da63fccfc0500f000485018084a98c210000000049454e44ae426082"
)
"""A picture of one point, in PNG."""


@pytest.fixture
def lab() -> Iterator[Stage]:
    with stage() as running:
        made = protocol(trials=1)
        asking = made.model_copy(update={"steps": (LOOK, *made.steps)})
        running.submit(lambda _, at: e.CampaignDrafted(at=at, campaign="C", name="films", protocol=asking))
        running.submit(lambda _, at: e.CampaignStarted(at=at, campaign="C"))
        yield running


def test_a_person_answers_with_a_note_and_a_photo(lab: Stage, page: Page, tmp_path: Path) -> None:
    picture = tmp_path / "film.png"
    picture.write_bytes(DOT)
    page.open(lab.url)
    page.until("document.querySelectorAll('.question').length === 1")
    assert "Is the film clear in C.1.1?" in page.text(".question")
    page.driver.find_element(By.CSS_SELECTOR, ".question textarea").send_keys("a scratch at the rim")
    clear = page.driver.find_element(By.XPATH, "//section[@class='question']//button[text()='clear']")
    clear.click()
    assert page.text(".question [role=status]") == "A photo is wanted."
    page.driver.find_element(By.CSS_SELECTOR, ".question input[type=file]").send_keys(str(picture))
    clear.click()
    page.until("document.querySelectorAll('.question').length === 0")
    (run,) = lab.state().runs.values()
    result = run.steps["look"].result
    assert result is not None
    assert (result["option"], result["note"]) == ("clear", "a scratch at the rim")
    assert lab.state().trials["C.1"].data[0].blob.media_type == "image/png"
