"""The end of a call is the end of its body."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.http.bodies import tell_end


class Body(httpx.AsyncByteStream):
    def __init__(self, broken: Exception | None = None) -> None:
        self.broken = broken
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"ab"
        if self.broken:
            raise self.broken

    async def aclose(self) -> None:
        self.closed = True


async def test_the_end_is_told_once_when_the_response_is_closed() -> None:
    """Whether or not its body was read."""
    for is_read in (True, False):
        ends: list[BaseException | None] = []
        body = Body()
        response = tell_end(httpx.Response(200, stream=body), ends.append)
        if is_read:
            assert b"".join([chunk async for chunk in response.aiter_raw()]) == b"ab"
        await response.aclose()
        await response.aclose()
        assert (ends, body.closed) == ([None], True)


async def test_what_a_body_breaks_off_with_is_told() -> None:
    """And raised; closing it tells nothing more."""
    ends: list[BaseException | None] = []
    error = httpx.ReadError("gone")
    response = tell_end(httpx.Response(200, stream=Body(error)), ends.append)
    with pytest.raises(httpx.ReadError):
        await response.aread()
    await response.aclose()
    assert ends == [error]


def test_an_answer_that_was_given_whole_has_ended() -> None:
    """Nobody would close it."""
    ends: list[BaseException | None] = []
    tell_end(httpx.Response(200, content=b"ab"), ends.append)
    assert ends == [None]
