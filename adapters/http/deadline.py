"""The instant by which an operation must have its answer, known to every call that is made for it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import httpx

from adapters.errors import DeadlineExceeded

T = TypeVar("T")

_ends_at: ContextVar[float | None] = ContextVar("operation_ends_at", default=None)


class OutOfTime(httpx.TimeoutException):
    """Waiting any longer would outlast the operation's deadline."""


@contextmanager
def operation_deadline(seconds: float) -> Iterator[None]:
    """Give all that is done within `seconds` at most; an earlier deadline that holds already stays."""
    outer = _ends_at.get()
    ends_at = time.monotonic() + seconds
    token = _ends_at.set(ends_at if outer is None else min(ends_at, outer))
    try:
        yield
    finally:
        _ends_at.reset(token)


@contextmanager
def without_deadline() -> Iterator[None]:
    """Give what is done within all the time it wants: an operation began it, but does not wait for its end."""
    token = _ends_at.set(None)
    try:
        yield
    finally:
        _ends_at.reset(token)


def remaining() -> float:
    """Seconds that are left, never below 0; infinite where there is no deadline."""
    ends_at = _ends_at.get()
    return math.inf if ends_at is None else max(0.0, ends_at - time.monotonic())


async def shared_within_deadline(shared: asyncio.Future[T], service: str) -> T:
    """Wait for what others wait for too, and leave it to them when the operation's time is over.

    Raises DeadlineExceeded.
    """
    seconds = remaining()
    try:
        async with asyncio.timeout(None if seconds == math.inf else seconds):
            return await asyncio.shield(shared)
    except TimeoutError:
        message = f"{service} did not answer within the operation's time"
        raise DeadlineExceeded("timeout", message, service) from None
