"""Answers that are good for a while, and for whom."""

from __future__ import annotations

import asyncio
import itertools

import httpx
import pytest

from adapters.http.cache import CacheTransport, Freshness
from adapters.http.traits import CallKind
from tests.doubles.held_wire import Clock, HeldWire, request_of, settled


class Cached:
    """The cache over a wire whose every answer is another."""

    def __init__(self, kept_bytes: int = 1_000_000, cache_control: str = "") -> None:
        numbers = itertools.count(1)
        self.clock = Clock()
        self.wire = HeldWire(
            lambda _: httpx.Response(200, headers={"Cache-Control": cache_control}, content=str(next(numbers)).encode())
        )
        rules = (Freshness("/v1/things", 2.0), Freshness("/v1/threats", 60.0))
        self.transport = CacheTransport(
            self.wire, rules, lambda request: request.url.path != "/question", kept_bytes, self.clock
        )

    async def send(self, request: httpx.Request) -> int:
        return int(await (await self.transport.handle_async_request(request)).aread())


async def test_an_answer_is_good_as_long_as_its_path_says() -> None:
    """Then it is asked for anew."""
    cached = Cached()
    answers = []
    for _ in range(4):
        answers.append(await cached.send(request_of()))
        cached.clock.now += 1.0
    assert answers == [1, 1, 2, 2]


async def test_what_has_no_rule_is_always_asked_for() -> None:
    """The rule must cover the whole path."""
    cached = Cached()
    assert [await cached.send(request_of(path="/v1/things/5")) for _ in range(2)] == [1, 2]


async def test_each_question_and_token_has_its_own() -> None:
    """Nobody sees another's answer."""
    cached = Cached()
    requests = [request_of(), request_of(token="other"), request_of(path="/v1/things?page=2")]
    assert [await cached.send(request) for request in requests * 2] == [1, 2, 3, 1, 2, 3]


async def test_a_poll_asks_and_what_it_is_told_is_kept() -> None:
    """The next query has it at once."""
    cached = Cached()
    assert await cached.send(request_of()) == 1
    assert await cached.send(request_of(kind=CallKind.POLL)) == 2
    assert await cached.send(request_of()) == 2


async def test_a_write_empties_what_is_its_tokens() -> None:
    """Also if it fails, as it may have been done all the same."""
    cached = Cached()
    mine, others = request_of(path="/v1/threats"), request_of(path="/v1/threats", token="other")
    assert [await cached.send(mine), await cached.send(others)] == [1, 2]
    await cached.send(request_of("POST"))
    assert [await cached.send(mine), await cached.send(others)] == [4, 2]
    usual = cached.wire.answer
    cached.wire.answer = lambda _: httpx.ReadError("gone")
    with pytest.raises(httpx.ReadError):
        await cached.send(request_of("DELETE"))
    cached.wire.answer = usual
    assert await cached.send(mine) == 5


async def test_what_was_asked_before_a_write_is_not_kept_after_it() -> None:
    """The answer may be older than the write."""
    cached = Cached()
    cached.wire.hold()
    read = asyncio.create_task(cached.send(request_of()))
    await settled()
    write = asyncio.create_task(cached.send(request_of("POST")))
    await settled()
    cached.wire.release()
    await asyncio.gather(read, write)
    assert await cached.send(request_of()) == 3


async def test_a_question_by_post_empties_nothing() -> None:
    """It changes nothing."""
    cached = Cached()
    assert await cached.send(request_of()) == 1
    await cached.send(request_of("POST", "/question"))
    assert await cached.send(request_of()) == 1


@pytest.mark.parametrize("directive", ["no-store", "private, No-Store", "no-cache"])
async def test_what_may_not_be_kept_is_not(directive: str) -> None:
    """The upstream knows best."""
    cached = Cached(cache_control=directive)
    assert [await cached.send(request_of()) for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("status", [201, 302, 404, 429, 500])
async def test_only_success_is_kept(status: int) -> None:
    """A refusal may be over at once."""
    cached = Cached()
    usual = cached.wire.answer
    cached.wire.answer = lambda _: httpx.Response(status, content=b"0")
    await cached.send(request_of())
    cached.wire.answer = usual
    assert await cached.send(request_of()) == 1


async def test_memory_is_bounded() -> None:
    """What was used last stays, and what is too large never is kept."""
    cached = Cached(kept_bytes=20_000)
    first = await cached.send(request_of(path="/v1/threats?page=0"))
    for page in range(1, 15):
        await cached.send(request_of(path=f"/v1/threats?page={page}"))
        assert await cached.send(request_of(path="/v1/threats?page=0")) == first
    await cached.send(request_of(path="/v1/threats?page=99"))
    for page in range(100, 130):
        await cached.send(request_of(path=f"/v1/threats?page={page}"))
    assert await cached.send(request_of(path="/v1/threats?page=0")) != first
    assert cached.transport._size <= 20_000
    cached.wire.answer = lambda _: httpx.Response(200, content=b"1" * 3000)
    await cached.send(request_of())
    count = len(cached.wire.requests)
    await cached.send(request_of())
    assert len(cached.wire.requests) == count + 1


async def test_closing_forgets_all() -> None:
    """And closes what it wraps."""
    cached = Cached()
    await cached.send(request_of())
    await cached.transport.aclose()
    assert cached.wire.closed
    assert await cached.send(request_of()) == 2
