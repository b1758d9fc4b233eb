"""The screen of stock and labware in a real browser: what is low is asked for, and a person's word counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from labd.domain import events as e
from labd.domain.command import Failed, FailureKind, Order, Outcome
from labd.domain.matter import LabwareType, Location, Lot, Stock
from labd.domain.protocol import LabwareUse
from tests.system.page_stage import WORKCELL, Stage, protocol, stage
from tests.system.test_page import Page, browser, page

__all__ = ["browser", "page"]

pytestmark = pytest.mark.needs("chromium")

LOTS = (Lot(lot="S-2041", amount=6), Lot(lot="S-1990", amount=40, expires=datetime(2020, 1, 1, tzinfo=UTC)))
ROOM = WORKCELL.model_copy(
    update={
        "stock": {
            "solvent": Stock(unit="mL", low=5, capacity=500, lots=LOTS),
            "palladium": Stock(unit="mg", low=20, capacity=250, lots=(Lot(lot="Pd-7", amount=180),)),
        },
        "labware": {"vial": LabwareType()},
        "locations": {"rack": Location(capacity=12), "reactor_bay": Location(capacity=1)},
    }
)


@pytest.fixture
def lab() -> Iterator[Stage]:
    with stage() as running:
        running.submit(lambda _, at: e.WorkcellLoaded(at=at, workcell=ROOM))
        made = protocol()
        steps = (
            made.steps[0].model_copy(update={"consumes": {"solvent": 4.0, "palladium": 2.5}}),
            *made.steps[1:],
        )
        using = made.model_copy(update={"steps": steps, "labware": {"vial": LabwareUse(type="vial", start="rack")}})
        running.submit(lambda _, at: e.CampaignDrafted(at=at, campaign="C", name="suzuki", protocol=using))
        running.submit(lambda _, at: e.CampaignStarted(at=at, campaign="C"))
        yield running


def fill(page: Page, selector: str, text: str) -> None:
    page.driver.find_element(By.CSS_SELECTOR, selector).send_keys(text)


def test_what_is_short_is_asked_for_and_the_refill_lets_the_step_go_on(lab: Stage, page: Page) -> None:
    lab.allow(3)
    page.open(lab.url)
    page.until("document.querySelector('[data-need=solvent]')")
    assert "Refill solvent." in page.text("[data-need=solvent]")
    page.until("document.querySelector('.now-aside').innerText.includes('solvent is short')")
    page.click(".bar a[href='/stock']")
    page.until("document.querySelector('[data-stock=solvent]').dataset.level === 'empty'")
    card = page.text("[data-stock=solvent]")
    assert "too little: refill it" in card
    assert "1 step waits for it" in card
    assert "expired" in page.text("[data-lot='S-1990']")
    page.click("[data-stock=solvent] .orders button")
    fill(page, "#lot", "S-2042")
    fill(page, "#amount", "0.25 L")
    fill(page, "#edit-reason", "it was empty")
    page.click(".ask [type=submit]")
    page.until("document.querySelector('[data-stock=solvent]').dataset.level === 'enough'")
    page.until("!document.querySelector('dialog')")
    assert "4\u202fmL reserved" in page.text("[data-stock=solvent]")
    assert lab.state().stock["solvent"].lots["S-2042"].amount == 250


def test_labware_is_moved_by_a_persons_word_and_its_history_is_shown(lab: Stage, page: Page) -> None:
    page.open(f"{lab.url}/stock")
    page.until("document.querySelector('[data-labware]')")
    assert "Rack" in page.text("[data-labware]")
    assert "1 of 12 taken" in page.text(".places")
    page.click("[data-labware] > button")
    Select(page.driver.find_element(By.ID, "to")).select_by_value("reactor_bay")
    fill(page, "#edit-reason", "it stood there")
    page.click(".ask [type=submit]")
    page.until("document.querySelector('[data-labware]').innerText.includes('Reactor bay')")
    page.click("[data-labware] summary")
    page.until("document.querySelectorAll('.history li').length === 2")
    assert "it stood there" in page.text(".history")


def test_an_uncertain_lot_is_counted(lab: Stage, page: Page) -> None:
    lab.decide(_spilt)
    lab.allow(1)
    page.open(lab.url)
    page.until("document.querySelector('[data-need=palladium]')")
    page.click("[data-need=palladium] button")
    fill(page, "#amount", "150")
    fill(page, "#edit-reason", "weighed")
    page.click(".ask [type=submit]")
    page.until("!document.querySelector('[data-need=palladium]')")
    assert lab.state().stock["palladium"].lots["Pd-7"].amount == 150


def test_an_instrument_is_withdrawn_and_restored(lab: Stage, page: Page) -> None:
    page.open(lab.url)
    page.until("document.querySelectorAll('.instrument').length === 4")
    hplc = ".instrument:nth-child(4)"
    for chip in ("quarantined", "idle"):
        page.click(f"{hplc} .orders button:last-child")
        if chip == "quarantined":
            Select(page.driver.find_element(By.ID, "deed")).select_by_value("quarantine")
        fill(page, "#edit-reason", "a wrong baseline")
        page.click(".ask [type=submit]")
        page.until(f"document.querySelector('{hplc} .chip').dataset.status === '{chip}'")
        page.until("!document.querySelector('dialog')")


def _spilt(order: Order) -> Outcome | None:
    return Failed(failure=FailureKind.DEFINED, message="spilt") if order.step == "prepare" else None
