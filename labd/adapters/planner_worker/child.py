"""The worker process: `python -m labd.adapters.planner_worker.child`. It ends when its standard input does."""

from __future__ import annotations

import os
import sys
import threading
from queue import SimpleQueue
from typing import BinaryIO

from labd.adapters.planner_worker.messages import Answered, Declined, Question, Ready, Reply
from labd.domain.errors import InvalidInput, LabError
from labd.domain.problem import Continuous, Measurement, Objective, Observation, PlannerSettings, Problem


def main() -> None:
    """Answer questions until the daemon goes away."""
    pipe = _claim_standard_output()
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    _warm_up()
    _reply(pipe, Reply(body=Ready()))
    while True:
        _reply(pipe, Reply(body=_answer(Question.model_validate_json(lines.get()))))


def _claim_standard_output() -> BinaryIO:
    """The pipe to the daemon; whatever else is printed in this process goes to standard error."""
    sys.stdout.flush()
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipe


def _listen(lines: SimpleQueue[bytes]) -> None:
    """Hand lines on; at the end of the input the process ends at once, also in the middle of an answer."""
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)


def _reply(pipe: BinaryIO, reply: Reply) -> None:
    pipe.write(reply.model_dump_json().encode() + b"\n")
    pipe.flush()


def _warm_up() -> None:
    """Import torch and walk the whole path once, so that the first question does not pay for it."""
    from labd.planning import suggest

    problem = Problem(
        parameters=(Continuous(name="x", low=0, high=1),),
        objectives=(Objective(outcome="y"),),
        settings=PlannerSettings(initial=1),
    )
    outcomes = {"y": Measurement(mean=0.0)}
    suggest(problem, [Observation(trial="1", parameters={"x": 0.5}, outcomes=outcomes)], [{"x": 0.1}])


def _answer(question: Question) -> Answered | Declined:
    from labd.planning import suggest

    try:
        made = suggest(question.problem, question.observations, question.pending, question.count, question.seed)
    except LabError as error:
        invalid = isinstance(error, InvalidInput)
        return Declined(number=question.number, invalid=invalid, message=error.message, hint=error.hint)
    except Exception as error:  # noqa: BLE001 - the boundary of the process: the daemon is told, and records it
        return Declined(number=question.number, invalid=False, message=f"The planner failed: {error!r}.")
    return Answered(number=question.number, suggestions=tuple(made))


if __name__ == "__main__":
    main()
