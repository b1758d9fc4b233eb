"""A whole laboratory as its own process, driven from outside: over HTTP, and with `kill -9`."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path
from queue import Queue
from types import TracebackType
from typing import Any, Self

import psutil
from ruamel.yaml import YAML


def furnish(directory: Path, *, speed: float, seed: int, trials: int, **faults: float) -> Path:
    """Put the suzuki-flow laboratory into a directory; its drivers run at that speed. Returns the protocol's path."""
    yaml = YAML()
    shipped = resources.files("labd_protocols")
    workcell = yaml.load(shipped.joinpath("suzuki_flow_workcell.yaml").read_text(encoding="utf-8"))
    for instrument in workcell["instruments"].values():
        options = {"speed": speed, "seed": seed, "world": str(directory / "world"), **faults}
        instrument["driver"]["options"] = {**instrument["driver"].get("options", {}), **options}
    with (directory / "workcell.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(workcell, file)
    protocol = yaml.load(shipped.joinpath("suzuki_flow.yaml").read_text(encoding="utf-8"))
    protocol["stopping"]["trials"] = trials
    path = directory / "suzuki_flow.yaml"
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(protocol, file)
    return path


class LabProcess:
    """`labd serve` in a process of its own."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self._options = options
        self.url = ""
        self.said_before: list[str] = []
        """The lines of its log until the laboratory ran."""
        self._process: subprocess.Popen[str] | None = None
        self._said: Queue[str] = Queue()
        self._family: set[int] = set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self) -> None:
        command = [sys.executable, "-m", "labd.cli", "serve", "--lab", str(self.directory), "--port", "0"]
        command += self._options
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        said = self._said = Queue()
        threading.Thread(target=self._listen, args=(self._process, said), daemon=True).start()
        heard = self.said_before = []
        while '"laboratory_runs"' not in (line := said.get(timeout=60)):
            heard.append(line)
            assert line, f"the daemon ended: {heard}"
        self.url = json.loads(line)["page"]

    @staticmethod
    def _listen(process: subprocess.Popen[str], said: Queue[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            said.put(line)
        said.put("")
        process.stderr.close()

    def logged(self, event: str) -> dict[str, Any]:
        """The next line of that event in the daemon's log; waits for it."""
        while f'"{event}"' not in (line := self._said.get(timeout=60)):
            assert line, "the daemon ended"
        found: dict[str, Any] = json.loads(line)
        return found

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def children(self, *words: str) -> list[psutil.Process]:
        """The processes below the daemon whose command line has all these words."""
        found = []
        for child in psutil.Process(self.pid).children(recursive=True):
            self._family.add(child.pid)
            try:
                line = " ".join(child.cmdline())
            except psutil.Error:
                continue
            if all(word in line for word in words):
                found.append(child)
        return found

    def kill(self) -> None:
        """`kill -9` of the daemon; what it started is left to itself."""
        assert self._process is not None
        self.children()
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Ctrl-C, and then everything that ever belonged to it is gone."""
        assert self._process is not None
        self.children()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=40)
        left = [psutil.Process(pid) for pid in self._family if psutil.pid_exists(pid)]
        psutil.wait_procs([each for each in left if each.ppid() in (1, os.getpid())], timeout=20)

    # --- over HTTP

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}", timeout=20) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, object]) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def events(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """The journal, as it grows; ends when the daemon does."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/events?after={after}", timeout=60) as stream:
                for line in stream:
                    if line.startswith(b"data: "):
                        yield json.loads(line[6:])
        except OSError:
            return


def journal(directory: Path) -> list[dict[str, Any]]:
    """All events of a laboratory, read from its file."""
    with closing(sqlite3.connect(f"file:{directory}/.labd/lab.sqlite?mode=ro", uri=True)) as rows:
        return [json.loads(text) for (text,) in rows.execute("SELECT payload FROM event ORDER BY sequence")]


def physical(directory: Path) -> list[dict[str, Any]]:
    """What the instruments' own logs say that physically happened."""
    return [
        json.loads(line)
        for path in sorted((directory / "world" / "physical").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
