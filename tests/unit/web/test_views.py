"""The views of states that a quiet laboratory does not show."""

import csv
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from labd.domain import events as e
from labd.domain.command import Succeeded, Unknown
from labd.domain.problem import Measurement, Prediction, Suggestion
from labd.lifecycles import Laboratory, settle
from labd.orchestrator.attendance import Presence
from labd.orchestrator.clocks import Skew
from labd.web import views
from tests.scenery import MORNING, WORKCELL, descriptor, later, protocol

KEY = "01JD3Z0000000000000000000A"


def laboratory(*more: e.Event, awake: bool = True) -> Laboratory:
    """A laboratory with one running campaign of two open trials."""
    first = [
        e.DaemonStarted(at=MORNING, epoch=1, version="1"),
        e.WorkcellLoaded(at=MORNING, workcell=WORKCELL),
        *(each for name in WORKCELL.instruments if awake for each in birth(name)),
        e.CampaignDrafted(at=MORNING, campaign=KEY, name="mixing", protocol=protocol(runs=1)),
        e.CampaignStarted(at=MORNING, campaign=KEY),
        e.SuggestionsMade(
            at=later(1), campaign=KEY, request=1, first=1, suggestions=(suggestion(0.2), suggestion(0.8))
        ),
    ]
    state = Laboratory()
    for event in (*first, *more):
        state = settle(state, event).state
    return state


def birth(name: str) -> tuple[e.Event, e.Event]:
    return (
        e.InstrumentDescribed(at=MORNING, instrument=name, descriptor=descriptor(name)),
        e.InstrumentStateReported(at=MORNING, instrument=name, session="S1", status="idle"),
    )


def suggestion(share: float) -> Suggestion:
    return Suggestion(
        parameters={"share": share}, method="gp", predicted={"signal": Prediction(mean=0.5, deviation=0.1)}
    )


def now(state: Laboratory, at: datetime = MORNING, present: Mapping[str, Presence] | None = None) -> dict[str, Any]:
    here = present or {}
    repeats = {"meter_1": 3}
    view = views.now(state, revision=3, release="1", trouble="", progress={}, present=here, at=at, repeats=repeats)
    json.dumps(view, allow_nan=False)
    return view


def test_before_anything_happened() -> None:
    view = now(Laboratory())
    assert view["laboratory"]["title"] == ""
    assert all(view[each] == [] for each in ("campaigns", "instruments", "steps", "questions", "quarantine"))


def test_why_each_step_waits() -> None:
    asleep = now(laboratory(awake=False))["steps"]
    assert {each["why"] for each in asleep if each["step"] == "mix"} == {
        "no instrument that fills role mixer is online"
    }
    paused = laboratory(e.CampaignPaused(at=later(2), campaign=KEY), awake=False)
    assert "the campaign is paused" in {each["why"] for each in now(paused)["steps"]}


def test_a_question_outlives_the_trial_that_asked_it() -> None:
    command = f"{KEY}.1.1.mix.1"
    lost = e.CommandFinished(
        at=later(5), command=command, instrument="mixer_1", outcome=Unknown(message="power"), content_hash="h"
    )
    state = laboratory(lost, e.CampaignStopped(at=later(9), campaign=KEY))
    question = now(state)["questions"][0]
    assert (question["command"], question["campaign"], question["trial"]) == (command, "mixing", 1)
    assert {each["status"] for each in views.campaign_view(state, state.campaigns[KEY])["trials"]} == {"abandoned"}


def test_a_result_that_is_held_asks_with_what_it_says() -> None:
    held = e.CommandFinished(
        at=later(5),
        command=f"{KEY}.1.1.mix.1",
        instrument="mixer_1",
        outcome=Succeeded(result={"volume": 5000.0, "trace": [1.0]}),
        content_hash="h",
        doubt="above 10 mL",
    )
    view = now(laboratory(held))
    (question,) = view["questions"]
    assert question["asks"] == "Can the result of “mix” on mixer 1 be true?"
    assert (question["status"], question["message"]) == ("implausible", "above 10 mL")
    assert question["held"] == {"volume": 5000.0}, "a trace is too long to be shown"
    assert "implausible" in {each["status"] for each in view["steps"]}


def test_a_limit_and_a_read_back_are_in_the_csv() -> None:
    outcomes = {"signal": Measurement(mean=9.0, censored="above")}
    seen = e.TrialObserved(at=later(3), trial=f"{KEY}.1", outcomes=outcomes, achieved={"share": 0.26})
    state = laboratory(seen)
    rows = list(csv.DictReader(views.trials_csv(state, state.campaigns[KEY]).splitlines(keepends=True)))
    assert (rows[0]["signal"], rows[0]["signal censored"], rows[0]["share read back"]) == ("9.0", "above", "0.26")
    assert (rows[1]["signal censored"], rows[1]["share read back"]) == ("", "")


def test_the_best_may_have_been_told_by_hand() -> None:
    told = e.ObservationAdded(
        at=later(3), campaign=KEY, parameters={"share": 0.5}, outcomes={"signal": Measurement(mean=9.0)}
    )
    state = laboratory(told)
    assert now(state)["campaigns"][0]["best"] == {"trial": None, "value": 9.0, "parameters": {"share": 0.5}}


def test_only_trials_that_changed_are_told_again() -> None:
    before = laboratory()
    state = settle(before, e.TrialFailed(at=later(3), trial=f"{KEY}.2", reason="spilled")).state
    view = views.campaign_view(state, state.campaigns[KEY], after=before.version)
    assert [(each["number"], each["status"], each["note"]) for each in view["trials"]] == [(2, "failed", "spilled")]
    assert view["trials"][0]["predicted"] == {"signal": {"mean": 0.5, "deviation": 0.1}}


def test_a_note_with_commas_and_quotes_survives_the_csv() -> None:
    reason = 'spilled, "again"\nat night'
    state = laboratory(e.TrialFailed(at=later(3), trial=f"{KEY}.2", reason=reason))
    text = views.trials_csv(state, state.campaigns[KEY])
    rows = list(csv.DictReader(text.splitlines(keepends=True)))
    assert rows[1]["note"] == reason
    assert rows[0]["signal standard error"] == ""


def test_the_newest_quarantine_comes_first() -> None:
    arrived = [
        e.MessageQuarantined(at=later(n), topic=f"t/{n}", reason="no JSON", excerpt="{", size_bytes=1)
        for n in range(30)
    ]
    view = now(laboratory(*arrived))
    assert view["laboratory"]["quarantined"] == 30
    assert [each["topic"] for each in view["quarantine"]] == [f"t/{n}" for n in range(29, 9, -1)]


def test_an_instruments_clock_is_shown_and_a_person_told_when_it_is_off() -> None:
    here = {
        "mixer_1": Presence("1.1", MORNING, Skew(7200.04, 0.02)),
        "mixer_2": Presence("1.1", MORNING, Skew(-2.5, 2.0)),
        "meter_1": Presence("1.0", MORNING, None),
    }
    shown = {each["name"]: each for each in now(laboratory(), present=here)["instruments"]}
    assert shown["mixer_1"]["clock"] == {
        "ahead_s": 7200.04, "round_trip_s": 0.02, "uncertainty_s": 0.01,
        "warning": "its clock is 7200 s ahead (± 0.01 s)",
    }  # fmt: skip
    assert shown["mixer_2"]["clock"]["warning"] == "", "it may be right, as far as anybody knows"
    assert (shown["meter_1"]["clock"], shown["meter_1"]["protocol"], shown["meter_1"]["heard"]) == (
        None,
        "1.0",
        MORNING.isoformat(),
    )
