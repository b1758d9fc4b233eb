"""What every test is held to: no task and no process outlives it; an absent part skips, and in CI that is a failure."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

DATA = Path(os.environ.get("LABD_DATA", Path(__file__).parents[2] / "shared" / "data")) / "olympus"
ASYNCAPI_PARSER = Path(os.environ.get("LABD_ASYNCAPI_PARSER", "absent")) / "node_modules" / "@asyncapi" / "parser"
"""`LABD_ASYNCAPI_PARSER`: the directory in which `npm install --prefix` put it."""
collect_ignore = ["microcontroller", "simulators"]
"""Programs that tests run elsewhere: on a board, and in an environment of their own."""
SIMULATORS = Path(os.environ.get("LABD_SIMULATORS", "absent"))
"""A virtual environment with `tests/simulators/requirements.txt`."""
MICROPYTHON = Path(os.environ.get("LABD_MICROPYTHON", "absent"))
"""The directory in which `npm install --prefix` put MicroPython's WebAssembly port, and mqtt."""
PARTS: dict[str, Callable[[], object]] = {
    "mosquitto": lambda: shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"),
    "chromium": lambda: shutil.which("chromium") and shutil.which("chromedriver"),
    "postgresql": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb"),
    "data": DATA.is_dir,
    "asyncapi-parser": lambda: shutil.which("node") and ASYNCAPI_PARSER.is_dir(),
    "micropython": lambda: shutil.which("node") and (MICROPYTHON / "node_modules" / "@micropython").is_dir(),
    "simulators": (SIMULATORS / "bin" / "python").exists,
    "distributed": lambda: find_spec("distributed") and find_spec("dask_jobqueue"),
    "hatchling": lambda: find_spec("hatchling"),
    "rdkit": lambda: find_spec("rdkit"),
}
OPTIONAL = {"data"} if shutil.which("npm") else {"data", "asyncapi-parser", "micropython"}
"""What may be absent in CI, too."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for part in mark.args:
            if not PARTS[part]():
                (pytest.fail if os.environ.get("CI") == "true" and part not in OPTIONAL else pytest.skip)(
                    f"{part} is absent on this machine"
                )


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    left = [child for child in left if "resource_tracker" not in " ".join(child.cmdline())]
    _, alive = psutil.wait_procs(left, timeout=3)
    names = [" ".join(child.cmdline()) for child in alive if child.status() != psutil.STATUS_ZOMBIE]
    for child in alive:
        child.kill()
    assert not names, f"processes outlived the test: {names}"


@pytest_asyncio.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    here = asyncio.current_task()
    left = [task for task in asyncio.all_tasks() - before if task is not here and not task.done()]
    for task in left:
        task.cancel()
    assert not left, f"tasks outlived the test: {left}"
