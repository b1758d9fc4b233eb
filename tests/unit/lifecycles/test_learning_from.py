"""What is learnt from earlier campaigns is settled at the start, and goes to whoever is asked."""

from labd.domain import edits
from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.problem import Continuous, Earlier, Measurement, Observation, PlannerSettings, Problem, Suggestion
from tests.scenery import PROBLEM, protocol
from tests.unit.lifecycles.room import Room

SPRING = Earlier(
    name="spring",
    observations=(Observation(trial="X.1", parameters={"share": 0.5}, outcomes={"signal": Measurement(mean=2)}),),
)


def asked(room: Room) -> f.RequestSuggestions:
    return [each for each in room.effects if isinstance(each, f.RequestSuggestions)][-1]


def test_it_is_part_of_every_question_and_of_no_protocol() -> None:
    room = Room()
    room.furnished()
    room.take(e.CampaignDrafted, campaign="C", name="mixing", protocol=protocol())
    before = room.mixing.protocol.content_hash
    room.take(e.CampaignStarted, campaign="C", earlier=(SPRING,))
    assert asked(room).problem.earlier == (SPRING,)
    room.suggest()
    room.observe("C.1.1")
    assert asked(room).problem.earlier == (SPRING,)
    room.take(e.CampaignPaused, campaign="C", by="ann")
    room.take(e.CampaignResumed, campaign="C", by="ann")
    assert room.mixing.earlier == (SPRING,)
    assert room.mixing.protocol.content_hash == before
    assert room.replayed() == room.state


def damp(ahead: int = 0) -> Problem:
    parameter = Continuous(name="damp", low=0, high=100, context=True)
    settings = PlannerSettings(ahead=ahead)
    changes = {"parameters": (*PROBLEM.parameters, parameter), "context": {"damp": 40.0}, "settings": settings}
    return PROBLEM.model_copy(update=changes)


def test_what_is_given_is_another_from_the_next_question_on() -> None:
    problem = damp()
    room = Room()
    room.furnished()
    room.campaign(protocol().model_copy(update={"problem": problem}))
    assert asked(room).problem.context == {"damp": 40.0}
    room.take(
        edits.CampaignEdited, campaign="C", by="ann", problem=problem.model_copy(update={"context": {"damp": 55.0}})
    )
    assert asked(room).problem.context == {"damp": 55.0}, "what was not answered yet is asked anew"


def test_what_was_made_ready_for_what_was_given_before_is_made_anew() -> None:
    """But a person's point is tried in what is given now, and what has begun goes on."""
    room = Room()
    room.furnished()
    room.campaign(protocol().model_copy(update={"problem": damp(ahead=2)}))
    methods = ((0.2, "gp-logei"), (0.4, "gp-logei"), (0.6, "person"))
    made = tuple(Suggestion(parameters={"share": share, "damp": 40.0}, method=by) for share, by in methods)
    room.take(e.SuggestionsMade, campaign="C", request=asked(room).request, first=1, suggestions=made)
    edited = damp(ahead=2).model_copy(update={"context": {"damp": 55.0}})
    room.take(edits.CampaignEdited, campaign="C", by="ann", problem=edited)
    assert (room.trial(1).status, room.trial(1).suggestion) == ("pending", made[0]), "it has begun"
    (given_up,) = room.happened(edits.TrialRejected)
    assert (given_up.trial, given_up.by) == ("C.2", "labd")
    assert given_up.reason == "proposed for what was given before: damp was 40.0 and is 55.0"
    assert room.trial(3).suggestion.parameters == {"share": 0.6, "damp": 55.0}
    assert (asked(room).count, asked(room).problem.context) == (1, {"damp": 55.0})
    assert room.replayed() == room.state
