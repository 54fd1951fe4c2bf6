"""Staying inside an upstream's limits, instead of running into 429."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from adapters.health import LimitStanding
from adapters.http import observing
from adapters.http.bucket import Bucket
from adapters.http.deadline import OutOfTime
from adapters.http.identity import token_digest
from adapters.http.traits import traits_of
from adapters.http.turnstile import Crowded, QueueLength

BUCKETS = 1000
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, Crowded, OutOfTime)


@dataclass(frozen=True)
class Limit:
    """At most `calls` within any `seconds`, for a token's requests of this method and path, a regular expression.

    `name` is what metrics call it.
    """

    name: str
    calls: int
    seconds: float
    method: str | None = None
    path: str = ".*"

    def covers(self, method: str, path: str) -> bool:
        """Say whether a request counts here."""
        return self.method in (None, method) and re.fullmatch(self.path, path) is not None


class RateLimitTransport(httpx.AsyncBaseTransport):
    """Holds calls back until their limit allows them, queries before polls; the first limit that covers a call counts.

    Raises RateLimited where that would take longer than the operation has time. The limits of the 1,000 tokens that
    called last are remembered.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        service: str,
        limits: Sequence[Limit],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._service = service
        self._limits = limits
        self._clock = clock
        self._length = QueueLength(service, "rate_limit")
        self._buckets: OrderedDict[tuple[bytes, Limit], Bucket] = OrderedDict()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send as soon as the limit allows."""
        traits = traits_of(request)
        limit = next((limit for limit in self._limits if limit.covers(request.method, traits.path)), None)
        if limit is None:
            return await self._inner.handle_async_request(request)
        bucket = self._bucket(token_digest(request), limit)
        await bucket.enter(traits.kind)
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException as error:
            bucket.leave(was_sent=not isinstance(error, UNSENT))
            raise
        bucket.leave(was_sent=True)
        bucket.learn(response)
        observing.limit_left(self._service, limit.name, bucket.left())
        return response

    async def aclose(self) -> None:
        """Close what this wraps."""
        for bucket in self._buckets.values():
            bucket.close()
        await self._inner.aclose()

    def standing(self, token: bytes) -> tuple[LimitStanding, ...]:
        """Say how each limit stands for the token of this digest, the general one last."""
        return tuple(self._standing_of(limit, self._buckets.get((token, limit))) for limit in self._limits)

    def _standing_of(self, limit: Limit, known: Bucket | None) -> LimitStanding:
        calls = known.calls if known else limit.calls
        remaining = known.left() if known else limit.calls
        return LimitStanding(name=limit.name, calls=calls, seconds=limit.seconds, remaining=remaining)

    def _bucket(self, token: bytes, limit: Limit) -> Bucket:
        bucket = self._buckets.pop((token, limit), None) or Bucket(
            limit.calls, limit.seconds, self._length, self._clock
        )
        self._buckets[token, limit] = bucket
        if (excess := len(self._buckets) - BUCKETS) > 0:
            idle = [key for key, each in self._buckets.items() if each.is_idle and each is not bucket]
            for key in idle[:excess]:
                self._buckets.pop(key).close()
        return bucket
