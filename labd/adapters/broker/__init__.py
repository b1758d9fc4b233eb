"""A broker of our own: a child process on loopback, for demonstrations; and the files of one that anybody may reach."""

from labd.adapters.broker.configuration import DAEMON_USER
from labd.adapters.broker.embedded import EmbeddedBroker
from labd.adapters.broker.programs import Kind

__all__ = ["DAEMON_USER", "EmbeddedBroker", "Kind"]
