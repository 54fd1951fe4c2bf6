"""Several operations in one request: how many there may be, and their answers together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gateway.protocols.refusals import Refused


def refuse_large(batch: Sequence[Any], most: int) -> None:
    """Raise Refused for a batch of more operations than are allowed, or of none."""
    if most == 1:
        raise Refused(400, "BAD_REQUEST", "Batching is not enabled: send one operation, as an object")
    if not 1 <= len(batch) <= most:
        message = f"The batch holds {len(batch)} operations: send from 1 to {most}"
        raise Refused(400, "BATCH_TOO_LARGE" if batch else "BAD_REQUEST", message)


def joined(bodies: Iterable[bytes]) -> bytes:
    """Write the answers as an array."""
    return b"[" + b",".join(bodies) + b"]"
