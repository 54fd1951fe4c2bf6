"""Answers read whole, which can be given to several."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import cast

import httpx

ANSWER_BYTES = 16 * 1024 * 1024
"""How large an answer may be; reading stops behind it."""


@dataclass(frozen=True)
class RecordedAnswer:
    """An answer with its body as it came, still packed if it was; one that is too large breaks off behind the limit."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def response(self) -> httpx.Response:
        """Give the answer once more."""
        return httpx.Response(self.status, headers=list(self.headers), stream=RecordedStream(self))


class RecordedStream(httpx.AsyncByteStream):
    """The body of an answer that was read whole."""

    def __init__(self, answer: RecordedAnswer) -> None:
        self.answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.answer.body


async def record(response: httpx.Response) -> RecordedAnswer:
    """Read an answer and close it."""
    if isinstance(response.stream, RecordedStream):
        return response.stream.answer
    body = bytearray()
    try:
        # Not `aiter_raw`: it refuses what was given whole, as tests and caches do.
        async for chunk in cast("AsyncIterable[bytes]", response.stream):
            body += chunk
            if len(body) > ANSWER_BYTES:
                break
    finally:
        await response.aclose()
    return RecordedAnswer(response.status_code, tuple(response.headers.raw), bytes(body))
