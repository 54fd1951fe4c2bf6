"""Bodies as they are read: in small pieces, and their end told to whoever has to know that a call is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import cast

import httpx

PIECE_BYTES = 16 * 1024
"""How much is unpacked at once: it may become a thousand times as much."""

Ended = Callable[[BaseException | None], None]
"""Takes what a body broke off with, or None."""


class _EndingBody(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, ended: Ended) -> None:
        self._inner = inner
        self._ended: Ended | None = ended

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._inner:
                yield chunk
        except (Exception, asyncio.CancelledError) as error:
            self._end(error)
            raise

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(error)


class _PiecedBody(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            for start in range(0, len(chunk), PIECE_BYTES):
                yield chunk[start : start + PIECE_BYTES]

    async def aclose(self) -> None:
        await self._inner.aclose()


def in_pieces(response: httpx.Response) -> httpx.Response:
    """Have the body come, and be unpacked, in small pieces, so that whoever reads can stop in time."""
    if not response.is_closed:
        response.stream = _PiecedBody(cast("httpx.AsyncByteStream", response.stream))
    return response


def tell_end(response: httpx.Response, ended: Ended) -> httpx.Response:
    """Call `ended` once, when the body breaks off or the response is closed."""
    if response.is_closed:
        ended(None)
    else:
        response.stream = _EndingBody(cast("httpx.AsyncByteStream", response.stream), ended)
    return response
