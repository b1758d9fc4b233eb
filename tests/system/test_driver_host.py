"""A driver host: the distribution labd-driver in an environment that has its dependencies and nothing else."""

import json
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from labd import __version__

HERE = Path(__file__).parents[2]
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
IMPORT_ALL = """
import importlib, json, pkgutil, sys, labd, labd_drivers
for package in (labd, labd_drivers):
    for each in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names)))
"""
SMALL = {
    *("aiomqtt", "annotated-types", "click", "paho-mqtt", "pydantic", "pydantic-core", "python-ulid", "structlog"),
    *("typing-extensions", "typing-inspection"),
}
"""What a small board has to carry, and no more."""

pytestmark = pytest.mark.needs("hatchling")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(made)], cwd=HERE / "drivers", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = made.glob("labd_driver-*.whl")
    return built


@pytest.fixture(scope="module")
def host(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment of its own: the wheel unpacked, and links to what the wheel says that it needs."""
    directory = tmp_path_factory.mktemp("host") / "venv"
    venv.create(directory, symlinks=True)
    (site,) = directory.glob("lib/python*/site-packages")
    with ZipFile(wheel) as archive:
        archive.extractall(site)
    for name in needed(site):
        found = distribution(name)
        for part in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            (site / part).symlink_to(str(found.locate_file(part)))
    return directory / "bin" / "python"


def needed(site: Path) -> set[str]:
    """The distributions that the wheel requires, and what those require, without extras."""
    (metadata,) = site.glob("labd_driver-*.dist-info/METADATA")
    lines = metadata.read_text(encoding="utf-8").splitlines()
    waiting = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    found: set[str] = set()
    while waiting:
        each = Requirement(waiting.pop())
        name = each.name.lower().replace("_", "-")
        if name not in found and (each.marker is None or each.marker.evaluate({"extra": ""})):
            found.add(name)
            waiting += distribution(name).requires or []
    return found


def labd(host: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(host), "-m", "labd.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_it_has_the_version_and_the_command_of_the_laboratory(wheel: Path) -> None:
    assert wheel.name == f"labd_driver-{__version__}-py3-none-any.whl"
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        (points,) = [archive.read(name).decode() for name in names if name.endswith("entry_points.txt")]
    assert "labd = labd.cli:main" in points
    assert any(name.endswith("/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith("pyproject.toml")]


def test_it_needs_little_and_all_of_it_can_be_imported(host: Path, tmp_path: Path) -> None:
    (site,) = host.parents[1].glob("lib/python*/site-packages")
    assert needed(site) == SMALL
    done = subprocess.run([host, "-c", IMPORT_ALL], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"labd", "labd_drivers", "aiomqtt"} <= set(json.loads(done.stdout))


def test_a_command_of_the_laboratory_says_what_to_install(host: Path, tmp_path: Path) -> None:
    told = labd(host, "--help", cwd=tmp_path).stdout.partition("Commands:")[2]
    assert [line.split()[0] for line in told.splitlines() if line.strip()] == ["driver", "wire"]
    assert labd(host, "--version", cwd=tmp_path).stdout == f"labd {__version__} (a driver host: labd-driver)\n"
    done = labd(host, "serve", "--lab", "here", cwd=tmp_path)
    assert (done.returncode, "Install the distribution labd" in done.stderr) == (6, True), done.stderr


def test_what_is_installed_is_listed_and_can_be_run(host: Path, tmp_path: Path) -> None:
    (listed,) = json.loads(labd(host, "driver", "list", "--json", cwd=tmp_path).stdout)
    assert (listed["name"], listed["distribution"]) == ("scpi-power-supply", "labd-driver")
    done = labd(host, "driver", "run", listed["driver"], "--name", "supply", "--describe", cwd=tmp_path)
    assert json.loads(done.stdout)["instrument"] == "supply", done.stderr
    room = labd(host, "driver", "list", "--lab", ".", cwd=tmp_path)
    assert (room.returncode, "Install the distribution labd" in room.stderr) == (6, True), room.stderr


def test_without_a_broker_the_check_says_what_to_install(host: Path, tmp_path: Path) -> None:
    program = "from pathlib import Path; from labd.adapters.broker.programs import command; command('amqtt', 1, Path())"
    done = subprocess.run([host, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Unavailable: Neither mosquitto nor amqtt is installed here. Install one" in done.stderr


def test_two_versions_over_each_other_are_found_out(host: Path, tmp_path: Path) -> None:
    other = tmp_path / "labd-9.9.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: labd\nVersion: 9.9\n")
    done = labd(host, "--version", cwd=tmp_path)
    assert f"labd 9.9, labd-driver {__version__}" in done.stderr


@pytest.mark.needs("mosquitto")
def test_a_driver_begun_there_keeps_the_wire(host: Path, tmp_path: Path) -> None:
    assert labd(host, "driver", "new", "syringe-pump", cwd=tmp_path).returncode == 0
    wanted = ("descriptor-first", "last-will", "accepts-and-reports", "refuses-out-of-bounds", "rubbish-survived")
    rules = [word for rule in wanted for word in ("--rule", rule)]
    done = labd(host, "driver", "check", "--json", *rules, "syringe_pump:SyringePump", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each["passed"] for each in json.loads(done.stdout)["rules"]] == [True] * len(wanted)
