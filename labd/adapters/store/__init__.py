"""The store of large results: files by their hash."""

from labd.adapters.store.files import FileStore

__all__ = ["FileStore"]
