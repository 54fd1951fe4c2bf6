"""What happens on the way to upstreams, told to whoever observes it: metrics, traces, the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field

UNKEYED_HEADERS = frozenset({"x-request-id", "traceparent", "tracestate"})
"""What names the caller's request only, in lower case: two calls that differ in these alone ask for the same."""


@dataclass(kw_only=True)
class Call:
    """A call to an upstream while it is under way; `headers` go with it, `status` is of the answer once there is one.

    `path` is the one that is asked for, so it may hold what a caller sent.
    """

    service: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None


class Observer:
    """Is told of everything; a subclass overrides what it wants to know."""

    def calling(self, call: Call) -> AbstractContextManager[None]:  # noqa: ARG002 - for those who override it
        """Surround a call; what it raises passes through."""
        return nullcontext()

    def retried(self, service: str) -> None:
        """Take note that a call is sent once more."""

    def breaker_changed(self, service: str, state: str) -> None:
        """Take note of a circuit breaker, now `closed`, `open` or `half_open`."""

    def limit_left(self, service: str, bucket: str, calls: int) -> None:
        """Take note of how many calls of a rate limit are left."""

    def waiting(self, service: str, queue: str, calls: int) -> None:
        """Take note of how many calls wait in a queue, `rate_limit` or `concurrency`."""


_observers: list[Observer] = []


@contextmanager
def observed_by(observer: Observer) -> Iterator[None]:
    """Tell an observer of everything while the context is open."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)


@contextmanager
def calling(call: Call) -> Iterator[None]:
    """Surround a call by all observers."""
    with ExitStack() as stack:
        for observer in _observers:
            stack.enter_context(observer.calling(call))
        yield


def retried(service: str) -> None:
    """Tell that a call is sent once more."""
    for observer in _observers:
        observer.retried(service)


def breaker_changed(service: str, state: str) -> None:
    """Tell the state of a circuit breaker: `closed`, `open` or `half_open`."""
    for observer in _observers:
        observer.breaker_changed(service, state)


def limit_left(service: str, bucket: str, calls: int) -> None:
    """Tell how many calls of a rate limit are left; `bucket` names the limit by a word of ours."""
    for observer in _observers:
        observer.limit_left(service, bucket, calls)


def waiting(service: str, queue: str, calls: int) -> None:
    """Tell how many calls wait in a queue, `rate_limit` or `concurrency`."""
    for observer in _observers:
        observer.waiting(service, queue, calls)
