"""What only some questions need is imported before they come."""

from collections.abc import Iterator
from importlib import import_module

LARGE = ("linear_operator", "gpytorch", "botorch.models", "botorch.acquisition", "botorch.acquisition.multi_objective")
"""In the order in which they need each other."""


def imports() -> Iterator[None]:
    """Imports them one after the other: whoever goes through them may stop between two."""
    for name in LARGE:
        import_module(name)
        yield
