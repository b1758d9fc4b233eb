"""The page in a real browser, on the real application."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from labd.domain.approvals import Approval, ApprovalRequested
from labd.ports.instrument_link import Lost, Rejected
from tests.system.page_stage import Stage, leak, lost, stage

pytestmark = pytest.mark.needs("chromium")

OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--window-size=1440,900",
    ),
)


class Page:
    """A browser and what a person does with it."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get(url)
        self.until("document.body.dataset.link === 'live'")

    def js(self, script: str) -> Any:
        return self.driver.execute_script(f"return {script}")

    def until(self, script: str) -> None:
        """Wait until an expression is true in the page."""
        WebDriverWait(self.driver, 60, poll_frequency=0.05).until(lambda _: self.js(script), f"never true: {script}")

    def click(self, selector: str) -> None:
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def text(self, selector: str) -> str:
        return self.driver.find_element(By.CSS_SELECTOR, selector).text

    def complaints(self) -> list[str]:
        """What the browser has said on its console since it was last asked."""
        return [each["message"] for each in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def width(self, pixels: int) -> None:
        metrics = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefers(self, scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    options = Options()
    for each in (*OPTIONS, f"--user-data-dir={tmp_path}"):
        options.add_argument(each)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome) -> Iterator[Page]:
    """A page that has no complaint in the end, and that asked no other host for anything."""
    shown = Page(browser)
    yield shown
    strange = (
        "performance.getEntriesByType('resource').map(e => e.name).filter(n => new URL(n).origin !== location.origin)"
    )
    assert browser.execute_script(f"return {strange}") == []
    assert shown.complaints() == []


@pytest.fixture
def lab() -> Iterator[Stage]:
    with stage() as running:
        yield running


ROWS = "document.querySelectorAll('.trials tbody tr[data-status=observed]').length"
POINTS = "document.querySelectorAll('[data-figure=trace] .scatterlayer .point').length"


def test_without_a_campaign_the_page_says_what_to_do(lab: Stage, page: Page) -> None:
    page.open(lab.url)
    page.until("document.querySelectorAll('.instrument').length === 4")
    assert "labd load protocol.yaml --start" in page.text(".now-campaigns")
    assert page.js("typeof window.Plotly") == "undefined"


def test_trials_and_figures_appear_without_a_reload(lab: Stage, page: Page) -> None:
    lab.begin()
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.js("window.same = true")
    page.until("document.querySelectorAll('.trials tbody tr').length === 1")
    lab.allow(9)
    page.until(f"{ROWS} === 3")
    page.until(f"{POINTS} === 3")
    lab.allow(3 * 7)
    page.until(f"{ROWS} === 10")
    page.until(f"{POINTS} >= 10")
    page.until("document.querySelector('.why h2').textContent === 'Why trial 11'")
    assert page.text(".why .tag") == "gp-logei"
    assert "Expected yield" in page.text(".why")
    assert page.js("document.querySelectorAll('[data-figure=parameters] .subplot').length") == 4
    page.until("document.querySelectorAll('[data-figure=importance] .barlayer .point').length === 4")
    assert page.js("window.same") is True


def test_the_table_tells_why_a_trial_failed_and_is_sorted_by_any_column(lab: Stage, page: Page) -> None:
    lab.decide(leak)
    lab.begin()
    lab.allow(3 * 6 - 1)
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.until(f"{ROWS} === 5")
    assert "a leak at the coil's inlet" in page.text(".trials tr[data-status=failed]")
    page.click('th[data-column="outcome yield"] button')
    cells = page.js(
        "[...document.querySelectorAll('tr[data-status=observed] td:nth-child(3)')].map(e => e.textContent)"
    )
    yields = [float(each.split()[0]) for each in cells]
    assert len(yields) == 5
    assert yields == sorted(yields, reverse=True)
    assert page.js("document.querySelector('[aria-sort]').dataset.column") == "outcome yield"


def test_pause_resume_and_stop_with_a_reason_are_confirmed_by_the_stream(lab: Stage, page: Page) -> None:
    lab.begin()
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.until("document.querySelector('.campaign-head .chip').dataset.status === 'running'")
    page.click(".campaign-head [data-verb=pause]")
    page.until("document.querySelector('.campaign-head .chip').dataset.status === 'paused'")
    assert lab.state().campaign("suzuki_flow").status == "paused"
    page.until("document.querySelector('#announce').textContent.includes('paused')")
    page.click(".campaign-head [data-verb=resume]")
    page.until("document.querySelector('.campaign-head .chip').dataset.status === 'running'")
    page.click(".campaign-head [data-verb=stop]")
    page.click("dialog button[value=stop]")
    assert page.js("document.querySelector('dialog').open"), "without a reason nothing is stopped"
    page.driver.find_element(By.ID, "stop-reason").send_keys("out of ligand")
    page.click("dialog button[value=stop]")
    page.until("document.querySelector('.campaign-head .chip').dataset.status === 'stopped'")
    assert lab.state().campaign("suzuki_flow").note == "out of ligand"
    assert page.js("document.querySelector('.campaign-head .orders').hidden")


def test_a_question_is_answered_on_the_page(lab: Stage, page: Page) -> None:
    lab.decide(lost)
    lab.begin()
    lab.allow(2)
    page.open(lab.url)
    page.until("document.querySelectorAll('.question').length === 1")
    assert "in the middle of the reaction" in page.text(".question")
    page.driver.find_element(By.CSS_SELECTOR, ".question input").send_keys("the coil is empty")
    page.driver.find_element(By.XPATH, "//button[text()='It was done']").click()
    page.until("document.querySelectorAll('.question').length === 0")
    page.until("[...document.querySelectorAll('.rows li')].some(li => li.textContent.includes('hplc'))")


def test_what_waits_for_a_yes_gets_it_on_the_page(lab: Stage, page: Page) -> None:
    lab.begin()
    asked = Approval(
        id="campaign:suzuki:abc",
        campaign=lab.state().campaign("suzuki_flow").id,
        subject="campaign",
        what="suzuki",
        content_hash="ab" * 32,
        text="Run Suzuki coupling",
        reasons=("its hazard is high",),
        persons=2,
    )
    lab.submit(
        lambda _, at: ApprovalRequested(at=at, approval=asked.model_copy(update={"until": at + timedelta(hours=1)}))
    )
    page.open(lab.url)
    page.until("document.querySelectorAll('[data-approval]').length === 1")
    assert "its hazard is high" in page.text("[data-approval]")
    assert asked.content_hash in page.text("[data-approval]")
    for who in ("ada", "bob"):
        name = page.driver.find_element(By.CSS_SELECTOR, "[data-approval] input")
        name.clear()
        name.send_keys(who)
        page.driver.find_element(By.XPATH, "//button[.='Approve']").click()
        if who == "ada":
            page.until("document.querySelector('[data-approval]').textContent.includes('1 of 2 persons')")
    page.until("document.querySelectorAll('[data-approval]').length === 0")
    assert lab.state().approvals[asked.id].by == ("ada", "bob")


def test_what_comes_from_a_file_is_text(lab: Stage, page: Page) -> None:
    title = "<img src=x onerror='window.hacked = 1'><b>bold</b>"
    lab.begin(title=title)
    page.open(lab.url)
    page.until("document.querySelector('.campaign h3') !== null")
    assert page.text(".campaign h3") == title
    page.click(".campaign h3 a")
    page.until("document.querySelector('h1')?.textContent.startsWith('<img')")
    assert page.js("typeof window.hacked") == "undefined"
    assert page.js("document.querySelectorAll('main img, main b').length") == 0


def test_screens_change_without_a_reload(lab: Stage, page: Page) -> None:
    page.open(f"{lab.url}/campaigns/suzuki_flow")
    page.js("window.same = true")
    page.until("document.querySelector('.missing')?.textContent.includes('There is no campaign')")
    lab.begin()
    page.click(".brand")
    page.until("document.querySelectorAll('.instrument').length === 4")
    page.until("document.querySelector('.campaign h3') !== null")
    page.click(".campaign h3 a")
    page.until("document.querySelectorAll('.trials tbody tr').length === 1")
    page.driver.back()
    page.until("document.querySelectorAll('.instrument').length === 4")
    assert page.js("window.same") is True


def test_the_schedule_shows_who_does_what(lab: Stage, page: Page) -> None:
    lab.begin()
    page.open(lab.url)
    page.click("nav a")
    page.until("document.querySelectorAll('.schedule-screen tbody tr').length === 4")
    page.until(
        "document.querySelector('.schedule-screen tbody')?.textContent.includes('Prepare, trial 1 of suzuki_flow')"
    )
    page.until("document.querySelector('[data-figure=schedule] .bars path') !== null")
    assert page.js("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_trouble_and_quarantine_are_shown(lab: Stage, page: Page) -> None:
    page.open(lab.url)
    lab.disk(full=True)
    lab.arrive(Rejected("labd/1/suzuki_flow/hplc/report", "no JSON: <b>", "<b>", 3))
    page.until("document.querySelector('#banner').innerText.includes('The disk is full')")
    lab.disk(full=False)
    lab.arrive(Lost("the broker ended"))
    page.until("document.querySelector('#banner').innerText.includes('The broker is not reached')")
    page.until("document.querySelectorAll('.now-aside .panel:last-child li').length === 1")
    assert "no JSON: <b>" in page.text(".now-aside .panel:last-child")


def test_dark_follows_the_system_and_a_choice_is_remembered(lab: Stage, page: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    page.prefers("light")
    page.open(lab.url)
    light = page.js(ground)
    page.prefers("dark")
    page.until(f"{ground} !== '{light}'")
    dark = page.js(ground)
    page.click("#theme")
    assert page.js(ground) == light
    page.driver.refresh()
    assert page.js(ground) == light
    page.click("#theme")
    assert page.js(ground) == dark


def test_a_phone_shows_all_without_scrolling_sideways(lab: Stage, page: Page) -> None:
    lab.decide(leak)
    lab.begin()
    lab.allow(3 * 10)
    page.width(360)
    page.open(lab.url)
    page.until("document.querySelector('.chip[data-status=running]') !== null")
    assert page.js("document.documentElement.scrollWidth") == 360
    page.click(".campaign h3 a")
    page.until(f"{POINTS} >= 10")
    assert page.js("document.documentElement.scrollWidth") == 360


def test_a_daemon_that_comes_back_is_found_again(page: Page) -> None:
    with stage() as first:
        first.begin()
        first.allow(6)
        page.open(f"{first.url}/campaigns/suzuki_flow")
        page.until(f"{ROWS} === 2")
        port = int(first.url.rpartition(":")[2])
    page.until("document.body.dataset.link === 'lost'")
    assert "connection to the daemon is lost" in page.text("#banner")
    with stage(port) as second:
        second.begin()  # another laboratory, younger than what the page knows: it is told to start over
        page.until("document.body.dataset.link === 'live'")
        page.until("document.querySelectorAll('.trials tbody tr').length === 1")
        page.until(f"{ROWS} === 0")
        page.driver.get("about:blank")  # or it would try again, and complain, when this one ends
    assert all("WebSocket connection" in each for each in page.complaints())


def test_the_page_has_no_markup_from_data() -> None:
    static = Path(__file__).parents[2] / "labd" / "web" / "static"
    for module in static.glob("*.js"):
        source = module.read_text(encoding="utf-8")
        assert "innerHTML" not in source
        assert "insertAdjacentHTML" not in source
        assert "document.write" not in source
