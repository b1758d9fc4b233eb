"""The rule about large results: what an outcome refers to can be fetched in parts until the outcome is acknowledged."""

from __future__ import annotations

import hashlib

from labd.conformance.report import Skipped, Violated
from labd.conformance.subject import Subject
from labd.domain.blob import Blob, blobs_in
from labd.domain.command import Succeeded
from labd.wire.chunks import Chunk
from labd.wire.messages import Birth, Fetch

PART_BYTES = 65_536
MOST_BYTES = 10_000_000
"""So much of one is fetched: enough to see that parts come as they are asked for."""


async def large_results(subject: Subject) -> None:
    """An outcome, the data that it refers to in parts, and a part once more after a restart."""
    order = subject.new_order(subject.chosen(await subject.started()))
    report = await subject.outcome(order, after=await subject.order(order))
    found = list(blobs_in(report.outcome.result)) if isinstance(report.outcome, Succeeded) else []
    if not found:
        raise Skipped(f"The result of {order.capability} refers to no large data: choose a capability whose does.")
    for blob in found:
        await _whole(subject, blob)
    await subject.kill()
    already = len(subject.said)
    await subject.start()
    await subject.first(Birth, lambda _: True, "No descriptor came after the restart.", after=already)
    for blob in found:
        await _part(subject, blob, blob.size_bytes // 2)


async def _whole(subject: Subject, blob: Blob) -> None:
    """Raise `Violated` unless the parts together have the hash, as far as that can be seen."""
    digest, got = hashlib.sha256(), 0
    while got < min(blob.size_bytes, MOST_BYTES):
        part = await _part(subject, blob, got)
        digest.update(part)
        got += len(part)
    if got == blob.size_bytes and digest.hexdigest() != blob.sha256:
        raise Violated(f"The parts of {blob.blob} together have the hash {digest.hexdigest()}.")


async def _part(subject: Subject, blob: Blob, offset: int) -> bytes:
    """One part. Raises `Violated` when none comes, or one of another length."""
    expected = min(PART_BYTES, blob.size_bytes - offset)
    already = len(subject.said)
    await subject.send(Fetch(blob=blob.blob, offset=offset, length=PART_BYTES))
    what = f"The part of {blob.blob} from byte {offset} on"
    chunk = await subject.first(
        Chunk, lambda each: (each.sha256, each.offset) == (blob.sha256, offset), f"{what} did not come.", after=already
    )
    if len(chunk.data) != expected:
        raise Violated(f"{what} has {len(chunk.data)} bytes; it must have {expected}.")
    return chunk.data
