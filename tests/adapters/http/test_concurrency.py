"""How many calls are under way at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.http.concurrency import ConcurrencyTransport
from tests.doubles.held_wire import HeldWire, request_of, settled


class Dripping(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        yield b"}"


async def test_only_so_many_calls_are_under_way() -> None:
    """The others follow as soon as there is room, and all are answered."""
    wire = HeldWire()
    wire.hold()
    transport = ConcurrencyTransport(wire, "CloudSigma", at_once=2)
    calls = [asyncio.create_task(transport.handle_async_request(request_of())) for _ in range(5)]
    await settled()
    assert len(wire.requests) == 2
    wire.release()
    assert [response.status_code for response in await asyncio.gather(*calls)] == [200] * 5


async def test_a_call_is_under_way_until_its_answer_is_closed() -> None:
    """The connection is not free before."""
    transport = ConcurrencyTransport(HeldWire(lambda _: httpx.Response(200, stream=Dripping())), "CloudSigma", 1)
    first = await transport.handle_async_request(request_of())
    second = asyncio.create_task(transport.handle_async_request(request_of()))
    await settled()
    assert not second.done()
    assert b"".join([chunk async for chunk in first.aiter_bytes()]) == b"{}"
    await first.aclose()
    await (await second).aclose()
    await (await transport.handle_async_request(request_of())).aclose()


async def test_a_call_that_fails_or_is_given_up_makes_room() -> None:
    """No place is ever lost."""
    wire = HeldWire(lambda _: httpx.ConnectError("refused"))
    transport = ConcurrencyTransport(wire, "CloudSigma", at_once=1)
    with pytest.raises(httpx.ConnectError):
        await transport.handle_async_request(request_of())
    wire.hold()
    given_up = asyncio.create_task(transport.handle_async_request(request_of()))
    await settled()
    given_up.cancel()
    await asyncio.wait([given_up])
    wire.release()
    wire.answer = lambda _: httpx.Response(200)
    async with asyncio.timeout(5):
        assert (await transport.handle_async_request(request_of())).status_code == 200


async def test_closing_closes_what_it_wraps() -> None:
    """The connections below are let go."""
    wire = HeldWire()
    await ConcurrencyTransport(wire, "CloudSigma", 1).aclose()
    assert wire.closed
