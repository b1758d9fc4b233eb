"""The data of results, kept beside the ledger until the daemon has them: one file each, under its hash."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from pathlib import Path

from ulid import ULID

from labd.domain.blob import Blob, blobs_in
from labd.domain.command import Succeeded
from labd.domain.errors import InvalidInput
from labd.driver_kit.content import Content, reference
from labd.driver_kit.context import DeviceError
from labd.driver_kit.ledger import Ledger
from labd.wire.messages import Fetch

log = logging.getLogger("labd.driver")


class Attachments:
    """What the outcomes of one instrument refer to. A content is on disk before the outcome that has it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._directory = ledger, ledger.data
        self._here = {path.name for path in self._directory.iterdir()} if self._directory.is_dir() else set()

    async def attach(self, content: Content, media_type: str, name: str) -> Blob:
        """Keep a content. Raises `DeviceError` where it is too large, or the disk does not take it."""
        return await asyncio.to_thread(self._attach, content, media_type, name)

    async def part(self, fetch: Fetch) -> bytes:
        """The bytes that are asked for; none where the content is not here."""
        return await asyncio.to_thread(self._part, fetch)

    def prune(self) -> None:
        """Delete what no unacknowledged outcome refers to; to be called while nothing is in hand."""
        if not self._here:
            return
        try:
            needed = {each for command in self._ledger.unacknowledged() for each in self._needed_by(command)}
            for name in self._here - needed:
                (self._directory / name).unlink(missing_ok=True)
                self._here.discard(name)
        except (OSError, sqlite3.Error) as error:
            log.error("data that are not needed any more cannot be deleted: %s", error)

    def _needed_by(self, command: str) -> set[str]:
        entry = self._ledger.find(command)
        outcome = entry.ended.outcome if entry and entry.ended else None
        return {each.sha256 for each in blobs_in(outcome.result)} if isinstance(outcome, Succeeded) else set()

    def _attach(self, content: Content, media_type: str, name: str) -> Blob:
        unfinished = self._directory / f"unfinished-{ULID()}"
        try:
            self._directory.mkdir(exist_ok=True)
            try:
                with unfinished.open("xb") as file:
                    made = reference(content, media_type, name, file.write)
                    file.flush()
                    os.fsync(file.fileno())
                unfinished.rename(self._directory / made.sha256)
                self._here.add(made.sha256)
            finally:
                unfinished.unlink(missing_ok=True)
            _sync_directory(self._directory)
        except (OSError, InvalidInput) as error:
            raise DeviceError(f"The data cannot be kept: {error}") from error
        return made

    def _part(self, fetch: Fetch) -> bytes:
        name = fetch.blob.partition(":")[2]
        try:
            with (self._directory / name).open("rb") as file:
                file.seek(fetch.offset)
                return file.read(fetch.length)
        except OSError as error:
            log.error("%s is wanted and cannot be read: %s", name, error)
            return b""


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
