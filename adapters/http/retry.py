"""Retry of calls that may be repeated: connection trouble and passing server errors, with jitter."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from adapters.http import observing
from adapters.http.deadline import remaining

ATTEMPTS = 3
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
NONSENSE_SECONDS = 10_000_000
"""A `Retry-After` of so many says nothing."""
PASSING = frozenset({429, 502, 503, 504})
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
TROUBLE = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.ConnectTimeout)


class RetryTransport(httpx.AsyncBaseTransport):
    """Sends an idempotent request up to three times, waiting as `Retry-After` says or by growing, random steps.

    A `Retry-After` beyond 5 seconds or the operation's deadline is not waited for: the answer goes to the caller. So
    does a body that breaks off midway, unless `inner` has read it. `sleep` takes seconds; observers are told of a
    `service`.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        service: str | None = None,
    ) -> None:
        self._inner = inner
        self._service = service
        self._sleep = sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and send again while that may help."""
        attempts = ATTEMPTS if request.method in IDEMPOTENT else 1
        for attempt in itertools.count(1):
            wait = random.uniform(0.5, 1.0) * FIRST_WAIT_SECONDS * 2 ** (attempt - 1)
            try:
                response = await self._inner.handle_async_request(request)
            except TROUBLE:
                if attempt == attempts or wait >= remaining():
                    raise
            else:
                if attempt == attempts or response.status_code not in PASSING:
                    return response
                asked = retry_after_seconds(response.headers) or 0
                wait = max(wait, asked)
                if asked > LONGEST_WAIT_SECONDS or wait >= remaining():
                    return response
                await response.aclose()
            if self._service is not None:
                observing.retried(self._service)
            await self._sleep(wait)
        raise AssertionError  # the attempts have an end

    async def aclose(self) -> None:
        """Close what this wraps."""
        await self._inner.aclose()


def retry_after_seconds(headers: httpx.Headers) -> int | None:
    """Read `Retry-After`, a number of seconds or a date, in UTC where it names no zone; None where it says nothing."""
    value = headers.get("retry-after", "")
    try:
        seconds = int(value) if value.isdecimal() else _seconds_until(parsedate_to_datetime(value))
    except (ValueError, OverflowError):
        return None
    return max(0, seconds) if seconds < NONSENSE_SECONDS else None


def _seconds_until(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return math.ceil((aware - datetime.now(UTC)).total_seconds())
