"""Each way in which four accounts can fail to tell one story is found, by its name."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos.accounts import Books, Line, Row, compared

A, B = "C.1.1.dose.1", "C.1.1.mix.1"
RETRY = "C.1.1.dose.2"


def issued(command: str) -> dict[str, Any]:
    return {"kind": "command_issued", "order": {"command": command}}


def finished(command: str, kind: str = "succeeded", value: float = 1.0) -> dict[str, Any]:
    outcome: dict[str, Any] = {"kind": kind} | ({"result": {"value": value}} if kind == "succeeded" else {})
    return {"kind": "command_finished", "command": command, "outcome": outcome, "content_hash": f"of {command}"}


def resolved(command: str, resolution: str) -> dict[str, Any]:
    return {"kind": "command_resolved", "command": command, "resolution": resolution}


def did(command: str, action: str = "dose", value: float = 1.0) -> list[Line]:
    return [Line("begun", command, action), Line("done", command, action, value)]


def good() -> Books:
    """Two commands, each done once; their trial was observed."""
    return Books(
        physical=[*did(A), *did(B, "mix")],
        ledgers={A: f"of {A}", B: f"of {B}"},
        events=[issued(A), issued(B), finished(A), finished(B), {"kind": "trial_observed", "trial": "C.1"}],
        commands={A: Row("succeeded", f"of {A}"), B: Row("succeeded", f"of {B}")},
        observed={"C.1": "observed"},
    )


def in_doubt(resolution: str, standing: str, *, done: bool) -> Books:
    """The driver died in the middle of A, and a person said what became of it."""
    books = good()
    lines = did(A) if done else [Line("begun", A, "dose")]
    return books._replace(
        physical=[*lines, *did(B, "mix")],
        events=[
            *(each for each in books.events if each != finished(A)),
            finished(A, "unknown"),
            resolved(A, resolution),
        ],
        commands={**books.commands, A: Row(standing, f"of {A}")},
    )


def test_four_accounts_of_one_story_agree() -> None:
    verdict = compared(good())
    assert verdict.clean
    assert (verdict.commands, verdict.results, verdict.unknowns, verdict.repeated) == (2, 2, 0, 0)


@pytest.mark.parametrize(
    "books",
    [
        in_doubt("done", "succeeded", done=True),
        in_doubt("discard", "failed", done=True),
        in_doubt("not_done", "failed", done=False),
    ],
    ids=["done", "discard", "not done"],
)
def test_a_question_that_a_person_answered_is_no_disagreement(books: Books) -> None:
    verdict = compared(books)
    assert verdict.clean
    assert verdict.unknowns == 1
    assert sum(verdict.resolved.values()) == 1


def held(resolution: str, standing: str) -> Books:
    """The result of A cannot be true, and a person said whether it is."""
    books = good()
    return books._replace(
        events=[*without(books, finished(A)).events, finished(A) | {"doubt": "too early"}, resolved(A, resolution)],
        commands={**books.commands, A: Row(standing, f"of {A}")},
    )


@pytest.mark.parametrize(("resolution", "standing"), [("done", "succeeded"), ("discard", "failed")])
def test_a_result_that_is_held_waits_for_a_person(resolution: str, standing: str) -> None:
    verdict = compared(held(resolution, standing))
    assert verdict.clean
    assert verdict.implausible == 1
    asked_nobody = without(held(resolution, standing), resolved(A, resolution))
    assert compared(asked_nobody).disagreements


def test_what_a_driver_knows_after_all_is_no_second_outcome() -> None:
    books = good()
    assert compared(books._replace(events=[*books.events[:2], finished(A, "unknown"), *books.events[2:]])).clean


def test_what_is_harmless_may_be_begun_again_and_is_counted() -> None:
    verdict = compared(good()._replace(physical=[*did(A), Line("begun", B, "mix"), *did(B, "mix")]))
    assert verdict.clean
    assert verdict.repeated == 1


def without(books: Books, event: dict[str, Any]) -> Books:
    return books._replace(events=[each for each in books.events if each != event])


LOST: dict[str, Callable[[Books], Books]] = {
    "a ledger's outcome is not in the journal": lambda it: without(it, finished(A)),
    "what was done is recorded as failed": lambda it: without(it, finished(A))._replace(
        events=[*without(it, finished(A)).events, finished(A, "failed")]
    ),
    "the projection has no such command": lambda it: it._replace(commands={B: it.commands[B]}),
    "the projection has another outcome": lambda it: it._replace(
        commands={**it.commands, A: Row("succeeded", "another")}
    ),
    "the projection has not seen the observation": lambda it: it._replace(observed={"C.1": "pending"}),
}
TWICE: dict[str, Callable[[Books], Books]] = {
    "begun twice": lambda it: it._replace(physical=[Line("begun", A, "dose"), *it.physical]),
    "the same step again, under another id": lambda it: it._replace(
        physical=[*it.physical, *did(RETRY)],
        ledgers={**it.ledgers, RETRY: f"of {RETRY}"},
        events=[*it.events, issued(RETRY), finished(RETRY)],
        commands={**it.commands, RETRY: Row("succeeded", f"of {RETRY}")},
    ),
}
WRONGLY_DONE: dict[str, Callable[[Books], Books]] = {
    "it never came to its end": lambda it: it._replace(physical=[it.physical[0], *it.physical[2:]]),
    "another value": lambda it: it._replace(physical=[*did(A, value=2.0), *did(B, "mix")]),
    "a person said so": lambda _: in_doubt("done", "succeeded", done=False),
}
DISAGREEMENTS: dict[str, Callable[[Books], Books]] = {
    "moved without an order": lambda it: it._replace(physical=[*it.physical, Line("begun", "C.9.1.dose.1", "dose")]),
    "moved, and not in the ledger": lambda it: it._replace(ledgers={B: it.ledgers[B]}),
    "moved, and refused": lambda it: without(it, finished(A))._replace(
        events=[*without(it, finished(A)).events, finished(A, "refused")]
    ),
    "two outcomes": lambda it: it._replace(events=[*it.events, finished(A)]),
    "the driver recorded another": lambda it: it._replace(ledgers={**it.ledgers, A: "another"}),
    "an order was forgotten": lambda it: it._replace(events=[*it.events, issued(RETRY)]),
    "nobody was asked": lambda _: without(in_doubt("done", "failed", done=True), resolved(A, "done")),
    "the projection stands elsewhere": lambda it: it._replace(commands={**it.commands, A: Row("failed", f"of {A}")}),
}


@pytest.mark.parametrize("what", LOST)
def test_what_is_lost_is_found(what: str) -> None:
    assert compared(LOST[what](good())).lost


@pytest.mark.parametrize("what", TWICE)
def test_what_is_done_twice_is_found(what: str) -> None:
    assert compared(TWICE[what](good())).twice


@pytest.mark.parametrize("what", WRONGLY_DONE)
def test_what_is_wrongly_done_is_found(what: str) -> None:
    assert compared(WRONGLY_DONE[what](good())).wrongly_done


@pytest.mark.parametrize("what", DISAGREEMENTS)
def test_whatever_else_does_not_fit_is_found(what: str) -> None:
    assert compared(DISAGREEMENTS[what](good())).disagreements
