"""What is installed is what is here: the wheel has every file of the packages, and no other."""

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

HERE = Path(__file__).parents[2]
PACKAGES = {"labd": "labd", "drivers": "labd_drivers", "protocols": "labd_protocols"}
ELSEWHERE = {"labd_drivers/pyproject.toml"}
"""How the distribution of a driver host is made."""
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel that is built from a copy: what an earlier build left behind plays no part."""
    copy, made = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for folder in PACKAGES:
        shutil.copytree(HERE / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(HERE / file, copy)
    command = [sys.executable, "-W", "ignore", "-c", BUILD, str(made)]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = made.glob("*.whl")
    with ZipFile(built) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_the_wheel_has_every_file_and_no_other(wheel: set[str]) -> None:
    here = {
        f"{package}/{file.relative_to(HERE / folder).as_posix()}"
        for folder, package in PACKAGES.items()
        for file in (HERE / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    installed = {name for name in wheel if ".dist-info/" not in name}
    assert installed - here == set(), "in the wheel and not in the tree"
    assert here - installed == ELSEWHERE, "name it under [tool.setuptools] in pyproject.toml"


def test_nothing_generic_lands_among_other_peoples_packages(wheel: set[str]) -> None:
    roots = {name.partition("/")[0] for name in wheel}
    assert {root for root in roots if not root.endswith(".dist-info")} == set(PACKAGES.values())
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)
    assert any(name.endswith(".dist-info/entry_points.txt") for name in wheel)
