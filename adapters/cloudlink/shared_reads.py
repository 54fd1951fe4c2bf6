"""Reads of an upstream that many want at once: asked for once, and good for a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

from adapters.cloudlink.decoding import SERVICE
from adapters.errors import DeadlineExceeded
from adapters.http.deadline import remaining, shared_within_deadline

T = TypeVar("T")

GOOD_SECONDS = 1.0


class SharedReads:
    """Keeps what was read under a key for a second; what is given is shared, so nobody may change it."""

    def __init__(self, good_seconds: float = GOOD_SECONDS) -> None:
        self._good_seconds = good_seconds
        self._reads: dict[str, asyncio.Task[Any]] = {}
        self._running: set[asyncio.Task[Any]] = set()

    async def get(self, key: str, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Give what is being read or was read just now, or read it; raises DeadlineExceeded, and what reading does."""
        if (begun := self._reads.get(key)) is not None:
            try:
                return cast("T", await shared_within_deadline(begun, SERVICE))
            except DeadlineExceeded:
                if not remaining():
                    raise  # else it was the time of the operation that began the read
        if key not in self._reads:
            task = asyncio.create_task(read(), name=f"cloudlink-read {key}")
            self._reads[key] = task
            self._running.add(task)
            task.add_done_callback(lambda done: self._ended(key, done))
        return cast("T", await shared_within_deadline(self._reads[key], SERVICE))

    def forget(self) -> None:
        """Read anew whatever is asked for from now on: something has been written."""
        self._reads.clear()

    async def close(self) -> None:
        """Break off what is being read."""
        self._reads.clear()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, key: str, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled() or task.exception() is not None:
            self._drop(key, task)
        else:
            asyncio.get_running_loop().call_later(self._good_seconds, self._drop, key, task)

    def _drop(self, key: str, task: asyncio.Task[Any]) -> None:
        if self._reads.get(key) is task:
            del self._reads[key]
