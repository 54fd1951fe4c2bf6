"""What the transports know of a call beyond its request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum

import httpx

EXTENSION = "trigraph"


class CallKind(IntEnum):
    """What a call is for, the more urgent first: an operation that waits for it, or a look at what may have changed."""

    QUERY = 0
    POLL = 1


@dataclass(frozen=True)
class CallTraits:
    """What a call is for, and its path below the service's address."""

    kind: CallKind
    path: str


_kind: ContextVar[CallKind] = ContextVar("call_kind", default=CallKind.QUERY)


@contextmanager
def calls_of_kind(kind: CallKind) -> Iterator[None]:
    """Say what all calls within are for."""
    token = _kind.set(kind)
    try:
        yield
    finally:
        _kind.reset(token)


def current_kind() -> CallKind:
    """Say what calls from here are for."""
    return _kind.get()


def traits_of(request: httpx.Request) -> CallTraits:
    """Give what a request says of itself; one that says nothing is a query."""
    traits = request.extensions.get(EXTENSION)
    return traits if isinstance(traits, CallTraits) else CallTraits(CallKind.QUERY, request.url.path)
