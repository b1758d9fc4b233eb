"""New passwords while the laboratory runs: in an order in which each client is let in at each moment.

    1  the client's file has the new password, and behind it the old one: the client tries both
    2  we are let in with one of them: the broker is there
    3  the broker's file has the new one
    4  the broker reads its files again, upon which mosquitto ends the connections that came with the old one, and ours;
       the clients are back at once, with the new one; what was on its way is sent again, as after any loss
    5  we are let in with the new one
    6  the client's file has the new one alone

Interrupted anywhere, it is done again: a file with two passwords has its new one already.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from urllib.parse import quote

from ulid import ULID

from labd.adapters.broker.passwords import new_password, read_password_file
from labd.adapters.broker.secured import BrokerFiles, Plan, keep_passwords, write_credentials
from labd.domain.errors import InvalidInput, NotFound, Unavailable
from labd.mqtt import Credentials, Down, Happening, MqttTransport, read_credentials

LET_IN_WITHIN_S = 15.0
LOST_WITHIN_S = 5.0
RELOADED_WITHIN_S = 300.0


async def rotate(files: BrokerFiles, users: Sequence[str], reload: str) -> tuple[str, ...]:
    """Give new passwords to these users, or to all (none given); the users that have one now.

    `reload` is a command that makes the broker read its files again; empty where it runs on this machine, from these
    files. Raises `LabError`; then the old passwords are still tried by the clients, and it can be done again.
    """
    plan = files.read_plan()
    if plan is None:
        raise NotFound(f"There is no broker in {files.directory}.", "`labd broker config` makes one.")
    everybody = tuple(read_password_file(files.passwords.read_text(encoding="utf-8")))
    chosen = _chosen(files, users, everybody)
    signal_to = None if reload else _running_broker(files)
    fresh = [_with_new(read_credentials(files.credentials(user))) for user in chosen]
    for each in fresh:
        write_credentials(files, each)
    watching = f"{_place(files, plan)}&credentials={quote(str(files.credentials(chosen[0])))}"
    async with _let_in(watching, chosen[0]) as connection:
        keep_passwords(files, everybody)
        await _reload(reload, signal_to)
        await _lost(connection)
    newest = quote(fresh[0].passwords[0].get_secret_value())
    async with _let_in(_place(files, plan).replace("//", f"//{quote(chosen[0])}:{newest}@", 1), chosen[0]):
        pass
    for each in fresh:
        write_credentials(files, each.model_copy(update={"passwords": each.passwords[:1]}))
    return chosen


def _chosen(files: BrokerFiles, users: Sequence[str], everybody: Sequence[str]) -> tuple[str, ...]:
    if unknown := [user for user in users if user not in everybody]:
        raise NotFound(f"The broker knows no {', '.join(unknown)}.", f"It knows {', '.join(everybody)}.")
    chosen = tuple(users) or tuple(everybody)
    if absent := [user for user in chosen if not files.credentials(user).exists()]:
        raise InvalidInput(
            f"The credentials of {', '.join(absent)} are not in {files.clients}.",
            "Put them back, or name those whose password is to change.",
        )
    return chosen


def _with_new(credentials: Credentials) -> Credentials:
    if len(credentials.passwords) > 1:  # begun already
        return credentials
    old = credentials.passwords[0].get_secret_value()
    return Credentials.model_validate({"username": credentials.username, "passwords": [new_password(), old]})


def _running_broker(files: BrokerFiles) -> int:
    with contextlib.suppress(OSError, ValueError):
        pid = int((files.broker / "mosquitto.pid").read_text(encoding="utf-8"))
        # A broker that was killed leaves its number behind, and another process may have it now.
        if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "mosquitto":
            return pid
    raise Unavailable(
        f"No broker of this machine runs from {files.broker}, or it is another account's.",
        "Write how it is told to read its files: --reload 'sudo systemctl reload mosquitto'.",
    )


async def _reload(command: str, pid: int | None) -> None:
    if pid is not None:
        try:
            os.kill(pid, signal.SIGHUP)
        except OSError as error:
            raise Unavailable(f"The broker cannot be told: {error.strerror}.", "Write how: --reload COMMAND.") from None
        return
    process = await asyncio.create_subprocess_exec(*shlex.split(command), stdin=asyncio.subprocess.DEVNULL)
    try:
        code = await asyncio.wait_for(process.wait(), RELOADED_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Unavailable(f"{command!r} did not end within {RELOADED_WITHIN_S:g} s.", "Do it again.") from None
    if code:
        raise Unavailable(f"{command!r} ended with code {code}.", "See what it said, and do it again.")


def _place(files: BrokerFiles, plan: Plan) -> str:
    return files.url(plan).partition("&credentials=")[0]


@contextlib.asynccontextmanager
async def _let_in(url: str, user: str) -> AsyncIterator[AsyncGenerator[Happening, None]]:
    """A connection to the broker, and what happens on it. Raises `Unavailable`."""
    transport = MqttTransport(url, client_id=f"labd-rotation-{ULID()}", subscriptions=())
    async with aclosing(transport.events()) as events:
        reason = "It does not answer."
        try:
            async with asyncio.timeout(LET_IN_WITHIN_S):
                while isinstance(happened := await anext(events), Down):
                    reason = happened.reason
        except TimeoutError:
            raise Unavailable(
                f"The broker does not let {user} in: {reason}",
                "Its clients try the old password too, and nothing is lost. Do it again when the broker is mended.",
            ) from None
        yield events


async def _lost(events: AsyncGenerator[Happening, None]) -> None:
    """Wait until the broker has ended our connection; one that does not will just let us in with the new password."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOST_WITHIN_S):
            while not isinstance(await anext(events), Down):
                pass
