"""The change feed within one process: every watcher has a mailbox that keeps the latest state of each thing."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.finishing import finished
from adapters.store.database import Database

T = TypeVar("T")

MAILBOX_SIZE = 1000
"""Different things that a mailbox keeps unread before it gives up and asks its reader to read the store again."""


class Change(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """`state` is what `key` has become; `version` grows with every change, `audience` is who may see it."""

    audience: str
    key: str
    version: int
    at: datetime
    state: T


class MailboxOverflow(Exception):
    """The reader was too slow for the number of things that changed: it shall read the present state again."""


class Mailbox(Generic[T]):
    """What one watcher has not read yet: latest-wins per key, so its size is bounded by the things it watches."""

    def __init__(self, feed: InProcessChangeFeed[T], audience: str, key: str | None) -> None:
        self._feed = feed
        self._audience = audience
        self._key = key
        self._unread: dict[str, Change[T]] = {}
        self._overflowed = False
        self._ended = False
        self._arrived = asyncio.Event()

    def put(self, change: Change[T]) -> None:
        """Keep a change, in place of an unread earlier one of the same thing."""
        if self._key is not None and change.key != self._key:
            return
        known = self._unread.get(change.key)
        if known is not None and known.version > change.version:
            return
        self._unread.pop(change.key, None)
        self._unread[change.key] = change
        if len(self._unread) > MAILBOX_SIZE:
            self.overflow()
        self._arrived.set()

    def overflow(self) -> None:
        """Forget everything: the reader is told by MailboxOverflow."""
        self._unread.clear()
        self._overflowed = True
        self._arrived.set()

    def end(self, key: str) -> None:
        """Let reading end behind what is unread, if the mailbox is for this thing alone."""
        if self._key == key:
            self._ended = True
            self._arrived.set()

    async def __aiter__(self) -> AsyncIterator[Change[T]]:
        """Yield changes as they come, oldest first, until it is ended; raises MailboxOverflow where some were lost."""
        while True:
            await self._arrived.wait()
            if self._overflowed:
                self._overflowed = False
                self._arrived.clear()
                raise MailboxOverflow
            if not self._unread:
                if self._ended:
                    return
                self._arrived.clear()
                continue
            yield self._unread.pop(next(iter(self._unread)))

    def __enter__(self) -> Self:
        self._feed.mailboxes[self._audience].add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        open_mailboxes = self._feed.mailboxes[self._audience]
        open_mailboxes.discard(self)
        if not open_mailboxes:
            del self._feed.mailboxes[self._audience]


@dataclass(frozen=True)
class Writing(Generic[T]):
    """A transaction that changes things: what is told within it reaches watchers in order, once it is committed."""

    connection: AsyncConnection
    tell: Callable[[Change[T]], Awaitable[None]]


class ChangeFeed(Protocol[T]):
    """Tells changes to everyone who watches, in this process or in all that share the store."""

    async def start(self) -> None:
        """Begin to pass changes on."""

    async def close(self) -> None:
        """Stop passing changes on."""

    def write(self, database: Database) -> AbstractAsyncContextManager[Writing[T]]:
        """Open a transaction to change things in and tell of it; an exception takes both back."""

    def watch(self, audience: str, key: str | None = None) -> Mailbox[T]:
        """Open a mailbox, as a context, for all changes of an audience, or for those of one thing."""


class InProcessChangeFeed(Generic[T]):
    """The feed of a gateway that runs as one process."""

    def __init__(self) -> None:
        self.mailboxes: defaultdict[str, set[Mailbox[T]]] = defaultdict(set)
        self._in_order = asyncio.Lock()

    async def start(self) -> None:
        """Nothing to begin."""

    async def close(self) -> None:
        """Nothing to stop."""

    @asynccontextmanager
    async def write(self, database: Database) -> AsyncIterator[Writing[T]]:
        """Open a transaction; one at a time, so that changes are told in the order of their versions.

        Once it is about to be committed its changes are told, even if the caller leaves meanwhile.
        """
        changes: list[Change[T]] = []

        async def tell(change: Change[T]) -> None:
            changes.append(change)

        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._in_order)
            async with AsyncExitStack() as transaction:
                yield Writing(await transaction.enter_async_context(database.write()), tell)
                await finished(self._commit(turn.pop_all(), transaction.pop_all(), changes))

    async def _commit(self, turn: AsyncExitStack, transaction: AsyncExitStack, changes: list[Change[T]]) -> None:
        async with turn:
            await transaction.aclose()
            for change in changes:
                self.deliver(change)

    def deliver(self, change: Change[T]) -> None:
        """Put the change into every mailbox of its audience."""
        for mailbox in self.mailboxes.get(change.audience, ()):
            mailbox.put(change)

    def end(self, key: str) -> None:
        """Tell everyone who watches only this thing that nothing more will come of it."""
        for mailboxes in self.mailboxes.values():
            for mailbox in mailboxes:
                mailbox.end(key)

    def watch(self, audience: str, key: str | None = None) -> Mailbox[T]:
        """Open a mailbox."""
        return Mailbox(self, audience, key)
