"""A broker of our own: a child process on loopback, for demonstrations and small laboratories."""

from labd.adapters.broker.embedded import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
