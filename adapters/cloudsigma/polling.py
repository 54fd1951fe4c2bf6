"""One shared poll for all who watch an upstream: the list endpoint first, single executions where it can't help."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from adapters.cloudsigma.models import Execution
from adapters.cloudsigma.ownership import Ownership
from adapters.errors import AdapterError
from adapters.events.feed import Change, InProcessChangeFeed

logger = logging.getLogger(__name__)

BUSY_SECONDS = 2.0
IDLE_SECONDS = 10.0
TROUBLE_SECONDS = 30.0
REMEMBERED = 500


class SharedPoll:
    """Observes executions while anybody watches, and tells the feed what has changed.

    Every two seconds while one is running, every ten while none is; versions are microseconds, so that a cursor from
    before a restart still lies before all that is observed after it.
    """

    def __init__(
        self,
        feed: InProcessChangeFeed[Execution],
        ownership: Ownership,
        list_executions: Callable[[], Awaitable[Sequence[Execution]]],
        get_execution: Callable[[str], Awaitable[Execution | None]],
    ) -> None:
        self._feed = feed
        self._ownership = ownership
        self._list_executions = list_executions
        self._get_execution = get_execution
        self._observed: dict[str, Change[Execution]] = {}
        self._listed: frozenset[str] = frozenset()
        self._watched: Counter[str] = Counter()
        self._watchers = 0
        self._version = 0
        self._refreshed_at = float("-inf")
        self._refreshing = asyncio.Lock()
        self._polling: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()

    @asynccontextmanager
    async def watching(self, arn: str | None) -> AsyncIterator[None]:
        """Keep the poll going for one execution, or for all, while the context is open."""
        self._watchers += 1
        if arn is not None:
            self._watched[arn] += 1
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll(), name="cloudsigma-poll")
        try:
            yield
        finally:
            self._watchers -= 1
            if arn is not None:
                self._watched[arn] -= 1
                self._watched += Counter()
            self._nudged.set()

    async def observe(self, executions: Sequence[Execution]) -> None:
        """Take note of states, and tell those that are news."""
        owners = await self._ownership.owners(execution.arn for execution in executions)
        for execution in executions:
            owner = owners[execution.arn]
            known = self._observed.get(execution.arn)
            if known is not None and known.audience == owner and not _is_news(known.state, execution):
                continue
            self._version = max(self._version + 1, time.time_ns() // 1000)
            change = Change(
                audience=owner, key=execution.arn, version=self._version, at=datetime.now(UTC), state=execution
            )
            self._observed.pop(execution.arn, None)
            self._observed[execution.arn] = change
            self._feed.deliver(change)
        self._forget()
        self._nudged.set()

    async def changed_since(self, owner: str, version: int, arn: str | None = None) -> list[Change[Execution]]:
        """Give the observed state of all that changed after a version, oldest change first."""
        await self._refresh_if_stale()
        if arn is not None and arn not in self._observed:
            execution = await self._get_execution(arn)
            await self.observe([execution] if execution is not None else [])
        return [
            change
            for change in sorted(self._observed.values(), key=lambda change: change.version)
            if change.audience == owner and change.version > version and arn in (None, change.key)
        ]

    async def recent(self, owner: str, count: int) -> list[Change[Execution]]:
        """Give the executions that were started last, oldest change first."""
        newest = await self.changed_since(owner, 0)
        newest.sort(key=lambda change: (change.state.started_at, change.key), reverse=True)
        return sorted(newest[:count], key=lambda change: change.version)

    async def close(self) -> None:
        """Stop polling."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    async def _refresh_if_stale(self) -> None:
        async with self._refreshing:
            if time.monotonic() - self._refreshed_at > BUSY_SECONDS:
                await self._refresh()

    async def _refresh(self) -> None:
        executions = await self._list_executions()
        self._listed = frozenset(execution.arn for execution in executions)
        self._refreshed_at = time.monotonic()
        await self.observe(executions)

    async def _refresh_unlisted(self) -> None:
        unlisted = [arn for arn in self._watched if arn not in self._listed and not self._has_ended(arn)]
        found = await asyncio.gather(*(self._get_execution(arn) for arn in unlisted))
        await self.observe([execution for execution in found if execution is not None])

    async def _poll(self) -> None:
        trouble = 0
        while self._watchers:
            try:
                async with self._refreshing:
                    if time.monotonic() - self._refreshed_at >= BUSY_SECONDS / 2:
                        await self._refresh()
                await self._refresh_unlisted()
                trouble = 0
            except AdapterError as error:
                trouble += 1
                logger.warning("Watching CloudSigma is interrupted, trying again: %s", error)
            await self._pause(trouble)

    async def _pause(self, trouble: int) -> None:
        pause = min(BUSY_SECONDS * 2**trouble, TROUBLE_SECONDS) if trouble or self._is_busy() else IDLE_SECONDS
        until = time.monotonic() + pause
        while self._watchers and time.monotonic() < until:
            self._nudged.clear()
            try:
                async with asyncio.timeout(until - time.monotonic()):
                    await self._nudged.wait()
            except TimeoutError:
                return
            if not trouble and self._is_busy():
                until = min(until, self._refreshed_at + BUSY_SECONDS)

    def _is_busy(self) -> bool:
        return any(not change.state.finished for change in self._observed.values())

    def _has_ended(self, arn: str) -> bool:
        known = self._observed.get(arn)
        return known is not None and known.state.finished

    def _forget(self) -> None:
        for arn in list(self._observed):
            if len(self._observed) <= REMEMBERED:
                return
            if arn not in self._listed and arn not in self._watched:
                del self._observed[arn]


def _is_news(known: Execution, execution: Execution) -> bool:
    """Say whether status, stage or progress differ; a state after the terminal one is never news."""
    if known.finished:
        return False
    return (known.status, known.stage, known.progress) != (execution.status, execution.stage, execution.progress)
