"""Answers that are good for a short while."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from adapters.http.identity import ReadKey, read_key, token_digest
from adapters.http.recorded import RecordedAnswer, record
from adapters.http.traits import CallKind, traits_of

KEPT_BYTES = 8 * 1024 * 1024
LARGEST_SHARE = 0.125
"""How much of the room one answer may take."""
OVERHEAD_BYTES = 1024
"""What an answer takes besides its body."""


@dataclass(frozen=True)
class Freshness:
    """How many seconds an answer from `path` is good for, a regular expression."""

    path: str
    seconds: float


@dataclass(frozen=True)
class _Kept:
    answer: RecordedAnswer
    until: float

    @property
    def size(self) -> int:
        return len(self.answer.body) + OVERHEAD_BYTES


class CacheTransport(httpx.AsyncBaseTransport):
    """Keeps successful answers to reads, for the token that asked, until it writes or they are no longer good.

    Polls always ask, and what they are told is kept. `Cache-Control: no-store` and `no-cache` are obeyed; `is_write`
    tells the writes.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        rules: Sequence[Freshness],
        is_write: Callable[[httpx.Request], bool],
        kept_bytes: int = KEPT_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._rules = rules
        self._is_write = is_write
        self._kept_bytes = kept_bytes
        self._clock = clock
        self._kept: OrderedDict[ReadKey, _Kept] = OrderedDict()
        self._size = 0
        self._writes = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from what is kept, or ask."""
        if request.method == "GET":
            return await self._read(request)
        if not self._is_write(request):
            return await self._inner.handle_async_request(request)
        token = token_digest(request)
        self.forget(token)
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self.forget(token)

    def forget(self, token: bytes) -> None:
        """Drop what is kept for the token of this digest, and keep nothing that is being read."""
        self._writes += 1
        for key in [key for key in self._kept if key.token == token]:
            self._drop(key)

    async def aclose(self) -> None:
        """Forget all, and close what this wraps."""
        self._kept.clear()
        self._size = 0
        await self._inner.aclose()

    async def _read(self, request: httpx.Request) -> httpx.Response:
        traits = traits_of(request)
        seconds = next((rule.seconds for rule in self._rules if re.fullmatch(rule.path, traits.path)), None)
        if seconds is None:
            return await self._inner.handle_async_request(request)
        key = read_key(request)
        kept = self._kept.get(key)
        if kept is not None and traits.kind is CallKind.QUERY and self._clock() < kept.until:
            self._kept.move_to_end(key)
            return kept.answer.response()
        writes = self._writes
        response = await self._inner.handle_async_request(request)
        if writes == self._writes and _may_be_kept(response):
            answer = await record(response)
            response = answer.response()
            if writes == self._writes:
                self._keep(key, _Kept(answer, self._clock() + seconds))
        return response

    def _keep(self, key: ReadKey, kept: _Kept) -> None:
        self._drop(key)
        if kept.size > self._kept_bytes * LARGEST_SHARE:
            return
        self._kept[key] = kept
        self._size += kept.size
        while self._size > self._kept_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: ReadKey) -> None:
        kept = self._kept.pop(key, None)
        self._size -= kept.size if kept else 0


def _may_be_kept(response: httpx.Response) -> bool:
    directives = {part.strip().lower() for part in response.headers.get("cache-control", "").split(",")}
    return response.status_code == httpx.codes.OK and not directives & {"no-store", "no-cache"}
