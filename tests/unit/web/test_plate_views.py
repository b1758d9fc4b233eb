"""What the page and the table see of batches: each well, whose it is and how it is."""

import csv

from labd.domain.command import Order, Outcome
from labd.domain.samples import Control
from labd.web import views
from tests.plates import plates
from tests.unit.lifecycles.plate_room import PlateRoom, fails

BLANK = Control(name="blank", kind="blank", parameters={"volume": 0.0}, count=2, wells=("A1", "A2"))


def half_read() -> tuple[PlateRoom, views.View]:
    """A plate whose third well failed, and how it looked with the reader at the fifth."""
    room = PlateRoom(plates(trials=6, controls=(BLANK,)))
    room.propose()
    seen: list[views.View] = []

    def act(room: PlateRoom, order: Order) -> Outcome | None:
        if order.step == "read__5":
            seen.append(views.campaign_view(room.state, room.plates))
        return fails("fill__3")(room, order)

    room.work(act)
    return room, seen[0]


def test_an_open_plate_says_of_each_well_whose_it_is_and_how_it_is() -> None:
    (plate,) = half_read()[1]["plates"]
    assert plate["run"] == "C.1.1"
    assert plate["open"]
    wells = {each["well"]: each for each in plate["wells"]}
    assert [each["control"] for each in plate["wells"]][:3] == ["blank", "blank", ""]
    assert wells["A1"]["trial"] is None
    assert wells["A3"]["status"] == "failed"
    assert wells["A3"]["note"] == "fill__3: the lamp is broken"
    assert [each["status"] for each in plate["wells"]] == ["done", "done", "failed", "done", "active", *["waiting"] * 3]
    assert sorted(each["trial"] for each in plate["wells"] if each["trial"]) == [1, 2, 3, 4, 5, 6]


def test_a_trial_has_its_own_steps_and_those_of_the_plate() -> None:
    row = next(each for each in half_read()[1]["trials"] if each["wells"] == ["A5"])
    assert [each["name"] for each in row["steps"]] == ["fill__5", "heat", "read__5"]
    assert row["run"] == "C.1.1"


def test_the_last_plate_stays_to_be_seen_with_its_outcomes() -> None:
    room, _ = half_read()
    room.analysed()
    (plate,) = views.campaign_view(room.state, room.plates)["plates"]
    assert not plate["open"]
    by_trial = {each["trial"]: each for each in plate["wells"]}
    assert sorted(each["status"] for each in plate["wells"]) == ["failed", *["observed"] * 5]
    for number, well in by_trial.items():
        trial = room.trial(number)
        assert [well["well"]] == list(trial.places)
        assert well["outcome"] == (trial.outcomes["signal"].mean if trial.outcomes else None)


def test_the_table_says_run_and_well() -> None:
    room, _ = half_read()
    room.analysed()
    head, *rows = csv.reader(views.trials_csv(room.state, room.plates).splitlines())
    assert head[-2:] == ["run", "well"]
    assert [row[-1] for row in rows] == [room.trial(number).places[0] for number in range(1, 7)]
    assert {row[-2] for row in rows} == {"C.1.1"}
