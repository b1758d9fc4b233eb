"""A snapshot is believed by the release that made it, and by no other."""

from labd.domain import events as e
from labd.domain.command import Unknown
from labd.lifecycles import Laboratory
from labd.orchestrator.snapshot import dumped, restored
from tests.unit.lifecycles.room import Room


def busy_room() -> Laboratory:
    room = Room()
    room.furnished()
    room.campaign()
    room.suggest()
    room.observe("C.1.1")
    room.finish("C.2.1.mix.1", Unknown(message="died"))
    room.take(e.MessageQuarantined, topic="somewhere", reason="rubbish \N{SNOWMAN}\n")
    return room.state


def test_it_comes_back_as_it_was() -> None:
    state = busy_room()
    assert restored(dumped(state, "1.0"), "1.0") == state


def test_another_release_folds_anew() -> None:
    assert restored(dumped(busy_room(), "1.0"), "1.1") is None


def test_another_shape_is_folded_anew() -> None:
    text = dumped(busy_room(), "1.0")
    mark, _, state = text.partition("\n")
    assert restored(state, "1.0") is None
    assert restored(f"{mark}\n{{}} and more", "1.0") is None
