"""Bodies whose end is told to whoever has to know that a call is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import cast

import httpx

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


def tell_end(response: httpx.Response, ended: Ended) -> httpx.Response:
    """Call `ended` once, when the body breaks off or the response is closed."""
    if response.is_closed:
        ended(None)
    else:
        response.stream = _EndingBody(cast("httpx.AsyncByteStream", response.stream), ended)
    return response
