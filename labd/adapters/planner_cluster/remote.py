"""What runs in a worker of the cluster: `dask worker --preload labd.adapters.planner_cluster.remote ...`.

Both sides have the same release of labd installed; only text passes between them.
"""

from __future__ import annotations

import threading

from labd import __version__
from labd.adapters.planner_questions.answering import answer, warm_up
from labd.adapters.planner_questions.messages import Question, Reply

_ONE_AT_A_TIME = threading.Lock()
"""The planner has its process for itself: how many threads sums are made with is set for the whole process."""


def answer_there(question: str, release: str) -> str:
    """The reply to a question, both as JSON. Raises `RuntimeError` where the daemon is of another release."""
    if release != __version__:
        raise RuntimeError(f"labd {__version__} is on the cluster's worker, labd {release} asks")
    with _ONE_AT_A_TIME:
        return Reply(body=answer(Question.model_validate_json(question))).model_dump_json()


def dask_setup(_worker: object) -> None:
    """Warm up before the worker takes part, so that no question pays for it."""
    warm_up()
