"""The files that docs/tutorial.md tells its reader to write: a path in bold, and behind it the block."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def files_of_the_tutorial() -> dict[str, str]:
    """By path in the laboratory's directory: the content."""
    text = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    return dict(re.findall(r"\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)```", text, re.DOTALL))
