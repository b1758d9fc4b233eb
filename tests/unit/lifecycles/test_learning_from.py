"""What is learnt from earlier campaigns is settled at the start, and goes to whoever is asked."""

from labd.domain import edits
from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.problem import Continuous, Earlier, Measurement, Observation
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


def test_what_is_given_is_another_from_the_next_question_on() -> None:
    damp = Continuous(name="damp", low=0, high=100, context=True)
    problem = PROBLEM.model_copy(update={"parameters": (*PROBLEM.parameters, damp), "context": {"damp": 40.0}})
    room = Room()
    room.furnished()
    room.campaign(protocol().model_copy(update={"problem": problem}))
    assert asked(room).problem.context == {"damp": 40.0}
    room.take(
        edits.CampaignEdited, campaign="C", by="ann", problem=problem.model_copy(update={"context": {"damp": 55.0}})
    )
    assert asked(room).problem.context == {"damp": 55.0}, "what was not answered yet is asked anew"
