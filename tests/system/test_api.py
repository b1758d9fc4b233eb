"""The HTTP API over a loopback socket: what can be asked, ordered and followed, and what is refused."""

import asyncio
import csv
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import websockets

from labd.domain import events as e
from labd.domain.command import Succeeded, Unknown
from labd.domain.errors import Unavailable
from labd.reports.gantt import gantt
from labd.web import create_app, serve
from labd.wire.messages import Birth
from tests.scenery import MORNING, descriptor, protocol
from tests.system.served import FIGURES, PROTOCOL, Served, nowhere, served

View = dict[str, Any]


@pytest.fixture
async def lab() -> AsyncIterator[Served]:
    async with served() as it:
        yield it


@pytest.fixture
async def http(lab: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{lab.url}/api/v1") as client:
        yield client


async def until(lab: Served, true: Any) -> None:
    """Wait for what follows from events: at each change the condition is looked at once."""
    async with asyncio.timeout(60):
        revision = -1
        while not true(lab.lab.state):
            revision = await lab.lab.changed(revision)


# --- what can be asked


async def test_the_schedule_has_what_is_over_and_what_runs(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing", start=True)
    lab.instruments.wake()
    first, second = await lab.instruments.next_order(), await lab.instruments.next_order()
    lab.instruments.progress(second, 0.1, "")
    lab.instruments.finish(first, Succeeded(result={"volume": 1.0}))
    third = await lab.instruments.next_order()
    await until(lab, lambda state: third.command in state.commands)
    for _ in range(2):  # what was read once is not read twice
        told = (await http.get("schedule", params={"hours": 1})).json()
    bars = {(bar["instrument"], bar["step"], bar["status"]) for bar in told["bars"]}
    assert {(first.instrument, "mix", "done"), (second.instrument, "mix", "running")} <= bars
    assert len([bar for bar in told["bars"] if bar["status"] == "done"]) == 1
    rows = {row["instrument"]: row for row in told["rows"]}
    assert rows[second.instrument]["doing"]["trial"] == 2
    assert 0 < rows[second.instrument]["busy"] <= 1
    assert {name for trace in told["figure"]["data"] for name in trace["y"]} == {
        bar["instrument"] for bar in told["bars"]
    }
    assert (await http.get("schedule", params={"hours": 1000})).status_code == 422


async def test_now_shows_campaigns_instruments_steps_and_progress(lab: Served, http: httpx.AsyncClient) -> None:
    key = await lab.draft("mixing", start=True)
    lab.instruments.wake()
    order = await lab.instruments.next_order()
    lab.instruments.progress(order, 0.25, "stirring")
    await until(lab, lambda state: lab.lab.progress)
    now = (await http.get("now")).json()
    assert now["version"] == len(await lab.events())
    assert now["laboratory"]["linked"]
    campaign = now["campaigns"][0]
    assert (campaign["id"], campaign["status"], campaign["trials"], campaign["open"]) == (key, "running", 2, 2)
    doing = next(each["doing"] for each in now["instruments"] if each["name"] == order.instrument)
    assert (doing["command"], doing["progress"], doing["note"]) == (order.command, 0.25, "stirring")
    assert (doing["campaign"], doing["trial"], doing["step"]) == ("mixing", 1, "mix")
    assert doing["arguments"]["share"] == pytest.approx(1 / 3)
    steps = {(each["trial"], each["step"]): each for each in now["steps"]}
    assert steps[1, "mix"]["status"] == "active"
    assert steps[1, "read"]["why"] == "waits for mix"


async def test_a_campaign_tells_its_trials_and_with_after_only_the_newer(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing", start=True)
    lab.instruments.wake()
    await measure_one(lab, 0.7)
    whole = (await http.get("campaigns/mixing")).json()
    assert whole["campaign"]["best"]["value"] == 0.7
    assert whole["campaign"]["parameters"][0] == {
        "kind": "continuous", "name": "share", "low": 0.0, "high": 1.0, "unit": "", "log": False,
        "per": "sample", "when": None, "context": False, "ramp": None,
    }  # fmt: skip
    observed = next(each for each in whole["trials"] if each["status"] == "observed")
    assert observed["outcomes"] == {"signal": {"mean": 0.7, "standard_error": None, "censored": None}}
    assert observed["reason"] == "It is a third."
    newest = max(each["version"] for each in whole["trials"])
    newer = (await http.get("campaigns/mixing", params={"after": newest - 1})).json()
    assert [each["version"] for each in newer["trials"]] == [newest]
    assert (await http.get("campaigns/mixing", params={"after": newest})).json()["trials"] == []


async def measure_one(lab: Served, signal: float) -> None:
    """Bring one trial to its end."""
    while True:
        order = await lab.instruments.next_order()
        if order.step == "mix":
            lab.instruments.finish(order, Succeeded(result={"volume": 1.0}))
        else:
            lab.instruments.finish(order, Succeeded(result={"signal": signal}))
            break
    await until(lab, lambda state: any(each.status == "observed" for each in state.trials.values()))


async def test_the_trials_as_csv(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing", start=True)
    lab.instruments.wake()
    await measure_one(lab, 0.7)
    answer = await http.get("campaigns/mixing/trials.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(answer.text.splitlines()))
    observed = next(each for each in rows if each["status"] == "observed")
    assert float(observed["share"]) == pytest.approx(1 / 3)
    assert float(observed["signal"]) == 0.7


async def test_a_figure_and_one_that_needs_two_outcomes(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing")
    assert (await http.get("campaigns/mixing/figures/trace")).json() == {"data": [{"y": []}], "layout": {}}
    missing = await http.get("campaigns/mixing/figures/pareto")
    assert missing.status_code == 404
    assert "trace" in missing.json()["error"]["hint"]


async def test_what_there_is_not(http: httpx.AsyncClient) -> None:
    for path in ("campaigns/none", "nothing", "campaigns/none/trials.csv"):
        answer = await http.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"]["message"]
    assert (await http.delete("now")).status_code == 405


# --- what can be ordered


async def test_a_protocol_is_loaded_under_a_name_that_is_free(lab: Served, http: httpx.AsyncClient) -> None:
    names = [(await http.post("campaigns", json={"protocol": PROTOCOL})).json()["name"] for _ in range(3)]
    assert names == ["mixing", "mixing-2", "mixing-3"]
    started = await http.post("campaigns", json={"protocol": PROTOCOL, "name": "Best-1", "seed": 5, "start": True})
    assert started.status_code == 201
    assert (started.json()["name"], started.json()["status"]) == ("Best-1", "running")
    assert lab.lab.state.campaign("Best-1").seed == 5
    taken = await http.post("campaigns", json={"protocol": PROTOCOL, "name": "mixing"})
    assert taken.status_code == 409
    strange = await http.post("campaigns", json={"protocol": PROTOCOL, "name": "a/b"})
    assert strange.status_code == 422


async def test_the_findings_say_where_a_protocol_is_wrong(lab: Served, http: httpx.AsyncClient) -> None:
    wrong = PROTOCOL.replace("role: meter", "role: metre")
    answer = await http.post("campaigns", json={"protocol": wrong, "file": "mine.yaml"})
    assert answer.status_code == 422
    finding, *more = [each for each in answer.json()["error"]["findings"] if each["severity"] == "error"]
    assert more == []
    line = next(number for number, text in enumerate(wrong.splitlines(), 1) if "metre" in text)
    assert (finding["file"], finding["line"]) == ("mine.yaml", line)
    assert "meter" in finding["remedy"]
    assert lab.lab.state.campaigns == {}


async def test_a_campaign_is_started_paused_resumed_and_stopped(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing")
    person = {"by": "ada", "reason": "to see"}
    for action, status in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        answer = await http.post(f"campaigns/mixing/{action}", json=person)
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert [each.by for each in await lab.events() if isinstance(each, e.ByPerson)][-4:] == ["ada"] * 4
    again = await http.post("campaigns/mixing/start", json=person)
    assert again.status_code == 409
    assert "stopped" in again.json()["error"]["message"]


async def test_an_experiment_done_elsewhere_is_learnt(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing")
    measured = {"mean": 0.9, "standard_error": 0.1, "censored": None}
    body = {"parameters": {"share": 0.5}, "outcomes": {"signal": measured}}
    answer = await http.post("campaigns/mixing/observations", json=body)
    assert answer.status_code == 201
    assert answer.json()["best"] == {"trial": None, "value": 0.9, "parameters": {"share": 0.5}}
    view = (await http.get("campaigns/mixing")).json()
    assert view["told"] == [body]


@pytest.mark.parametrize(
    ("parameters", "outcomes", "says"),
    [
        ({}, {"signal": 1.0}, "missing: share"),
        ({"share": 0.5, "heat": 1}, {"signal": 1.0}, "unknown: heat"),
        ({"share": "half"}, {"signal": 1.0}, "Write a number"),
        ({"share": 1.5}, {"signal": 1.0}, "from 0 to 1"),
        ({"share": 0.5}, {}, "no outcome"),
        ({"share": 0.5}, {"colour": 1.0}, "no outcome colour"),
        ({"share": 0.5}, {"signal": "NaN"}, "finite"),
    ],
)
async def test_what_does_not_fit_is_refused(
    lab: Served, http: httpx.AsyncClient, parameters: View, outcomes: View, says: str
) -> None:
    await lab.draft("mixing")
    body = {"parameters": parameters, "outcomes": outcomes}
    answer = await http.post("campaigns/mixing/observations", json=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert says in f"{error['message']} {error['hint']}"
    assert lab.lab.state.campaign("mixing").told == 0


async def test_a_person_answers_for_a_command_in_doubt(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing", start=True)
    lab.instruments.wake()
    order = await lab.instruments.next_order()
    lab.instruments.finish(order, Unknown(message="the power failed"))
    await until(lab, lambda state: any(each.status == "unknown" for each in state.commands.values()))
    question = (await http.get("now")).json()["questions"][0]
    assert (question["command"], question["message"]) == (order.command, "the power failed")
    wrong = await http.post(f"commands/{order.command}/resolve", json={"resolution": "discard", "result": {"v": 1}})
    assert wrong.status_code == 422
    body = {"resolution": "done", "result": {"volume": 1.0}, "by": "ada", "reason": "I saw it"}
    assert (await http.post(f"commands/{order.command}/resolve", json=body)).status_code == 200
    assert (await http.get("now")).json()["questions"] == []
    assert (await http.post(f"commands/{order.command}/resolve", json=body)).status_code in (404, 409)


async def test_without_a_workcell_no_campaign_starts() -> None:
    async with served(workcell=False) as lab, httpx.AsyncClient(base_url=lab.url) as http:
        await lab.draft("mixing")
        answer = await http.post("/api/v1/campaigns/mixing/start", json={})
        assert answer.status_code == 409
        assert "workcell" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"role": "furnace"}, "mix of a furnace, which the workcell does not have"),
        ({"capability": "shake"}, "shake of a mixer, which the workcell does not have"),
        ({"instrument": "mixer_9"}, "the instrument mixer_9 as a mixer"),
    ],
)
async def test_what_the_workcell_cannot_do_is_not_started(
    lab: Served, http: httpx.AsyncClient, change: dict[str, str], says: str
) -> None:
    right = protocol()
    first, *others = right.steps
    steps = (first.model_copy(update=change), *others)
    await lab.draft("mixing", right.model_copy(update={"steps": steps}))
    answer = await http.post("campaigns/mixing/start", json={})
    assert answer.status_code == 409
    assert says in answer.json()["error"]["message"]


async def test_what_no_instrument_offers_is_not_started(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing")
    unable = descriptor("meter_1").model_copy(update={"capabilities": ()})
    lab.instruments.say("meter_1", Birth(descriptor=unable))
    await until(lab, lambda state: state.instruments["meter_1"].descriptor is not None)
    answer = await http.post("campaigns/mixing/start", json={})
    assert answer.status_code == 409
    assert "none of meter_1 offers" in answer.json()["error"]["message"]


# --- what can be followed


async def test_events_are_streamed_from_a_place_and_then_live(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing")
    place = len(await lab.events()) - 1
    async with asyncio.timeout(60), http.stream("GET", "events", headers={"last-event-id": str(place)}) as answer:
        events = read_events(answer)
        assert await anext(events) == (place + 1, "campaign_drafted")
        await http.post("campaigns/mixing/start", json={})
        assert await anext(events) == (place + 2, "campaign_started")


async def test_a_script_ahead_of_the_journal_is_told_to_start_over(lab: Served, http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60), http.stream("GET", "events", params={"after": 1000}) as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "event: restart"
        assert [await anext(lines) for _ in range(3)][-1] == "id: 1"


async def read_events(answer: httpx.Response) -> AsyncIterator[tuple[int, str]]:
    sequence = 0
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            sequence = int(value)
        elif name == "event":
            yield sequence, value


async def test_the_page_is_told_at_once_and_only_what_is_new(lab: Served) -> None:
    await lab.draft("mixing")
    address = lab.url.replace("http", "ws") + "/api/v1/stream?campaign=mixing"
    async with asyncio.timeout(60), websockets.connect(address) as page:
        assert json.loads(await page.recv())["type"] == "now"
        first = json.loads(await page.recv())
        assert (first["type"], first["trials"], first["figures"]) == (
            "campaign",
            [],
            {"trace": {"data": [{"y": []}], "layout": {}}},
        )
        key = lab.lab.state.campaign("mixing").id
        await lab.lab.submit(lambda _, at: e.CampaignStarted(at=at, campaign=key))
        frames = [json.loads(await page.recv())]
        while frames[-1]["type"] != "campaign" or len(frames[-1]["trials"]) < 2:
            frames.append(json.loads(await page.recv()))
        assert [each["number"] for each in frames[-1]["trials"]] == [1, 2]
        assert frames[-1]["figures"]["trace"]["data"] == [{"y": [1, 2]}]
        await page.send('{"campaign": null}')
        assert json.loads(await page.recv())["type"] == "now"
        await page.send('{"campaign": "none"}')
        assert [json.loads(await page.recv())["type"] for _ in range(2)] == ["now", "error"]


async def test_of_many_changes_a_page_is_told_the_newest(lab: Served) -> None:
    address = lab.url.replace("http", "ws") + "/api/v1/stream"
    async with asyncio.timeout(60), websockets.connect(address) as page:
        before = json.loads(await page.recv())["now"]["version"]
        for n in range(100):
            rubbish = e.MessageQuarantined(at=MORNING, topic=f"t/{n}", reason="no JSON")
            await lab.lab.submit(lambda _, at, rubbish=rubbish: rubbish)  # type: ignore[misc]
        versions = [before]
        while versions[-1] < before + 100:
            versions.append(json.loads(await page.recv())["now"]["version"])
    assert len(versions) < 50


async def test_a_page_ahead_of_the_server_is_told_to_start_over(lab: Served) -> None:
    await lab.draft("mixing", start=True)
    address = lab.url.replace("http", "ws") + "/api/v1/stream?campaign=mixing&after=100000"
    async with asyncio.timeout(60), websockets.connect(address) as page:
        frames = [json.loads(await page.recv()) for _ in range(3)]
    assert [each["type"] for each in frames] == ["restart", "now", "campaign"]
    assert len(frames[2]["trials"]) == lab.lab.state.campaign("mixing").trials


async def test_a_rubbish_subscription_closes_the_stream(lab: Served) -> None:
    address = lab.url.replace("http", "ws") + "/api/v1/stream"
    async with asyncio.timeout(60), websockets.connect(address) as page:
        await page.send("[1, 2")
        assert json.loads(await page.recv())["type"] == "now"
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await page.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1003


# --- what is refused, and the ends


async def test_another_sites_page_gets_nothing(lab: Served, http: httpx.AsyncClient) -> None:
    await lab.draft("mixing")
    assert (await http.get("now", headers={"host": "evil.example"})).status_code == 403
    foreign = {"origin": "http://evil.example"}
    assert (await http.post("campaigns/mixing/start", json={}, headers=foreign)).status_code == 403
    own = {"origin": lab.url}
    assert (await http.post("campaigns/mixing/start", json={}, headers=own)).status_code == 200
    address = lab.url.replace("http", "ws") + "/api/v1/stream"
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(address, origin=websockets.Origin("http://evil.example"))
    assert refused.value.response.status_code == 403


async def test_a_body_without_end_is_refused(http: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    assert (await http.post("campaigns", content=b"x" * 1_000_001)).status_code == 413
    assert (await http.post("campaigns", content=endless())).status_code == 413


async def test_health(lab: Served) -> None:
    async with httpx.AsyncClient(base_url=lab.url) as http:
        assert (await http.get("/healthz")).json() == {"alive": True}
        await until(lab, lambda state: state.linked)
        assert (await http.get("/readyz")).json() == {"ready": True}


async def test_the_page_and_its_files(lab: Served) -> None:
    async with httpx.AsyncClient(base_url=lab.url) as http:
        for path in ("/", "/campaigns/mixing"):
            page = await http.get(path)
            assert page.headers["content-type"].startswith("text/html")
            assert "default-src 'self'" in page.headers["content-security-policy"]
        script = await http.get("/static/plotly.min.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert "max-age" in script.headers["cache-control"]
        assert (await http.get("/static/../web/api.py")).status_code == 404


async def test_the_server_ends_at_once_although_pages_are_open(lab: Served, http: httpx.AsyncClient) -> None:
    address = lab.url.replace("http", "ws") + "/api/v1/stream"
    async with websockets.connect(address) as page, http.stream("GET", "events"):
        await page.recv()
        async with asyncio.timeout(1):
            lab.serving.cancel()
            await asyncio.wait({lab.serving})


async def test_a_taken_port_is_said(lab: Served) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        app = create_app(
            lab.lab, lab.journal, lab.ids, figures=FIGURES, draw_schedule=gantt, release="0", find_data=nowhere
        )
        with pytest.raises(Unavailable, match=f"port {port}"):
            await serve(app, "127.0.0.1", port, asyncio.get_running_loop().create_future())
