"""Something that changes, for the tests of both feeds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec

from adapters.events.feed import Change, ChangeFeed, Mailbox
from adapters.store.database import Database
from adapters.store.metadata import next_value

WAIT_SECONDS = 20.0


class Light(msgspec.Struct, frozen=True):
    """The state of a traffic light."""

    colour: str


async def switch(
    feed: ChangeFeed[Light], database: Database, key: str, colour: str = "red", audience: str = "me"
) -> Change[Light]:
    """Change a light in a transaction of its own."""
    async with feed.write(database) as writing:
        version = await next_value(writing.connection, "cloudsigma")
        change = Change(audience=audience, key=key, version=version, at=datetime.now(UTC), state=Light(colour))
        await writing.tell(change)
    return change


async def tell_and_fail(feed: ChangeFeed[Light], database: Database, change: Change[Light]) -> None:
    """Tell of a change in a transaction that is taken back."""
    async with feed.write(database) as writing:
        await writing.tell(change)
        raise ZeroDivisionError


async def read(mailbox: Mailbox[Light], count: int) -> list[Change[Light]]:
    """Read so many changes; they may be on their way still."""
    changes: list[Change[Light]] = []
    async with asyncio.timeout(WAIT_SECONDS):
        async for change in mailbox:
            changes.append(change)
            if len(changes) == count:
                break
    return changes
