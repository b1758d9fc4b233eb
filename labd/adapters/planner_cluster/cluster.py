"""Questions go to the cluster; while it is away, the worker on this machine answers, and the answer says so."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from concurrent.futures import CancelledError
from contextlib import suppress
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import structlog

from labd import __version__
from labd.adapters.planner_cluster.remote import answer_there
from labd.adapters.planner_questions.kinds import A, Kind, R
from labd.adapters.planner_questions.messages import Answered, Declined, Question, Reply
from labd.adapters.planner_questions.reviewing import Asks
from labd.adapters.planner_questions.suggesting import Suggesting
from labd.domain.errors import InvalidInput, Unavailable
from labd.domain.problem import Effort

if TYPE_CHECKING:
    from distributed import Client

CONNECTS_WITHIN_S = 5.0
"""So long the first question waits for the scheduler. After an attempt that failed, none waits for the next one."""
ANSWERS_WITHIN_S = 3600.0
"""After so long this machine answers."""
TRIES = 3
"""So many groups of workers may be lost on a question."""
LEISURE = 1000
"""Other kinds of questions come after so many suggestions of one campaign."""
GPU = "GPU"
"""The resource that a worker with a GPU declares: `dask worker --resources GPU=1 ...`."""

SCHEMES = {"dask": "tcp", "tcp": "tcp", "tls": "tls"}

T = TypeVar("T")

log = structlog.get_logger(__name__)


def scheduler_address(text: str) -> str:
    """The address of a scheduler, as Dask writes it. Raises `InvalidInput`.

    >>> scheduler_address("dask://10.0.0.7:8786")
    'tcp://10.0.0.7:8786'
    """
    parts = urlsplit(text)
    try:
        complete = parts.scheme in SCHEMES and parts.hostname and parts.port
    except ValueError:
        complete = False
    if not complete or parts.path or parts.query or parts.username:
        raise InvalidInput(f"{text} is not the address of a planner.", "Write dask://HOST:PORT, or tls://HOST:PORT.")
    return f"{SCHEMES[parts.scheme]}://{parts.netloc}"


class _AwayError(Exception):
    """The cluster does not answer; says why."""


def _told(task: asyncio.Future[T]) -> T:
    """What a task, which is done, came to. Raises `_AwayError` where Dask gave it up, and whatever it raised."""
    if task.cancelled() or isinstance(task.exception(), CancelledError):
        raise _AwayError("the connection to the scheduler was lost")
    return task.result()


class ClusterPlanner(Suggesting):
    """The planner behind `labd.ports.Planner`, by the address of a Dask scheduler.

    Where a worker declares the resource `GPU`, questions go to such workers alone. What a worker had in hand when it
    died is asked again of another. `address` is as `scheduler_address` takes it; `local` must be running.
    """

    def __init__(self, address: str, local: Asks, *, answers_within_s: float = ANSWERS_WITHIN_S) -> None:
        self._address, self._local = scheduler_address(address), local
        self._answers_within_s = answers_within_s
        self._client: Client | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._away = ""
        """Why the last question, or the last attempt to connect, did not reach it."""
        self._workers: dict[str, bool] = {}
        """By address: whether it declares a GPU."""
        self._gone: set[str] = set()
        self._workers_changed = asyncio.Event()
        self._open: Counter[str] = Counter()

    async def __aenter__(self) -> ClusterPlanner:
        """Begin to connect. Raises `Unavailable` where Dask is not installed."""
        if find_spec("distributed") is None:
            raise Unavailable("A planner on a cluster needs Dask.", "pip install 'labd[dask]'")
        self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the cluster; it goes on without."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._client is not None:
            await self._client.close(timeout=CONNECTS_WITHIN_S)

    async def ask(self, kind: Kind[A, R], asked: A, campaign: str = "") -> tuple[R, Effort]:
        """A question of any kind. Raises `LabError` where the question, or the planner, is wrong."""
        question = Question(kind=kind.name, asked=asked.model_dump_json())
        self._open[campaign] += 1
        # Those of highest priority go first: of each campaign its first open question, then of each its second.
        priority = -self._open[campaign] - (0 if kind.urgent else LEISURE)
        try:
            answered = await self._ask_there(question, priority)
        except _AwayError as away:
            self._say_away(str(away))
            answer, took = await self._local.ask(kind, asked, campaign)
            return kind.told(answer, f"Answered on the daemon's machine: {away}."), took
        finally:
            self._open[campaign] -= 1
        self._say_back()
        return kind.answer.model_validate_json(answered.answer), answered.took

    async def _ask_there(self, question: Question, priority: int) -> Answered:
        text = question.model_dump_json()
        try:
            async with asyncio.timeout(self._answers_within_s):
                for _ in range(TRIES):
                    reply = await self._try(text, priority)
                    if reply is not None:
                        break
        except _AwayError:
            raise
        except TimeoutError:
            raise _AwayError(f"the cluster did not answer within {self._answers_within_s:g} s") from None
        except Exception as error:  # noqa: BLE001 - whatever is wrong over there: this machine answers, and says so
            raise _AwayError(f"the cluster failed: {str(error) or type(error).__name__}") from None
        match reply:
            case None:
                raise _AwayError(f"the cluster lost its workers {TRIES} times")
            case Declined():
                raise reply.error()
        return reply

    async def _try(self, text: str, priority: int) -> Answered | Declined | None:
        """The reply; None when the workers that might give it went away."""
        client = await self._connected()
        on_gpu = await self._look(client)
        digest = hashlib.sha256(f"{__version__} {text}".encode()).hexdigest()
        # The same question is the same task, however often it is asked; a task keeps the resources that it began with.
        key = f"labd-{'gpu' if on_gpu else 'cpu'}-{digest}"
        resources = {GPU: 1} if on_gpu else None
        future = client.submit(answer_there, text, __version__, key=key, resources=resources, priority=priority)
        result = asyncio.ensure_future(future.result())
        lost = asyncio.create_task(self._lost(gpu=on_gpu), name="cluster lost")
        try:
            await asyncio.wait({result, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not result.done():
                return None
            body = Reply.model_validate_json(_told(result)).body
        finally:
            for each in (result, lost):
                each.cancel()
            await asyncio.gather(result, lost, return_exceptions=True)
            future.release()
        assert isinstance(body, Answered | Declined)  # noqa: S101 - nobody else sends `Ready`
        return body

    async def _look(self, client: Client) -> bool:
        """Who is there now, and whether somebody has a GPU."""
        client.subscribe_topic("all", self._hear)
        self._gone.clear()
        told = asyncio.ensure_future(client.scheduler.identity())
        await asyncio.wait({told})  # cancelled itself, it may go on as if nothing had been
        try:
            workers = _told(told)["workers"]
        except _AwayError:
            raise
        except Exception as error:  # noqa: BLE001 - a lost scheduler shows as an OSError, or as a pool that is closed
            raise _AwayError(f"no scheduler answers at {self._address} ({error})") from None
        self._workers = {address: each["resources"].get(GPU, 0) >= 1 for address, each in workers.items()}
        for address in self._gone:  # it may be heard of before the list arrives on which it still stands
            self._workers.pop(address, None)
        if not self._workers:
            raise _AwayError("the cluster has no worker")
        return any(self._workers.values())

    def _hear(self, event: tuple[float, object]) -> None:
        match event[1]:
            case {"action": "remove-worker", "worker": str(address)}:
                self._gone.add(address)
                self._workers.pop(address, None)
                changed, self._workers_changed = self._workers_changed, asyncio.Event()
                changed.set()

    async def _lost(self, *, gpu: bool) -> None:
        """Until nobody is left who could answer."""
        while any(self._workers.values()) if gpu else self._workers:
            await self._workers_changed.wait()

    # --- the connection

    async def _connected(self) -> Client:
        if self._client is None or self._client.status != "running":
            connecting = self._connect()
            if self._away:  # the attempt is for a later question
                raise _AwayError(f"no scheduler answers at {self._address}")
            await asyncio.shield(connecting)
        if self._client is None:
            raise _AwayError(f"no scheduler answers at {self._address}")
        return self._client

    def _connect(self) -> asyncio.Task[None]:
        """The attempt that is under way, or a new one."""
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(self._attempt(), name="planner cluster")
        return self._connecting

    async def _attempt(self) -> None:
        import dask
        from distributed import Client

        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what matters of it is told by `_say_away`
        if self._client is not None:
            await self._client.close(timeout=CONNECTS_WITHIN_S)
            self._client = None
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})  # a pool may be tens of megabytes
        client = Client(
            self._address, asynchronous=True, timeout=CONNECTS_WITHIN_S, set_as_default=False, name="labd-planner"
        )
        try:
            self._client = await client
        except OSError:
            self._say_away(f"no scheduler answers at {self._address}")
            with suppress(OSError):
                await client.close(timeout=CONNECTS_WITHIN_S)

    def _say_away(self, reason: str) -> None:
        if reason != self._away:
            log.warning("planner_cluster_away", address=self._address, reason=reason, answers="this machine")
        self._away = reason

    def _say_back(self) -> None:
        if self._away:
            log.info("planner_cluster_back", address=self._address)
        self._away = ""
