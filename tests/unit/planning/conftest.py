"""One thread, as in a question: the machine that runs the tests is shared."""

from collections.abc import Iterator

import pytest

from labd.planning.threads import one_thread


@pytest.fixture(autouse=True)
def on_one_thread() -> Iterator[None]:
    with one_thread():
        yield
