"""A laboratory whose every experiment has been done already: it looks measured results up in a data set."""

from .table import Table, TableInstrument

__all__ = ["Table", "TableInstrument"]
