"""What the page and the command line see of stock and labware."""

from datetime import timedelta

from labd.domain.command import Failed, FailureKind, Unknown
from labd.domain.events import RunAnalysed
from labd.domain.problem import Measurement
from labd.web.views.matter import in_the_room, labware_history, needs, places_view, stock_view
from tests.unit.lifecycles.plates import PlateRoom, steps, workcell


def test_stock_says_how_long_it_lasts_and_who_waits() -> None:
    room = PlateRoom(workcell(medium=3.0))
    room.begin(steps(takes=2.0))
    room.done("P.1.1.there.1")
    room.done("P.1.1.read.1", signal=1.0)
    (shelf,) = stock_view(room.state, room.now + timedelta(hours=2))
    assert (shelf["available"], shelf["used_per_hour"], shelf["hours_to_empty"]) == (1.0, 1.0, 1.0)
    assert shelf["level"] == "low"
    (asked,) = needs(room.state, [shelf])
    assert (asked["asks"], asked["message"]) == ("Refill medium.", "1 mL left, empty in 1.0 h as it is used now")


def test_a_step_that_waits_for_stock_makes_it_empty() -> None:
    room = PlateRoom(workcell(medium=3.0))
    room.begin(steps(takes=5.0))
    room.done("P.1.1.there.1")
    (shelf,) = stock_view(room.state, room.now)
    assert (shelf["level"], shelf["waiting"]) == ("empty", 1)
    assert needs(room.state, [shelf])[0]["message"] == "3 mL left, 1 step waits for it"


def test_what_is_uncertain_is_to_be_counted() -> None:
    room = PlateRoom(workcell())
    room.begin()
    room.done("P.1.1.there.1")
    room.finish("P.1.1.read.1", Unknown(message="the driver died"))
    (shelf,) = stock_view(room.state, room.now)
    assert (shelf["uncertain"], shelf["lots"][0]["uncertain"]) == (1.0, 1.0)
    assert [each["asks"] for each in needs(room.state, [shelf])] == ["Count medium."]


def test_labware_tells_where_it_is_and_where_it_has_been() -> None:
    room = PlateRoom(workcell())
    room.begin()
    (plate,) = in_the_room(room.state)
    assert (plate["status"], plate["place"], plate["moving_to"], plate["trial"]) == ("moving", "hotel", "nest_1", 1)
    taken = {each["name"]: (each["free"], each["instruments"]) for each in places_view(room.state)}
    assert taken == {"hotel": (1, []), "nest_1": (0, ["reader_1"])}
    for step in ("there", "read", "back"):
        room.done(f"P.1.1.{step}.1", signal=1.0)
    room.take(RunAnalysed, run="P.1.1", outcomes={"signal": Measurement(mean=1.0)})
    assert in_the_room(room.state) == []
    gone = labware_history(room.state, "P.1.1.plate")
    assert (gone["status"], gone["place"]) == ("removed", "")
    assert [each["place"] for each in gone["history"]] == ["hotel", "hotel", "nest_1", "nest_1", "hotel", ""]


def test_a_lost_plate_and_one_that_is_left_behind_are_asked_about() -> None:
    room = PlateRoom(workcell(nests=2), trials=2)
    room.begin()
    room.done("P.1.1.there.1")
    room.finish("P.2.1.there.1", Failed(failure=FailureKind.DEFINED, message="slipped"))
    room.finish("P.1.1.read.1", Failed(failure=FailureKind.VALIDATION, message="no light"))
    asked = {each["about"]: (each["asks"], each["message"]) for each in needs(room.state, [])}
    assert asked["P.1.1.plate"] == ("Take plate away from nest_1.", "trial 1 of plates: its run is over")
    assert asked["P.2.1.plate"][0] == "Where is plate?"
    assert "at hotel, at nest_2, or between" in asked["P.2.1.plate"][1]
