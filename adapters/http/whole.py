"""Reads come whole or not at all: one that breaks off midway fails where it may be tried again."""

from __future__ import annotations

import httpx

from adapters.http.identity import SAFE
from adapters.http.recorded import record


class WholeTransport(httpx.AsyncBaseTransport):
    """Reads the answer to a read to its end before it gives it; a write's answer comes as it is."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and read; raises what breaks the body off."""
        response = await self._inner.handle_async_request(request)
        return (await record(response)).response() if request.method in SAFE else response

    async def aclose(self) -> None:
        """Close what this wraps."""
        await self._inner.aclose()
