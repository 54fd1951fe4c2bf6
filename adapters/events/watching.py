"""Watching things that change: what is kept first, then what the change feed tells, each with a cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import msgspec

from adapters.errors import InvalidInput, NotFound
from adapters.events.feed import Change, ChangeFeed, MailboxOverflow


class Changing(Protocol):
    """A thing that changes until it has finished."""

    @property
    def finished(self) -> bool:
        """Whether it will not change any more."""


T = TypeVar("T", bound=Changing)

PRESENT_STATE_SIZE = 50
"""How many things the present state of a stream on all of them covers."""
STATES_AT_ONCE = 500
"""How many states are read from the store at once."""


class Observation(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a watcher is told: `cursor` works as `after`, `previous` is the state that this watcher was told before."""

    cursor: str
    at: datetime
    state: T
    previous: T | None = None


class KnownStates(Protocol[T]):
    """Where the present state is read."""

    async def changed_since(self, audience: str, version: int, key: str | None = None) -> list[Change[T]]:
        """Give the present state of what changed after a version, oldest change first, as many as are read at once."""

    async def recent(self, audience: str, count: int) -> list[Change[T]]:
        """Give the things that began last, oldest change first."""


async def watch(
    known: KnownStates[T],
    feed: ChangeFeed[T],
    audience: str,
    *,
    after: str | None,
    key: str | None,
) -> AsyncIterator[Observation[T]]:
    """Yield the present state and every change, of one thing until it has finished, or of all of an audience.

    Raises InvalidInput for an `after` that is no cursor, and NotFound for a `key` that names nothing or,
    later, nothing any more.
    """
    seen = _version_of(after)
    told: dict[str, T] = {}
    with feed.watch(audience, key) as mailbox:
        while True:
            before = seen or 0
            present: dict[str, int] = {}
            async for change in _present(known, audience, seen, key):
                seen = max(seen or 0, change.version)
                present[change.key] = change.version
                yield _observation(change, told)
            if key is not None and await _is_over(known, audience, key, told):
                return
            try:
                async for change in mailbox:
                    if change.version <= max(before, present.pop(change.key, 0)):
                        continue
                    seen = change.version
                    yield _observation(change, told)
                    if key is not None and change.state.finished:
                        await asyncio.sleep(0)  # all others are told the end before this one is cleared away
                        return
            except MailboxOverflow:
                continue
            raise _not_found(key, " any more")


async def _present(known: KnownStates[T], audience: str, seen: int | None, key: str | None) -> AsyncIterator[Change[T]]:
    if seen is None and key is None:
        for change in await known.recent(audience, PRESENT_STATE_SIZE):
            yield change
        return
    since = seen or 0
    while changes := await known.changed_since(audience, since, key):
        for change in changes:
            yield change
        since = changes[-1].version
        if key is not None:
            return


async def _is_over(known: KnownStates[T], audience: str, key: str, told: dict[str, T]) -> bool:
    """Say whether there is nothing more to tell of a thing; raises NotFound if there is no such one."""
    if key in told:
        return False
    present = await known.changed_since(audience, 0, key)
    if not present:
        raise _not_found(key)
    return present[0].state.finished


def _not_found(key: str | None, when: str = "") -> NotFound:
    return NotFound("NotFound", f"There is no {(key or '')[:200]!r}{when}")


def _observation(change: Change[T], told: dict[str, T]) -> Observation[T]:
    """Make what is told of a change; a thing that has finished will not change again, so it is not remembered."""
    previous = told.pop(change.key, None)
    if not change.state.finished:
        told[change.key] = change.state
    return Observation(cursor=str(change.version), at=change.at, state=change.state, previous=previous)


def _version_of(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or not cursor.isascii() or len(cursor) > 18:  # noqa: PLR2004 - surely fits a BIGINT
        raise InvalidInput("ValidationError", f"{cursor[:80]!r} is not a cursor: use one as an event gave it", "after")
    return int(cursor)
