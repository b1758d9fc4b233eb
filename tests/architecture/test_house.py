"""The house is as its drawing says: imports point down, every module says what it is, and none outgrows its reader."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
MODULES = [file for folder in ("labd", "drivers", "protocols") for file in sorted((HERE / folder).rglob("*.py"))]
PAGES = [HERE / "README.md", *sorted((HERE / "docs").rglob("*.md"))]
MOST_LINES = 400


def shown(file: Path) -> str:
    return file.relative_to(HERE).as_posix()


def test_imports_point_down_only() -> None:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout.partition("Broken contracts")[2] or done.stderr


def test_every_module_says_what_it_is() -> None:
    silent = [shown(file) for file in MODULES if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))]
    assert not silent


def test_no_module_outgrows_its_reader() -> None:
    lines = {shown(file): len(file.read_text(encoding="utf-8").splitlines()) for file in MODULES}
    assert not {file: count for file, count in lines.items() if count > MOST_LINES}


def test_no_drawer_for_leftovers() -> None:
    leftovers = {"utils", "util", "helpers", "manager", "managers", "common", "base", "misc"}
    assert not [shown(file) for file in MODULES if leftovers & set(file.relative_to(HERE).with_suffix("").parts)]


def test_a_page_that_the_code_names_exists() -> None:
    named = {page for file in MODULES for page in re.findall(r"docs/[\w./-]+\.md", file.read_text(encoding="utf-8"))}
    assert named, "the pattern has gone stale"
    assert not [page for page in sorted(named) if not (HERE / page).is_file()]


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_link_within_the_docs_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {HERE / "README.md"}
    waiting = list(reached)
    while waiting:
        page = waiting.pop()
        for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8")):
            to = (page.parent / link).resolve()
            folder = sorted(to.glob("*.md")) if to.is_dir() else []
            for each in [to, *folder]:
                if each.suffix == ".md" and each.is_file() and each not in reached:
                    reached.add(each)
                    waiting.append(each)
    assert not [shown(page) for page in PAGES if page not in reached]
