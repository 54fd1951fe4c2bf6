"""One shared poll for all who watch an upstream: the list endpoint first, single things where it can't help."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from adapters.errors import AdapterError, InvalidPayload
from adapters.events.feed import Change, InProcessChangeFeed
from adapters.events.watching import Changing
from adapters.http.traits import CallKind, calls_of_kind
from adapters.paging import Position

logger = logging.getLogger(__name__)

REMEMBERED = 500
FORGOTTEN_AFTER = 5
"""Looks in a row at which an upstream must know nothing of a thing that is watched, for it to count as forgotten."""


T = TypeVar("T", bound=Changing)


@dataclass(frozen=True)
class Pace:
    """Seconds from look to look: while something is running, while nothing is, and at most while there is trouble.

    One that takes long is followed by a pause of a quarter at least. A client that polls CloudSigma as documented
    looks after 2 s at the earliest: who watches is told sooner, by 34 calls a minute in all.
    """

    busy: float = 1.8
    idle: float = 10.0
    trouble: float = 30.0


DOCUMENTED_PACE = Pace()


@dataclass(frozen=True, kw_only=True)
class Subject(Generic[T]):
    """What is polled: how all of it, or one by its key, is had, where it stands, and what about it is news.

    `is_news` takes the state that was told and a later one; what has finished is never news again.
    """

    service: str
    list_all: Callable[[], Awaitable[Sequence[T]]]
    get_one: Callable[[str], Awaitable[T | None]]
    position_of: Callable[[T], Position]
    is_news: Callable[[T, T], bool]


class Owners(Protocol):
    """Knows whose an upstream's things are."""

    async def owners(self, keys: Iterable[str]) -> dict[str, str]:
        """Say whose these are."""


class SharedPoll(Generic[T]):
    """Observes a subject while anybody watches, and tells the feed what has changed.

    Versions are microseconds, so that a cursor from before a restart still lies before all that is observed after it.
    """

    def __init__(
        self,
        feed: InProcessChangeFeed[T],
        ownership: Owners,
        subject: Subject[T],
        pace: Pace = DOCUMENTED_PACE,
    ) -> None:
        self._feed = feed
        self._ownership = ownership
        self._subject = subject
        self._pace = pace
        self._observed: dict[str, Change[T]] = {}
        self._listed: frozenset[str] = frozenset()
        self._watched: Counter[str] = Counter()
        self._missed: Counter[str] = Counter()
        self._watchers = 0
        self._version = 0
        self._refreshed_at = float("-inf")
        self._failure: AdapterError | None = None
        self._refreshing = asyncio.Lock()
        self._polling: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()

    @asynccontextmanager
    async def watching(self, key: str | None) -> AsyncIterator[None]:
        """Keep the poll going for one thing, or for all, while the context is open."""
        self._watchers += 1
        if key is not None:
            self._watched[key] += 1
        if self._polling is None or self._polling.done():
            # Polling is nobody's operation: it has no deadline, and is part of no request.
            name = f"{self._subject.service.lower()}-poll"
            self._polling = asyncio.create_task(self._poll(), name=name, context=Context())
        try:
            yield
        finally:
            self._watchers -= 1
            if key is not None:
                self._watched[key] -= 1
                self._watched += Counter()
                if key not in self._watched:
                    del self._missed[key]
            self._nudged.set()

    async def observe(self, states: Sequence[T]) -> None:
        """Take note of states, and tell those that are news."""
        keyed = {self._key_of(state): state for state in states}
        owners = await self._ownership.owners(keyed)
        for key, state in keyed.items():
            del self._missed[key]
            owner = owners[key]
            known = self._observed.get(key)
            if known is not None and known.audience == owner and not self._is_news(known.state, state):
                continue
            self._version = max(self._version + 1, time.time_ns() // 1000)
            change = Change(audience=owner, key=key, version=self._version, at=datetime.now(UTC), state=state)
            self._observed.pop(key, None)
            self._observed[key] = change
            self._feed.deliver(change)
        self._forget()
        self._nudged.set()

    async def changed_since(self, owner: str, version: int, key: str | None = None) -> list[Change[T]]:
        """Give the observed state of all that changed after a version, oldest change first."""
        try:
            await self._refresh_if_older_than(self._pace.busy)
        except InvalidPayload:
            if key is None:
                raise
        if key is not None and key not in self._observed:
            state = await self._subject.get_one(key)
            await self.observe([state] if state is not None else [])
        return [
            change
            for change in sorted(self._observed.values(), key=lambda change: change.version)
            if change.audience == owner and change.version > version and key in (None, change.key)
        ]

    async def recent(self, owner: str, count: int) -> list[Change[T]]:
        """Give what was started last, oldest change first."""
        newest = await self.changed_since(owner, 0)
        newest.sort(key=lambda change: self._subject.position_of(change.state), reverse=True)
        return sorted(newest[:count], key=lambda change: change.version)

    def has_ended(self, key: str) -> bool:
        """Say whether something was observed in a terminal state."""
        known = self._observed.get(key)
        return known is not None and known.state.finished

    async def close(self) -> None:
        """Stop polling."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    def _key_of(self, state: T) -> str:
        return self._subject.position_of(state).key

    def _is_news(self, known: T, state: T) -> bool:
        return not known.finished and self._subject.is_news(known, state)

    async def _refresh_if_older_than(self, seconds: float) -> None:
        """Read the list once for all who want it now; raises for all of them what it raised."""
        async with self._refreshing:
            if time.monotonic() - self._refreshed_at > seconds:
                await self._refresh()
        if self._failure is not None:
            raise self._failure.with_traceback(None)

    async def _refresh(self) -> None:
        states: Sequence[T] = ()
        self._failure = None
        try:
            with calls_of_kind(CallKind.POLL):
                states = await self._subject.list_all()
        except AdapterError as error:
            self._failure = error
        self._listed = frozenset(map(self._key_of, states))
        await self.observe(states)
        self._refreshed_at = time.monotonic()

    async def _refresh_unlisted(self) -> None:
        unlisted = [key for key in {*self._observed, *self._watched} - self._listed if self._is_open(key)]
        answers = await asyncio.gather(*(self._subject.get_one(key) for key in unlisted), return_exceptions=True)
        for key, answer in zip(unlisted, answers, strict=True):
            if answer is None:
                self._miss(key)
            else:
                del self._missed[key]
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        await self.observe([answer for answer in answers if answer and not isinstance(answer, BaseException)])
        # One that can't be read is its own trouble; where none is answered, it is everyone's.
        if len(failures) == len(answers) and not all(isinstance(failure, InvalidPayload) for failure in failures):
            raise _unnamed(failures[0])

    def _is_open(self, key: str) -> bool:
        return not self.has_ended(key) and self._missed[key] < FORGOTTEN_AFTER

    def _miss(self, key: str) -> None:
        """Take note that the upstream knows nothing of a thing; watching it ends with the last such look in a row."""
        self._observed.pop(key, None)
        if key not in self._watched:
            return
        self._missed[key] += 1
        if self._missed[key] == FORGOTTEN_AFTER:
            self._feed.end(key)

    async def _poll(self) -> None:
        with calls_of_kind(CallKind.POLL):
            await self._look_again_and_again()

    async def _look_again_and_again(self) -> None:
        trouble = 0
        while self._watchers:
            began_at = time.monotonic()
            try:
                with suppress(InvalidPayload):  # a list of unknown shape: what is watched is asked for singly
                    await self._refresh_if_older_than(self._pace.busy / 2)
                await self._refresh_unlisted()
                trouble = 0
            except AdapterError as error:
                trouble += 1
                logger.warning("Watching %s is interrupted, trying again: %s", self._subject.service, error)
            except Exception:
                trouble += 1
                logger.exception("Watching %s failed unexpectedly, trying again", self._subject.service)
            await self._pause(began_at, trouble)

    async def _pause(self, began_at: float, trouble: int) -> None:
        seconds = self._seconds_until_next(trouble)
        until = time.monotonic() + seconds if trouble else max(began_at + seconds, time.monotonic() + seconds / 4)
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
        for key in list(self._observed):
            if len(self._observed) <= REMEMBERED:
                return
            if key not in self._listed and key not in self._watched:
                del self._observed[key]


def _unnamed(failure: BaseException) -> BaseException:
    """Give a failure to be logged without the key of what could not be read, which may be an operation's variable."""
    if not isinstance(failure, AdapterError):
        return failure
    return AdapterError(failure.code, f"nothing can be read by itself: {type(failure).__name__}")
