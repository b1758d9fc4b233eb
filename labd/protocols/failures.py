"""What follows a failure: the steps that stand in for others, and those that are done before another attempt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from labd.protocols.drafts import Draft, waits
from labd.protocols.findings import Findings, Place, instead


@dataclass(frozen=True, slots=True)
class _Claim:
    """A step names another for when it fails."""

    key: str
    """`otherwise` or `recover`."""
    owner: Draft
    named: str
    place: Place


def with_failures(drafts: Sequence[Draft], findings: Findings) -> list[Draft]:
    """The steps, of which those that `otherwise` and `recover` name know what they are for."""
    by_name = {each.name: each for each in drafts}
    claimed: dict[str, _Claim] = {}
    for claim in (claim for each in drafts for claim in _claims(each)):
        if _is_sound(claim, by_name, claimed, findings):
            claimed[claim.named] = claim
    for circle in list(_circles(claimed)):
        message = f"{' → '.join([*circle, circle[0]])}: each would be done when the other fails."
        findings.error(claimed[circle[0]].place, message, "Take one of them out.")
        claimed = {named: claim for named, claim in claimed.items() if named not in circle}
    _check_waits(drafts, claimed, findings)
    return [_claimed(each, claimed) for each in drafts]


def _claims(draft: Draft) -> Iterator[_Claim]:
    step = draft.written
    if step.otherwise is not None:
        yield _Claim("otherwise", draft, draft.prefix + step.otherwise, step.at("otherwise"))
    for place, named in enumerate(step.recover):
        yield _Claim("recover", draft, draft.prefix + named, step.at("recover", place))


def _is_sound(claim: _Claim, drafts: Mapping[str, Draft], claimed: Mapping[str, _Claim], findings: Findings) -> bool:
    named, owner = drafts.get(claim.named), claim.owner
    shown = claim.named.removeprefix(owner.prefix)
    if named is None:
        _unknown(claim, shown, findings)
        return False
    if named is owner:
        findings.error(claim.place, f"{owner.shown} cannot help itself.", "Name another step.")
    elif named.phase != owner.phase:
        message = f"{shown} is in another phase than {owner.shown}."
        findings.error(claim.place, message, "Move one of them, so that both are in the same.")
    elif named.written.per is not None and named.per != owner.per:
        message = f"{shown} is done per {named.per}, and {owner.shown} per {owner.per}."
        findings.error(named.written.at("per"), message, f"Write `per: {owner.per}`, or take it out.")
    elif claim.named in claimed:
        message = f"{shown} is for the failures of {claimed[claim.named].owner.shown} already."
        findings.error(claim.place, message, f"Write a step of its own for {owner.shown}.")
    else:
        return True
    return False


def _unknown(claim: _Claim, shown: str, findings: Findings) -> None:
    siblings = claim.owner.siblings
    step = siblings.get(shown)
    if step is not None and step.use is not None:
        findings.error(claim.place, f"{shown} is a template's steps, and no single one.", "Name a single step.")
    elif step is None and shown not in claim.owner.named:
        findings.error(claim.place, f"There is no step {shown}.", instead(shown, claim.owner.named))


def _circles(claimed: Mapping[str, _Claim]) -> Iterator[list[str]]:
    """Steps that are for one another's failures, each circle once."""
    told: set[str] = set()
    for start in claimed:
        way = [start]
        while (owner := claimed.get(way[-1])) is not None and owner.owner.name not in way:
            way.append(owner.owner.name)
        if owner is not None and owner.owner.name == start and not told & set(way):
            told |= set(way)
            yield list(reversed(way))


def _check_waits(drafts: Sequence[Draft], claimed: Mapping[str, _Claim], findings: Findings) -> None:
    for draft in drafts:
        mine = claimed.get(draft.name)
        for other, _, place in waits(draft.written):
            exact = draft.prefix + other
            theirs = claimed.get(exact)
            if mine is not None and mine.key == "otherwise" and exact == mine.owner.name:
                message = f"{draft.shown} stands in for {other}, which is not settled before it."
                findings.error(place, message, "Take it out: that goes without saying.")
            elif theirs is not None and theirs.key == "recover" and (mine is None or mine.owner != theirs.owner):
                message = f"{other} is only done when {theirs.owner.shown} fails: nothing can wait for it."
                findings.error(place, message, f"Write {theirs.owner.name.removeprefix(draft.prefix)}.")


def _claimed(draft: Draft, claimed: Mapping[str, _Claim]) -> Draft:
    claim = claimed.get(draft.name)
    if claim is None:
        return draft
    draft = replace(draft, understood=claim.owner.conditions)
    if claim.key == "recover":
        return replace(draft, recovers=claim.owner.name, helps=claim.owner.per)
    first = claim
    while (further := claimed.get(first.owner.name)) is not None and further.owner.name != draft.name:
        first = further
    return replace(draft, instead_of=claim.owner.name, alias=first.owner.called, helps=first.owner.per)
