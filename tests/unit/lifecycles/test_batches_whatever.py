"""Whatever fails on whatever plates: each trial ends once, each well is used once, controls stand where they should."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from labd.domain import events as e
from labd.domain.capability import Json
from labd.domain.command import Failed, FailureKind, Order, Outcome, Succeeded, Unknown
from labd.domain.protocol import Analysis
from labd.domain.samples import Control
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.trial import CLOSED
from tests.plates import WELLS, fill, heat, plates, read, scan
from tests.unit.lifecycles.plate_room import PlateRoom

FATES = st.sampled_from(["succeeded"] * 12 + ["failed", "unknown", "impossible", "no number", "part", "given up"])
BY_WELL = Analysis(function="value", inputs={"measurements": "scan.signals"}, outcomes={"signal": "value"})


class World:
    """Plays a fate for each order, and a person who settles what nobody knows."""

    def __init__(self, fates: list[str]) -> None:
        self.fates = iter(fates)

    def act(self, room: PlateRoom, order: Order) -> Outcome | None:
        match next(self.fates, "succeeded"):
            case "failed":
                return Failed(failure=FailureKind.DEFINED, message="stalled")
            case "unknown":
                return Unknown(message="died in the middle")
            case "impossible" if order.capability == "read":
                return Succeeded(result={"signal": 700.0})
            case "no number" if order.capability == "scan":
                return Succeeded(result={"signals": {**signals(room, order), "A1": "OVRFLW"}})
            case "part" if order.capability == "scan":
                return Succeeded(result={"signals": dict(list(signals(room, order).items())[::2])})
            case "given up":
                pending = [each.id for each in room.state.trials.values() if each.status not in CLOSED]
                room.take(e.TrialAbandoned, trial=pending[len(pending) // 2], reason="rejected")
        return None

    def settle(self, room: PlateRoom) -> None:
        for key in [key for key, each in room.state.commands.items() if each.status == "unknown"]:
            room.take(e.CommandResolved, command=key, resolution="discard", by="ada", reason="nobody knows")


def signals(room: PlateRoom, order: Order) -> dict[str, Json]:
    found = room.result(order)["signals"]
    assert isinstance(found, dict)
    return found


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_fails(data: st.DataObject) -> None:
    scanned, replicates = data.draw(st.booleans()), data.draw(st.integers(1, 3))
    blanks = data.draw(st.integers(0, 2))
    of_blanks = {"kind": "blank", "parameters": {"volume": 0.0}, "count": max(blanks, 1), "wells": WELLS[:blanks]}
    room = PlateRoom(
        plates(
            WELLS[:8],
            trials=data.draw(st.integers(1, 12)),
            parallel=data.draw(st.integers(1, 2)),
            replicates=replicates,
            controls=[Control.model_validate({"name": "blank", **of_blanks})] if blanks else [],
            steps=(fill, heat, scan if scanned else read),
            function=BY_WELL if scanned else None,
            runs=data.draw(st.integers(1, 2)),
            retries=data.draw(st.integers(0, 1)),
        )
    )
    world = World(data.draw(st.lists(FATES, max_size=150)))
    for _ in range(60):
        if room.plates.request is not None:
            room.propose(temperatures=(37.0, 42.0))
        room.work(world.act)
        world.settle(room)
        while room.unanswered():
            check_analysis(room, room.analysed())
        if room.plates.status is CampaignStatus.PAUSED:
            room.take(e.CampaignResumed, campaign="C")
        if room.plates.status is CampaignStatus.FINISHED:
            break
    check_plates(room, blanks, replicates)
    assert room.plates.status is CampaignStatus.FINISHED
    assert set(room.statuses()) <= {"observed", "failed", "abandoned"}
    assert not room.state.runs, "a run that is over is forgotten"
    assert not room.state.commands
    assert room.replayed() == room.state


def check_analysis(room: PlateRoom, made: e.RunAnalysed) -> None:
    """Each trial of the run ended in exactly one way, or goes into another run."""
    (started,) = [each for each in room.started() if each.run == made.run]
    assert not made.by_trial.keys() & made.failed.keys()
    for key in {each.trial for each in started.samples if each.trial}:
        trial = room.state.trials[key]
        goes_on = trial.status == "pending" and (trial.in_runs[-1] != made.run or trial in waiting(room))
        assert (trial.status in CLOSED) != goes_on
        assert key not in made.by_trial or trial.status == "observed"
        assert trial.used <= room.plates.protocol.runs_per_trial


def waiting(room: PlateRoom) -> list[object]:
    return list(room.state.waiting_trials("C"))


def check_plates(room: PlateRoom, blanks: int, replicates: int) -> None:
    """No well twice, controls where they were asked for, every replicate of a trial in one run."""
    ended = Counter(each.trial for each in room.events if isinstance(each, e.TrialObserved | e.TrialFailed))
    assert set(ended.values()) <= {1}
    for started in room.started():
        wells = Counter(each.well for each in started.samples)
        assert set(wells.values()) == {1}
        assert {each.well for each in started.samples if each.control} == set(WELLS[:blanks])
        assert set(Counter(each.trial for each in started.samples if each.trial).values()) == {replicates}
        temperatures = {
            room.state.trials[each.trial].suggestion.parameters["temperature"] for each in started.samples if each.trial
        }
        assert len(temperatures) == 1, "a plate has one temperature"
