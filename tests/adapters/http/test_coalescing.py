"""Equal reads under way at once are one call, and nobody's fate hangs on another's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from adapters.http.coalescing import CoalescingTransport
from adapters.http.deadline import OutOfTime, operation_deadline
from adapters.http.traits import CallKind
from tests.doubles.held_wire import HeldWire, request_of, settled


class Shared:
    """The transport over a wire that is held."""

    def __init__(self) -> None:
        self.wire = HeldWire(lambda request: httpx.Response(200, content=str(request.url).encode()))
        self.wire.hold()
        self.transport = CoalescingTransport(self.wire, lambda request: request.url.path != "/question")

    def send(self, request: httpx.Request) -> asyncio.Task[bytes]:
        return asyncio.create_task(self._send(request))

    async def _send(self, request: httpx.Request) -> bytes:
        return await (await self.transport.handle_async_request(request)).aread()


async def test_equal_reads_share_one_call() -> None:
    """Each gets the whole answer."""
    shared = Shared()
    reads = [shared.send(request_of(x_request_id=str(number))) for number in range(50)]
    await settled()
    shared.wire.release()
    assert set(await asyncio.gather(*reads)) == {b"http://upstream.example/v1/things"}
    assert len(shared.wire.requests) == 1


async def test_other_questions_and_other_tokens_are_calls_of_their_own() -> None:
    """So are polls, which would make a query wait as long as they do."""
    shared = Shared()
    reads = [
        shared.send(request)
        for request in (
            request_of(),
            request_of(token="other"),
            request_of(path="/v1/things?page=2"),
            request_of(accept="text/plain"),
            request_of(kind=CallKind.POLL),
        )
    ]
    await settled()
    shared.wire.release()
    await asyncio.gather(*reads)
    assert len(shared.wire.requests) == 5


async def test_nothing_is_shared_with_a_call_that_has_ended() -> None:
    """Keeping answers is the cache's business."""
    shared = Shared()
    shared.wire.release()
    await shared.send(request_of())
    await shared.send(request_of())
    assert len(shared.wire.requests) == 2


async def test_who_gives_up_takes_nobody_along() -> None:
    """Not even the one who began."""
    shared = Shared()
    first, second = shared.send(request_of()), shared.send(request_of())
    await settled()
    first.cancel()
    await asyncio.wait([first])
    shared.wire.release()
    assert await second
    assert (len(shared.wire.requests), shared.wire.cancelled) == (1, 0)


async def test_when_all_give_up_the_call_is_broken_off() -> None:
    """And who comes then asks anew."""
    shared = Shared()
    reads = [shared.send(request_of()) for _ in range(3)]
    await settled()
    for read in reads:
        read.cancel()
    late = shared.send(request_of())
    await asyncio.wait(reads)
    await settled()
    shared.wire.release()
    assert await late
    assert (len(shared.wire.requests), shared.wire.cancelled) == (2, 1)


async def test_trouble_is_everybodys() -> None:
    """Whoever waits is told."""
    shared = Shared()
    shared.wire.answer = lambda _: httpx.ReadError("gone")
    reads = [shared.send(request_of()) for _ in range(3)]
    await settled()
    shared.wire.release()
    for outcome in await asyncio.gather(*reads, return_exceptions=True):
        assert isinstance(outcome, httpx.ReadError)


async def test_who_has_more_time_than_the_one_who_began_asks_again() -> None:
    """A deadline is each one's own."""
    shared = Shared()
    answers: Iterator[httpx.Response | Exception] = iter([OutOfTime("over"), httpx.Response(200, content=b"in time")])
    shared.wire.answer = lambda _: next(answers)
    with operation_deadline(0):
        first = shared.send(request_of())
    await settled()
    second = shared.send(request_of())
    await settled()
    shared.wire.release()
    with pytest.raises(OutOfTime):
        await first
    assert await second == b"in time"


async def test_a_write_parts_what_is_read_before_and_after() -> None:
    """Who reads after it never gets an answer that was under way before."""
    shared = Shared()
    before = shared.send(request_of())
    await settled()
    write = shared.send(request_of("POST"))
    await settled()
    during = shared.send(request_of())
    other = shared.send(request_of(token="other"))
    await settled()
    assert len(shared.wire.requests) == 4
    shared.wire.release()
    await asyncio.gather(before, write, during, other)


async def test_a_question_by_post_parts_nothing() -> None:
    """It changes nothing; it is not shared either, as its body is not looked at."""
    shared = Shared()
    reads = [
        shared.send(request)
        for request in (request_of(), request_of("POST", "/question"), request_of("POST", "/question"), request_of())
    ]
    await settled()
    shared.wire.release()
    await asyncio.gather(*reads)
    assert len(shared.wire.requests) == 3


async def test_closing_breaks_off_what_is_under_way() -> None:
    """No task is left, and the wire is closed."""
    shared = Shared()
    read = shared.send(request_of())
    await settled()
    await shared.transport.aclose()
    await asyncio.wait([read])
    assert read.cancelled()
    assert shared.wire.closed
    assert shared.transport._calls == set()
