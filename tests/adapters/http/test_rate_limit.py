"""Each token's calls stay inside the limits."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from adapters.http import rate_limit
from adapters.http.bucket import RateLimited
from adapters.http.deadline import operation_deadline
from adapters.http.identity import token_digest
from adapters.http.observing import Observer, observed_by
from adapters.http.rate_limit import Limit, RateLimitTransport
from tests.doubles.held_wire import Clock, HeldWire, request_of, settled

LIMITS = (Limit("scan", 1, 60.0, "POST", "/scan"), Limit("all", 3, 60.0))


class Limited:
    def __init__(self, limits: tuple[Limit, ...] = LIMITS) -> None:
        self.clock = Clock()
        self.wire = HeldWire()
        self.transport = RateLimitTransport(self.wire, "CloudLink", limits, self.clock)

    async def send(self, request: httpx.Request, count: int = 1) -> None:
        with operation_deadline(1):
            for _ in range(count):
                await self.transport.handle_async_request(request)

    def left(self, token: str = "t") -> int:
        """Count what is left of the general limit to a token."""
        return self.transport.standing(token_digest(request_of(token=token)))[-1].remaining


async def test_the_first_limit_that_covers_a_call_counts_it() -> None:
    """What has a limit of its own uses nothing of the others'."""
    limited = Limited()
    await limited.send(request_of("POST", "/scan"))
    with pytest.raises(RateLimited):
        await limited.send(request_of("POST", "/scan"))
    await limited.send(request_of(path="/scan"), 3)
    with pytest.raises(RateLimited) as caught:
        await limited.send(request_of(path="/deploys"))
    assert (caught.value.calls, caught.value.seconds) == (3, 60)
    assert len(limited.wire.requests) == 4


async def test_each_token_has_its_own() -> None:
    """And all who call with it share it."""
    limited = Limited()
    await limited.send(request_of(token="one"), 3)
    await limited.send(request_of(token="two"), 3)
    with pytest.raises(RateLimited):
        await limited.send(request_of(token="one"))
    assert limited.left("one") == 0
    assert limited.left("three") == 3


async def test_without_limits_all_goes_through() -> None:
    """And nothing is told of what is left."""
    limited = Limited(())
    await limited.send(request_of(), 100)
    assert limited.transport.standing(token_digest(request_of())) == ()


async def test_a_call_that_found_no_connection_is_not_counted() -> None:
    """One that was cut off is, as it may have arrived."""
    limited = Limited()
    limited.wire.answer = lambda _: httpx.ConnectError("refused")
    for _ in range(5):
        with pytest.raises(httpx.ConnectError):
            await limited.send(request_of())
    limited.wire.answer = lambda _: httpx.ReadError("reset")
    with pytest.raises(httpx.ReadError):
        await limited.send(request_of())
    assert limited.left() == 2


async def test_the_tokens_that_called_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; what a call is under way in is not forgotten."""
    monkeypatch.setattr(rate_limit, "BUCKETS", 2)
    limited = Limited()
    limited.wire.hold()
    busy = asyncio.create_task(limited.send(request_of(token="busy")))
    await settled()
    others = [asyncio.create_task(limited.send(request_of(token=token))) for token in ("one", "two")]
    await settled()
    limited.wire.release()
    await asyncio.gather(busy, *others)
    await limited.send(request_of(token="three"))
    left = [limited.left(token) for token in ("busy", "one", "two", "three")]
    assert left == [3, 3, 2, 2]


async def test_observers_are_told_what_is_left() -> None:
    """By the limit's name."""
    told: list[tuple[str, str, int]] = []

    class Noting(Observer):
        def limit_left(self, service: str, bucket: str, calls: int) -> None:
            told.append((service, bucket, calls))

    with observed_by(Noting()):
        await Limited().send(request_of(), 2)
    assert told == [("CloudLink", "all", 2), ("CloudLink", "all", 1)]
