"""What a person does for a run: a step that asks for them, a step that they take in hand, a file that they give.

Each function raises a `LabError` that says what to do, or returns once it is on disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from labd.domain.blob import SCHEME, Blob
from labd.domain.capability import Json
from labd.domain.errors import InvalidInput, NotFound, TransitionError
from labd.domain.identifiers import RunId, StepName
from labd.domain.step_events import PersonAnswered, StepChanged
from labd.domain.steps import Prompt
from labd.lifecycles import Laboratory
from labd.lifecycles.run import StepState, StepStatus
from labd.orchestrator.orchestrator import Orchestrator

Change = Literal["skip", "retry", "mark_done", "abort"]


async def upload(orchestrator: Orchestrator, content: bytes, *, media_type: str, name: str = "") -> Blob:
    """Keep a file that a person gives, for an answer to refer to. Raises `InvalidInput` and `Unavailable`."""
    if not content:
        raise InvalidInput("The file is empty.", "Choose another.")
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        blob = Blob(blob=f"{SCHEME}{sha256}", size_bytes=len(content), media_type=media_type, name=name)
    except ValidationError:
        raise InvalidInput(f"A file cannot be called {name[:60]!r}, of the type {media_type[:60]!r}.") from None
    store = orchestrator.store
    if not store.has(sha256):
        here = await store.begun(sha256)  # another who gives the same file does the same
        await store.append(sha256, here, content[here:])
        await store.keep(sha256)
    return blob


async def answer(
    orchestrator: Orchestrator,
    run: RunId,
    step: StepName,
    *,
    option: str = "",
    note: str = "",
    photo: Blob | None = None,
    by: str = "operator",
) -> None:
    """Do what a step asks of a person. Without an option it is the only one that there is. Raises `InvalidInput`,
    `NotFound` and `TransitionError`."""

    def build(state: Laboratory, at: datetime) -> PersonAnswered:
        known = _step(state, run, step)
        prompt = known.plan.prompt
        if prompt is None or known.status is not StepStatus.ACTIVE:
            raise TransitionError(f"{step} of {run} asks nobody.", "`labd status` names what is asked.")
        result = _result(orchestrator, prompt, option, note, photo)
        return PersonAnswered(at=at, by=by, reason=note, run=run, step=step, result=result)

    await orchestrator.submit(build)


def _result(orchestrator: Orchestrator, prompt: Prompt, option: str, note: str, photo: Blob | None) -> dict[str, Json]:
    option = option or (prompt.options[0] if len(prompt.options) == 1 else "")
    if option not in prompt.options:
        raise InvalidInput(f"{option!r} is none of the options.", f"Choose one of: {', '.join(prompt.options)}.")
    if prompt.photo and photo is None:
        raise InvalidInput("A photo is wanted.", "Give one: on the page, or with --photo FILE.")
    result: dict[str, Json] = {"option": option}
    if prompt.note or note:
        result["note"] = note
    if photo is not None:
        if not orchestrator.store.has(photo.sha256):
            raise NotFound(f"There is no data {photo.sha256}.", "Upload the photo first.")
        result["photo"] = photo.model_dump(mode="json")
    return result


async def change(
    orchestrator: Orchestrator,
    run: RunId,
    step: StepName,
    what: Change,
    *,
    result: Mapping[str, Json] | None = None,
    by: str = "operator",
    reason: str,
) -> None:
    """Skip a step, have it done again, say that it is done, or give it up. Raises `InvalidInput`, `NotFound` and
    `TransitionError`."""
    if not reason.strip():
        raise InvalidInput("A step is changed with a reason.", "Say why.")
    if result and what != "mark_done":
        raise InvalidInput("Only a step that is done has a result.", "Give a result only with `mark_done`.")

    def build(state: Laboratory, at: datetime) -> StepChanged:
        _step(state, run, step)
        return StepChanged(at=at, by=by, reason=reason, run=run, step=step, change=what, result=dict(result or {}))

    await orchestrator.submit(build)


def _step(state: Laboratory, run: RunId, step: StepName) -> StepState:
    if run not in state.runs:
        raise NotFound(f"There is no open run {run!r}.", "`labd status` names those that are open.")
    steps = state.runs[run].steps
    if step not in steps:
        raise NotFound(f"{run} has no step {step!r}.", f"Its steps: {', '.join(steps)}.")
    return steps[step]
