"""A mosquitto on a loopback port that runs from the files that `labd broker config` makes."""

import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from labd.adapters.broker.secured import BrokerFiles, configure
from labd.mqtt import Down
from tests.system.mqtt_client import client

MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin") or "mosquitto"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class SecuredBroker:
    """Its files, and the process."""

    def __init__(self, directory: Path, workcell: str, instruments: list[str]) -> None:
        self.files = BrokerFiles.at(directory)
        self.plan, _ = configure(self.files, workcell, instruments, hosts=(), port=free_port(), place="")
        self.url = self.files.url(self.plan)
        self.process: subprocess.Popen[bytes]

    def start(self, *more: str) -> None:
        """Run it, with some more lines of configuration."""
        configuration = self.files.broker / "test.conf"
        # A test that runs as root keeps its files; elsewhere mosquitto is the account that they are made by.
        lines = ["user root"] if os.geteuid() == 0 else []
        text = (self.files.broker / "mosquitto.conf").read_text()
        configuration.write_text("\n".join([text, *lines, *more, ""]))
        with (self.files.directory / "log").open("ab") as log:
            self.process = subprocess.Popen([MOSQUITTO, "-c", str(configuration)], stderr=log)

    @property
    def reload_command(self) -> str:
        """What makes it read its files again."""
        return f"kill -HUP {self.process.pid}"

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)

    @property
    def place(self) -> str:
        """The URL with the authority and nobody's credentials."""
        return self.url.partition("&credentials=")[0]

    def user(self, name: str) -> str:
        """The URL of one user."""
        return f"{self.place}&credentials={self.files.credentials(name)}"


@asynccontextmanager
async def running(broker: SecuredBroker, *more: str) -> AsyncIterator[None]:
    """While it runs and lets its clients in."""
    broker.start(*more)
    try:
        async with client(broker.user("labd-viewer"), "first"):
            pass
        yield
    finally:
        broker.end()


async def why_not(url: str) -> str:
    """The reason why somebody who speaks to a broker is not let in."""
    async with client(url, "tries", wait=False) as tries:
        happened = await tries.next()
        assert isinstance(happened, Down), happened
        return happened.reason
