"""What the page about notebooks shows is what happens."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "how-to-use-the-planner-in-a-notebook.md"


def test_the_examples_on_the_page() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted > 20
    assert not found.failed
