"""Reads that come whole."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.http.stack import Stack, UpstreamPolicy
from adapters.http.whole import WholeTransport
from tests.doubles.held_wire import ADDRESS, HeldWire


class Broken(httpx.AsyncByteStream):
    """A body that breaks off."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"[1, "
        raise httpx.RemoteProtocolError("the other side has hung up")


def breaking(times: int) -> HeldWire:
    """Answer so often with half of a list, then with all of it."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Broken()) if len(wire.requests) <= times else httpx.Response(200, json=[1, 2])

    wire = HeldWire(answer)
    return wire


async def test_a_read_that_breaks_off_midway_fails_as_one() -> None:
    """Before anything of it is given."""
    with pytest.raises(httpx.RemoteProtocolError):
        await WholeTransport(breaking(1)).handle_async_request(httpx.Request("GET", ADDRESS))


async def test_a_write_is_answered_as_it_is() -> None:
    """Its caller has to know that it was sent."""
    response = await WholeTransport(breaking(1)).handle_async_request(httpx.Request("POST", ADDRESS))
    assert response.status_code == 200


async def test_such_a_read_is_tried_again_and_a_write_is_not() -> None:
    """In the stack."""
    wire = breaking(1)
    stack = Stack(UpstreamPolicy(service="Sigil"), wire)
    assert (await stack.handle_async_request(httpx.Request("GET", ADDRESS))).status_code == 200
    assert len(wire.requests) == 2
    wire = breaking(9)
    await Stack(UpstreamPolicy(service="Sigil"), wire).handle_async_request(httpx.Request("POST", ADDRESS))
    assert len(wire.requests) == 1
