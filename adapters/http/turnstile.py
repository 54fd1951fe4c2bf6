"""A queue in front of what is scarce: queries before polls, otherwise first come, first served."""

from __future__ import annotations

import asyncio
import itertools
import math
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from adapters.http import observing
from adapters.http.deadline import OutOfTime, remaining
from adapters.http.traits import CallKind

PLACES = 1000


class Crowded(httpx.PoolTimeout):
    """Too many wait already."""


class QueueLength:
    """How many calls of a service wait in a queue, which observers are told."""

    def __init__(self, service: str, queue: str) -> None:
        self._service = service
        self._queue = queue
        self._calls = 0

    def change(self, by: int) -> None:
        """Count who comes and who goes."""
        self._calls += by
        observing.waiting(self._service, self._queue, self._calls)


@dataclass(order=True)
class _Waiting:
    kind: CallKind
    number: int
    turn: asyncio.Future[None] | None = field(default=None, compare=False)


class Turnstile:
    """Lets calls through while `is_free` says so; whoever gets through takes what is free before it awaits anything.

    At most `places` calls wait, none of them beyond its operation's deadline.
    """

    def __init__(self, is_free: Callable[[CallKind], bool], length: QueueLength, places: int = PLACES) -> None:
        self._is_free = is_free
        self._length = length
        self._places = places
        self._queue: list[_Waiting] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._queue)

    def ahead_of(self, kind: CallKind) -> int:
        """Count the calls that a new one of this kind has to let go first."""
        return sum(waiting.kind <= kind for waiting in self._queue)

    async def enter(self, kind: CallKind) -> None:
        """Wait for a turn; raises Crowded or OutOfTime."""
        if self._is_free(kind) and not self.ahead_of(kind):
            return
        if len(self._queue) >= self._places:
            raise Crowded(f"{self._places} calls wait already")
        mine = _Waiting(kind, next(self._numbers))
        insort(self._queue, mine)
        self._length.change(1)
        try:
            while not (self._queue[0] is mine and self._is_free(kind)):
                mine.turn = asyncio.get_running_loop().create_future()
                await _within_deadline(mine.turn)
        finally:
            self._queue.remove(mine)
            self._length.change(-1)
            self.turn()

    def turn(self) -> None:
        """Let the first in the queue look again: something may have become free."""
        if self._queue and (turn := self._queue[0].turn) is not None and not turn.done():
            turn.set_result(None)


async def _within_deadline(turn: asyncio.Future[None]) -> None:
    seconds = remaining()
    try:
        async with asyncio.timeout(None if seconds == math.inf else seconds):
            await turn
    except TimeoutError:
        raise OutOfTime("the operation's time was over before its turn came") from None
