"""The published document of the wire says what the code does."""

import json

import pytest
from jsonschema import Draft202012Validator

from labd.domain.errors import InvalidInput
from labd.domain.value import Value
from labd.wire.asyncapi import LEAVES, Leaf, asyncapi, meanings, models
from labd.wire.decoding import TO_ALL_BODIES, TO_DRIVER_LEAVES, ToDriver, from_driver
from labd.wire.messages import Report
from labd.wire.topics import FROM_DRIVER, ROOT, TO_ALL, TO_DRIVER, parse, topic

DOCUMENT = asyncapi()
SAID = [(leaf, example) for leaf in LEAVES for _, example in leaf.examples]
NAMED = [f"{leaf.channel}-{name}" for leaf in LEAVES for name, _ in leaf.examples]


def problems(model: type[Value], payload: object) -> list[str]:
    """What the published schema has against a payload."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": DOCUMENT["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(payload)]


def test_every_leaf_that_is_spoken_or_heard_is_a_channel() -> None:
    assert set(DOCUMENT["channels"]) == {*FROM_DRIVER, *TO_DRIVER, *TO_ALL, "telemetry", "chunk"}
    sent = {name: operation["action"] for name, operation in DOCUMENT["operations"].items()}
    assert sent["driverSendsReport"] == "send"
    assert sent["daemonReceivesReport"] == "receive"
    assert sent["daemonSendsCommand"] == "send"
    assert sent["driverReceivesCommand"] == "receive"
    assert sent["daemonReceivesTelemetry"] == "receive"


@pytest.mark.parametrize(("leaf", "example"), SAID, ids=NAMED)
def test_an_example_is_a_message(leaf: Leaf, example: Value) -> None:
    wire = example.model_dump_json()
    assert leaf.body.model_validate_json(wire) == example
    assert problems(leaf.body, json.loads(wire)) == []
    if leaf.channel in FROM_DRIVER:
        assert from_driver(topic("room", "pump", leaf.name), wire.encode()) == ("pump", example)
    elif isinstance(example, ToDriver):
        assert TO_DRIVER_LEAVES[type(example)] == leaf.name
    elif leaf.to_all:
        assert TO_ALL_BODIES[leaf.name] is type(example)
        assert leaf.address == f"{ROOT}/{{workcell}}/{leaf.name}"


def test_the_published_examples_are_those() -> None:
    published = [each for m in DOCUMENT["components"]["messages"].values() for each in m.get("examples", [])]
    assert [each["payload"] for each in published] == [example.model_dump(mode="json") for _, example in SAID]


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.channel)
def test_the_schema_refuses_what_the_model_refuses(leaf: Leaf) -> None:
    whole = leaf.examples[0][1].model_dump(mode="json")
    assert problems(leaf.body, {**whole, "mood": "grumpy"})
    required = next(name for name, field in leaf.body.model_fields.items() if field.is_required())
    assert problems(leaf.body, {name: each for name, each in whole.items() if name != required})


def test_every_reference_leads_somewhere() -> None:
    def references(part: object) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [each for inner in part.values() for each in references(inner)]
        return [each for inner in part for each in references(inner)] if isinstance(part, list) else []

    found = references(DOCUMENT)
    assert len(found) > len(LEAVES)
    for reference in found:
        place = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_what_is_not_plain_by_its_name_has_a_meaning() -> None:
    plain = {"kind", "message", "name", "description", "make", "model", "serial", "driver_version"}
    silent = {f"{m.__name__}.{field}" for m in models() for field in m.model_fields if field not in meanings(m)}
    assert {each for each in silent if each.split(".")[1] not in plain} == set()


# --- versions


def test_another_version_is_another_tree() -> None:
    with pytest.raises(InvalidInput, match=f"pump speaks labd/2 and this daemon {ROOT}"):
        parse("labd/2/room/pump/state")
    with pytest.raises(InvalidInput, match=f"pump speaks labd/2 and this daemon {ROOT}"):
        from_driver("labd/2/room/pump/report", b"{}")
    addresses = {channel["address"] for channel in DOCUMENT["channels"].values()}
    assert all(address.startswith(f"{ROOT}/") for address in addresses)


def test_a_key_of_a_later_release_makes_a_report_invalid() -> None:
    (_, outcome) = next(leaf for leaf in LEAVES if leaf.body is Report).examples[-1]
    later = {**outcome.model_dump(mode="json"), "well": "A1"}
    with pytest.raises(InvalidInput, match="well: Extra inputs are not permitted"):
        from_driver(topic("room", "pump", "report"), json.dumps(later).encode())
