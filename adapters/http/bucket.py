"""What is left of a limit, told from the calls that were made and from what the upstream says."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable

import httpx

from adapters.http.deadline import remaining
from adapters.http.retry import retry_after_seconds
from adapters.http.traits import CallKind
from adapters.http.turnstile import QueueLength, Turnstile

POLLED_SHARE = 0.8
"""How much of a limit polls may use up: the rest is kept for queries."""
EPOCH_FROM = 1_000_000_000
"""A reset that is told as a larger number is a moment, a smaller one is seconds from now."""
PAUSE_SECONDS = 1
"""How long nothing is sent after a 429 that does not say when to come back."""
LONGEST_CLOSED_SECONDS = 600
"""A 429 that asks for more is not about how fast calls come, but about what was asked for, as a month's scans are."""


class RateLimited(httpx.TransportError):
    """The limit is used up for longer than the operation has time; nothing was sent."""

    def __init__(self, calls: int, seconds: float, retry_after_seconds: float) -> None:
        super().__init__(f"{calls} calls within {seconds:g} s are used up for another {retry_after_seconds:.1f} s")
        self.calls = calls
        self.seconds = seconds
        self.retry_after_seconds = retry_after_seconds


class Bucket:
    """Admits at most `calls` within any `seconds`, as the upstream sees them.

    A call counts from when it is sent until `seconds` after it was answered, as it arrived somewhere in between: so
    whichever window the upstream counts in, no more fall into it.
    """

    def __init__(
        self, calls: int, seconds: float, length: QueueLength, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._calls = calls
        self._seconds = seconds
        self._clock = clock
        self._leaving: deque[float] = deque()
        self._under_way = 0
        self._of_others = 0
        self._others_leave = 0.0
        self._closed_until = 0.0
        self._turnstile = Turnstile(self._is_free, length)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def calls(self) -> int:
        """How many calls it admits, as far as is known by now."""
        return self._calls

    @property
    def is_idle(self) -> bool:
        """Say whether nothing waits here or is under way."""
        return not self._under_way and not len(self._turnstile)

    def left(self) -> int:
        """Count the calls that are left right now."""
        now = self._clock()
        return 0 if now < self._closed_until else max(0, self._calls - self._count(now))

    async def enter(self, kind: CallKind) -> None:
        """Wait until a call may be sent, and count it; raises RateLimited at once if that takes too long."""
        wait = self.seconds_until(kind)
        if wait > remaining():
            raise RateLimited(self._calls, self._seconds, wait)
        if wait:
            self._schedule()
        await self._turnstile.enter(kind)
        self._under_way += 1

    def leave(self, *, was_sent: bool) -> None:
        """Note that a call is over; one that never left is not counted."""
        self._under_way -= 1
        if was_sent:
            self._leaving.append(self._clock() + self._seconds)
            self._schedule()
        else:
            self._turnstile.turn()

    def learn(self, response: httpx.Response) -> None:
        """Take over what the upstream says of its limit."""
        headers = response.headers
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            asked = retry_after_seconds(headers) or PAUSE_SECONDS
            self._closed_until = self._clock() + (asked if asked <= LONGEST_CLOSED_SECONDS else PAUSE_SECONDS)
        limit, left = _number(headers, "x-ratelimit-limit"), _number(headers, "x-ratelimit-remaining")
        resets_in = _seconds_until_reset(headers)
        if limit is None or not 0 <= resets_in <= self._seconds + 1:
            return  # it counts in another window
        self._calls = max(1, limit)
        if left is not None:
            mine = self._under_way + len(self._leaving)
            self._of_others = max(0, limit - left - mine)
            self._others_leave = self._clock() + resets_in
        self._turnstile.turn()
        self._schedule()

    def seconds_until(self, kind: CallKind) -> float:
        """Estimate when a new call of this kind has its turn; what is under way is taken to be answered at once."""
        now = self._clock()
        lacking = self._turnstile.ahead_of(kind) + 1 + self._reserved(kind) - (self._calls - self._count(now))
        closed = max(0.0, self._closed_until - now)
        if lacking <= 0:
            return closed
        of_others = [self._others_leave] * self._count_of_others(now)
        leaving = sorted([*self._leaving, *of_others, *[now + self._seconds] * self._under_way])
        leaving = leaving or [now + self._seconds]
        rounds, place = divmod(lacking - 1, len(leaving))
        return max(closed, leaving[place] - now + rounds * self._seconds)

    def close(self) -> None:
        """Let go of the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _drop_left(self, now: float) -> None:
        while self._leaving and self._leaving[0] <= now:
            self._leaving.popleft()

    def _count(self, now: float) -> int:
        self._drop_left(now)
        return self._under_way + len(self._leaving) + self._count_of_others(now)

    def _count_of_others(self, now: float) -> int:
        return self._of_others if now < self._others_leave else 0

    def _is_free(self, kind: CallKind) -> bool:
        return self.left() > self._reserved(kind)

    def _reserved(self, kind: CallKind) -> int:
        if kind is CallKind.QUERY:
            return 0
        return self._calls - max(1, math.floor(self._calls * POLLED_SHARE))

    def _schedule(self) -> None:
        """Look again when the next call may leave the window, or what keeps others back is over."""
        now = self._clock()
        self._drop_left(now)
        instants = [self._leaving[0] if self._leaving else now, self._others_leave, self._closed_until]
        coming = [instant for instant in instants if instant > now]
        if coming:
            self.close()
            self._timer = asyncio.get_running_loop().call_later(min(coming) - now, self._tick)

    def _tick(self) -> None:
        if len(self._turnstile):
            self._turnstile.turn()
            self._schedule()


def _number(headers: httpx.Headers, name: str) -> int | None:
    value = headers.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 11 else None  # noqa: PLR2004 - longer is nonsense


def _seconds_until_reset(headers: httpx.Headers) -> float:
    reset = _number(headers, "x-ratelimit-reset")
    if reset is None:
        return 0.0
    return reset - time.time() if reset > EPOCH_FROM else float(reset)
