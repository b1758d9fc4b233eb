"""The page and the HTTP API."""

from labd.web.application import create_app
from labd.web.server import serve

__all__ = ["create_app", "serve"]
