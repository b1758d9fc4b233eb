"""A person's hand in a running campaign, on the page, in a real browser."""

from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from labd.domain.edits import CampaignEdited
from labd.domain.problem import PlannerSettings, Share
from labd.lifecycles.trial import TrialStatus
from tests.system.page_stage import Stage, stage
from tests.system.test_page import Page, browser, page

__all__ = ["browser", "page"]
pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def lab() -> Iterator[Stage]:
    with stage() as running:
        running.begin(parallel=3)
        yield running


def write(driver: webdriver.Chrome, name: str, text: str) -> None:
    field = driver.find_element(By.ID, name)
    field.clear()
    field.send_keys(text)


def test_bounds_are_edited_shown_and_taken_back(lab: Stage, page: Page) -> None:
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.until("document.querySelectorAll('.trials tbody tr').length === 3")
    page.click("[data-verb=edit]")
    write(page.driver, "parameters.temperature.high", "95")
    write(page.driver, "stopping.trials", "60")
    write(page.driver, "edit-reason", "it decomposes above")
    page.click("dialog button[type=submit]")
    page.until("document.querySelector('dialog') === null")
    page.until("document.querySelectorAll('.edits li').length === 1")
    assert "temperature.high: 110 → 95" in page.text(".edits")
    assert "it decomposes above" in page.text(".edits")
    assert lab.state().campaign("suzuki_flow").protocol.stopping.trials == 60
    page.driver.find_element(By.XPATH, "//button[.='Take the last one back']").click()
    page.click("dialog button[type=submit]")
    page.until("document.querySelectorAll('.edits li').length === 2")
    assert "taken back" in page.text(".edits li:last-child")
    assert lab.state().campaign("suzuki_flow").protocol.stopping.trials == 40


def test_who_proposes_is_shown_once_there_are_several(lab: Stage, page: Page) -> None:
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.until("document.querySelectorAll('.trials tbody tr').length === 3")
    assert page.js("document.querySelectorAll('.shares tbody tr').length") == 0
    settings = PlannerSettings(
        parallel=3,
        proposers=(Share(name="planner", kind="planner", share=3), Share(name="ann", kind="person", share=1)),
    )
    campaign = lab.state().campaign("suzuki_flow")
    problem = campaign.protocol.problem.model_copy(update={"settings": settings})
    lab.submit(lambda _, at: CampaignEdited(at=at, by="bob", campaign=campaign.id, problem=problem))
    page.until("document.querySelectorAll('.shares tbody tr').length === 2")
    first, second = (page.text(f".shares tbody tr:nth-child({n})") for n in (1, 2))
    assert first.split()[:2] == ["planner", "75"]
    assert second.split()[:3] == ["ann", "person", "25"]


def test_what_cannot_be_is_said_and_the_form_stays(lab: Stage, page: Page) -> None:
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.until("document.querySelectorAll('.trials tbody tr').length === 3")
    page.click("[data-verb=edit]")
    write(page.driver, "parameters.temperature.high", "10")
    page.click("dialog button[type=submit]")
    page.until("document.querySelector('.toast')?.textContent.includes('not below the upper bound')")
    assert page.js("document.querySelector('dialog').open")
    # the browser itself notes that the daemon refused
    assert all("400" in each or "422" in each for each in page.complaints())


def test_a_trial_is_rejected_before_it_begins_and_excluded_after_its_end(lab: Stage, page: Page) -> None:
    lab.allow(4)
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.until("document.querySelectorAll('.trials tbody tr').length >= 3")
    waiting = next(
        each.number
        for each in lab.state().open_trials(lab.state().campaign("suzuki_flow").id)
        if not any(step.attempts for run in lab.state().runs_of(each) for step in run.steps.values())
    )
    page.until(f"document.querySelector('tr[data-trial=\"{waiting}\"] .deed')?.textContent === 'Reject'")
    page.click(f'tr[data-trial="{waiting}"] .deed')
    page.click("dialog button[type=submit]")
    page.until(f"document.querySelector('tr[data-trial=\"{waiting}\"]').dataset.status === 'abandoned'")
    lab.allow(6)
    page.until("document.querySelector('tr[data-status=observed] .deed') !== null")
    number = page.js("document.querySelector('tr[data-status=observed]').dataset.trial")
    row = f'tr[data-trial="{number}"]'
    page.click(f"{row} .deed")
    page.click("dialog button[type=submit]")
    page.until(f"document.querySelector('{row} .deed').textContent === 'Include'")
    assert "not learnt from" in page.text(row)
    campaign = lab.state().campaign("suzuki_flow")
    assert campaign.excluded == {f"{campaign.id}.{number}"}
    assert lab.state().trials[f"{campaign.id}.{waiting}"].status is TrialStatus.ABANDONED
