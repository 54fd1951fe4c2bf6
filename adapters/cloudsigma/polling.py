"""One shared poll for all who watch an upstream: the list endpoint first, single executions where it can't help."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.cloudsigma.models import Execution
from adapters.cloudsigma.ownership import Ownership
from adapters.errors import AdapterError, InvalidPayload
from adapters.events.feed import Change, InProcessChangeFeed

logger = logging.getLogger(__name__)

REMEMBERED = 500


@dataclass(frozen=True)
class Pace:
    """Seconds between two looks: while an execution is running, while none is, and at most while there is trouble."""

    busy: float = 2.0
    idle: float = 10.0
    trouble: float = 30.0


DOCUMENTED_PACE = Pace()


class SharedPoll:
    """Observes executions while anybody watches, and tells the feed what has changed.

    Versions are microseconds, so that a cursor from before a restart still lies before all that is observed after it.
    """

    def __init__(
        self,
        feed: InProcessChangeFeed[Execution],
        ownership: Ownership,
        list_executions: Callable[[], Awaitable[Sequence[Execution]]],
        get_execution: Callable[[str], Awaitable[Execution | None]],
        pace: Pace = DOCUMENTED_PACE,
    ) -> None:
        self._feed = feed
        self._ownership = ownership
        self._list_executions = list_executions
        self._get_execution = get_execution
        self._pace = pace
        self._observed: dict[str, Change[Execution]] = {}
        self._listed: frozenset[str] = frozenset()
        self._watched: Counter[str] = Counter()
        self._watchers = 0
        self._version = 0
        self._refreshed_at = float("-inf")
        self._failure: AdapterError | None = None
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
        try:
            await self._refresh_if_older_than(self._pace.busy)
        except InvalidPayload:
            if arn is None:
                raise
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

    def has_ended(self, arn: str) -> bool:
        """Say whether an execution was observed in a terminal state."""
        known = self._observed.get(arn)
        return known is not None and known.state.finished

    async def close(self) -> None:
        """Stop polling."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    async def _refresh_if_older_than(self, seconds: float) -> None:
        """Read the list once for all who want it now; raises for all of them what it raised."""
        async with self._refreshing:
            if time.monotonic() - self._refreshed_at > seconds:
                await self._refresh()
        if self._failure is not None:
            raise self._failure.with_traceback(None)

    async def _refresh(self) -> None:
        executions: Sequence[Execution] = ()
        self._failure = None
        try:
            executions = await self._list_executions()
        except AdapterError as error:
            self._failure = error
        self._refreshed_at = time.monotonic()
        self._listed = frozenset(execution.arn for execution in executions)
        await self.observe(executions)

    async def _refresh_unlisted(self) -> None:
        unlisted = [arn for arn in {*self._observed, *self._watched} - self._listed if not self.has_ended(arn)]
        answers = await asyncio.gather(*(self._get_execution(arn) for arn in unlisted), return_exceptions=True)
        for arn, answer in zip(unlisted, answers, strict=True):
            if answer is None:
                self._observed.pop(arn, None)
        await self.observe([answer for answer in answers if isinstance(answer, Execution)])
        # One that can't be read is its own trouble; where none is answered, it is everyone's.
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        if len(failures) == len(answers) and not all(isinstance(failure, InvalidPayload) for failure in failures):
            raise failures[0]

    async def _poll(self) -> None:
        trouble = 0
        while self._watchers:
            try:
                with suppress(InvalidPayload):  # a list of unknown shape: what is watched is asked for singly
                    await self._refresh_if_older_than(self._pace.busy / 2)
                await self._refresh_unlisted()
                trouble = 0
            except AdapterError as error:
                trouble += 1
                logger.warning("Watching CloudSigma is interrupted, trying again: %s", error)
            except Exception:
                trouble += 1
                logger.exception("Watching CloudSigma failed unexpectedly, trying again")
            await self._pause(trouble)

    async def _pause(self, trouble: int) -> None:
        until = time.monotonic() + self._seconds_until_next(trouble)
        while self._watchers and time.monotonic() < until:
            self._nudged.clear()
            try:
                async with asyncio.timeout(until - time.monotonic()):
                    await self._nudged.wait()
            except TimeoutError:
                return
            if not trouble and self._is_busy():
                until = min(until, self._refreshed_at + self._pace.busy)

    def _seconds_until_next(self, trouble: int) -> float:
        if trouble:
            return min(self._pace.busy * 2.0 ** min(trouble, 10), self._pace.trouble)
        return self._pace.busy if self._is_busy() else self._pace.idle

    def _is_busy(self) -> bool:
        return any(not change.state.finished for change in self._observed.values())

    def _forget(self) -> None:
        for arn in list(self._observed):
            if len(self._observed) <= REMEMBERED:
                return
            if arn not in self._listed and arn not in self._watched:
                del self._observed[arn]


def _is_news(known: Execution, execution: Execution) -> bool:
    """Say whether status, stage or progress differ; a state after the terminal one is never news, nor a step back."""
    if known.finished or (not execution.finished and (execution.progress or 0) < (known.progress or 0)):
        return False
    return (known.status, known.stage, known.progress) != (execution.status, execution.stage, execution.progress)
