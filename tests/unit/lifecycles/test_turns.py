"""Whose turn it is: shares are kept, whoever is silent, and who fails stops nobody."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labd.domain import edits
from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.problem import PlannerSettings, Share, Suggestion
from labd.domain.protocol import Protocol
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.turns import BOUND, PATIENCE, REST, Standing, Standings, answered, credited, failed, turn
from tests.scenery import MORNING, protocol
from tests.unit.lifecycles.room import Room

PLANNER = Share(name="planner", kind="planner", share=3)
SOBOL = Share(name="sobol", kind="sobol", share=1)
ANN = Share(name="ann", kind="person", share=4)
ORACLE = Share(name="oracle", kind="service", share=2, url="http://127.0.0.1:1/propose")


def played(among: list[Share], trials: int, standings: Standings | None = None) -> list[str]:
    """Who proposes, if everybody who is asked answers at once."""
    names: list[str] = []
    now = standings or {}
    while len(names) < trials:
        whose = turn(among, now, 1, MORNING)
        assert whose is not None
        names.append(whose[0].name)
        now = credited(among, answered(now, names[-1]), names[-1:])
    return names


def test_shares_are_kept_and_mixed() -> None:
    assert played([PLANNER, SOBOL], 8) == ["planner", "planner", "sobol", "planner"] * 2


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=5), st.integers(1, 60))
def test_nobody_is_ever_far_from_their_share(parts: list[float], trials: int) -> None:
    among = [Share(name=f"p{i}", kind="random", share=each) for i, each in enumerate(parts)]
    counts = Counter(played(among, trials))
    for each in among:
        due = trials * each.share / sum(parts)
        assert abs(counts[each.name] - due) < len(parts)


def test_a_silent_person_keeps_nobody_waiting_and_is_remembered_up_to_a_bound() -> None:
    among = [PLANNER, SOBOL, ANN]
    names = played(among, 100)
    assert abs(Counter(names)["planner"] - 75) <= 1
    assert "ann" not in names
    now: Standings = {}
    for name in names:
        now = credited(among, now, [name])
    assert now["ann"].credit == BOUND
    assert all(abs(each.credit) <= BOUND for each in now.values())


def test_who_proposes_without_a_share_takes_nothing_from_anybody() -> None:
    assert credited([PLANNER], {}, ["bob"]) == {"planner": Standing()}


def test_several_in_a_row_are_asked_for_at_once() -> None:
    assert turn([PLANNER, SOBOL], {}, 8, MORNING) == (PLANNER, 2)
    assert turn([PLANNER], {}, 8, MORNING) == (PLANNER, 8)


def test_who_fails_passes_the_turn_and_rests_after_some_failures() -> None:
    among = [ORACLE, SOBOL]
    now: Standings = {}
    for _ in range(PATIENCE):
        now = failed(now, "oracle", "it burns", MORNING)
        assert turn(among, now, 1, MORNING) == (SOBOL, 1)
        now = credited(among, answered(now, "sobol"), ["sobol"])
    assert now["oracle"].rests_until == MORNING + REST
    assert turn(among, now, 1, MORNING) == (SOBOL, 1)
    assert turn(among, now, 9, MORNING + REST) == (ORACLE, 7), "what is due to it was remembered"
    again = failed(now, "oracle", "it burns", MORNING + REST)
    assert again["oracle"].rests_until == MORNING + REST + 2 * REST
    assert answered(again, "oracle")["oracle"].failures == 0


# --- in a campaign


def shared(*shares: Share, parallel: int = 1, trials: int = 9) -> Protocol:
    made = protocol(parallel=parallel, runs=1, trials=trials)
    settings = PlannerSettings(parallel=parallel, proposers=shares)
    return made.model_copy(update={"problem": made.problem.model_copy(update={"settings": settings})})


def running(made: Protocol) -> Room:
    room = Room()
    room.furnished()
    room.campaign(made)
    return room


def asked(room: Room) -> f.RequestSuggestions:
    return [each for each in room.effects if isinstance(each, f.RequestSuggestions)][-1]


def answer(room: Room) -> None:
    """Whose turn it is answers."""
    request = asked(room)
    first = room.mixing.trials + 1
    made = tuple(
        Suggestion(parameters={"share": (first + i) / 100}, method="sobol", proposer=request.share.name)
        for i in range(request.count)
    )
    room.take(e.SuggestionsMade, campaign="C", request=request.request, first=first, suggestions=made)


def fail(room: Room, why: str = "it burns") -> None:
    room.take(
        e.PlanningFailed,
        campaign="C",
        request=asked(room).request,
        message=why,
        proposer=asked(room).share.name,
    )


def test_each_is_asked_in_its_turn_as_the_strategy_that_it_is() -> None:
    room = running(shared(PLANNER, SOBOL))
    names = []
    for number in range(1, 5):
        names.append((asked(room).share.name, asked(room).problem.settings.strategy))
        answer(room)
        room.observe(f"C.{number}.1")
    assert names == [("planner", None), ("planner", None), ("sobol", "sobol"), ("planner", None)]
    assert [each.proposer for each in room.happened(e.SuggestionsRequested)][:4] == [name for name, _ in names]
    assert room.replayed() == room.state


def test_the_rest_of_the_room_is_the_next_proposers() -> None:
    room = running(shared(PLANNER, SOBOL, parallel=4))
    assert (asked(room).share.name, asked(room).count) == ("planner", 2)
    answer(room)
    assert (asked(room).share.name, asked(room).count) == ("sobol", 1)
    assert len(asked(room).pending) == 2, "it knows what is under way"
    answer(room)
    answer(room)
    assert [room.trial(n).suggestion.proposer for n in range(1, 5)] == ["planner", "planner", "sobol", "planner"]
    assert room.mixing.request is None


def test_who_cannot_answer_stops_nobody() -> None:
    room = running(shared(ORACLE, SOBOL))
    assert asked(room).share == ORACLE
    fail(room)
    assert room.status() == CampaignStatus.RUNNING
    assert asked(room).share == SOBOL
    answer(room)
    room.observe("C.1.1")
    assert asked(room).share == ORACLE, "it is asked again"
    assert [each.message for each in room.happened(e.PlanningFailed)] == ["it burns"]
    assert room.replayed() == room.state


def test_where_nobody_can_answer_a_person_is_asked() -> None:
    room = running(shared(ORACLE, SOBOL))
    fail(room)
    fail(room, "it drowns")
    assert room.status() == CampaignStatus.PAUSED
    assert room.mixing.note == "Nobody can propose: oracle: it burns; sobol: it drowns"
    room.take(e.CampaignResumed, campaign="C", by="ann")
    assert asked(room).share == ORACLE


def test_who_no_longer_proposes_is_not_named() -> None:
    room = running(shared(ORACLE, SOBOL))
    fail(room)
    settings = PlannerSettings(parallel=1, proposers=(SOBOL, PLANNER))
    problem = room.mixing.protocol.problem.model_copy(update={"settings": settings})
    room.take(edits.CampaignEdited, campaign="C", by="ann", problem=problem)
    fail(room, "it drowns")
    fail(room, "no torch")
    assert room.mixing.note in {
        "Nobody can propose: sobol: it drowns; planner: no torch",
        "Nobody can propose: sobol: no torch; planner: it drowns",
    }


def test_the_planner_alone_is_not_given_up_so_soon() -> None:
    room = running(protocol(runs=1))
    fail(room, "no torch")
    assert (room.status(), room.mixing.note) == (CampaignStatus.PAUSED, "The planner could not answer: no torch")


def test_a_persons_trials_count_as_theirs() -> None:
    room = running(shared(PLANNER, ANN))
    answer(room)
    before = room.mixing.standings["ann"].credit
    mine = Suggestion(parameters={"share": 0.5}, method="person", proposer="ann")
    room.take(e.SuggestionsMade, campaign="C", first=2, suggestions=(mine,))
    assert room.mixing.standings["ann"].credit == pytest.approx(before - 3 / 7)


def test_a_rest_that_is_over_and_an_edit() -> None:
    room = running(shared(ORACLE, SOBOL))
    for number in range(1, PATIENCE + 1):
        fail(room)
        answer(room)
        room.observe(f"C.{number}.1")
    assert asked(room).share == SOBOL
    answer(room)
    room.now += REST + timedelta(seconds=1)
    room.furnished()
    room.observe("C.4.1")
    assert asked(room).share == ORACLE
    settings = PlannerSettings(parallel=1)
    problem = room.mixing.protocol.problem.model_copy(update={"settings": settings})
    room.take(edits.CampaignEdited, campaign="C", by="ann", problem=problem)
    assert asked(room).share.name == "planner"
    assert room.replayed() == room.state
