"""labd: a laboratory that runs itself, as one daemon."""

__version__ = "0.1.0"
