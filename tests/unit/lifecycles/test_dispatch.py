"""Which orders leave, in a laboratory: priorities, fair share, several instruments at once, and why the others wait."""

from labd.domain import events as e
from labd.domain.problem import Suggestion
from labd.domain.protocol import Protocol
from labd.lifecycles.share import HALF_LIFE_S, Share
from labd.lifecycles.why import Waits
from tests.scenery import later, protocol
from tests.unit.lifecycles.room import Room


def room(*campaigns: tuple[str, int, Protocol]) -> Room:
    """Each campaign has two trials, and began before any instrument was there."""
    lab = Room()
    for key, priority, made in campaigns:
        lab.take(e.CampaignDrafted, campaign=key, name=key.lower(), protocol=made, priority=priority)
        lab.take(e.CampaignStarted, campaign=key)
        points = tuple(Suggestion(parameters={"share": n / 10}, method="sobol") for n in range(2))
        lab.take(e.SuggestionsMade, campaign=key, request=1, first=1, suggestions=points)
    lab.furnished()
    return lab


def issued(lab: Room) -> list[str]:
    return [each.order.command for each in lab.happened(e.CommandIssued)]


def test_campaigns_share_and_a_priority_goes_first() -> None:
    assert issued(room(("A", 0, protocol()), ("B", 0, protocol()))) == ["A.1.1.mix.1", "B.1.1.mix.1"]
    assert issued(room(("A", 0, protocol()), ("B", 5, protocol()))) == ["B.1.1.mix.1", "B.2.1.mix.1"]


def test_a_campaign_is_charged_for_what_an_order_took() -> None:
    lab = room(("A", 0, protocol()))
    assert lab.state.campaigns["A"].share.by(lab.now) > 110, "two orders of a minute each"
    lab.tick(1000)
    lab.finish("A.1.1.mix.1")
    lab.finish("A.2.1.mix.1")
    had = lab.state.campaigns["A"].share.by(lab.now)
    assert 1900 < had < 2100, "both took a thousand seconds, and the reading that began is charged for beforehand"
    assert lab.state == lab.replayed()


def test_what_was_used_long_ago_counts_less() -> None:
    share = Share().plus(100.0, later(0))
    assert share.by(later(HALF_LIFE_S)) == 50.0
    assert share.plus(-80.0, later(HALF_LIFE_S)).seconds == 0.0


def test_an_instrument_that_a_step_needs_besides_is_kept_and_given_back() -> None:
    mix, read = protocol().steps
    lab = room(("A", 0, protocol().model_copy(update={"steps": (mix.model_copy(update={"also": ("meter",)}), read)})))
    assert issued(lab) == ["A.1.1.mix.1"], "the second mixer is free, the meter is not"
    meter = lab.state.instruments["meter_1"]
    assert (meter.command, meter.serves) == (None, "A.1.1.mix.1")
    run = lab.state.runs["A.2.1"]
    why = Waits(lab.state, lab.now).why(run, run.steps["mix"])
    assert why.text == "meter_1 is busy with mix of trial 1 of a"
    assert why.until is not None
    assert 50 < (why.until - lab.now).total_seconds() <= 60
    lab.finish("A.1.1.mix.1")
    assert lab.state.instruments["meter_1"].command == "A.1.1.read.1", "the older run goes first"
    lab.finish("A.1.1.read.1")
    assert lab.state.instruments["meter_1"].serves == "A.2.1.mix.1"
    assert lab.state == lab.replayed()


def test_why_a_step_waits_that_others_go_before() -> None:
    lab = room(("A", 0, protocol()), ("B", 5, protocol()))
    run = lab.state.runs["A.2.1"]
    why = Waits(lab.state, lab.now).why(run, run.steps["mix"])
    assert why.text == "mixer_1 and mixer_2 are busy; 1 step goes before it"
    assert Waits(lab.state, lab.now).why(run, run.steps["read"]) == ("waits for mix", None, True)
