from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event

from adapters.events.feed import MAILBOX_SIZE, Change, InProcessChangeFeed, MailboxOverflow
from adapters.store.database import Database
from tests.adapters.events.lights import WAIT_SECONDS, Light, read, switch, tell_and_fail
from tests.waiting import until


@pytest.fixture
def feed() -> InProcessChangeFeed[Light]:
    """A feed of its own."""
    return InProcessChangeFeed()


async def watched(feed: InProcessChangeFeed[Light]) -> AsyncIterator[Change[Light]]:
    """Watch as adapters do: a mailbox held open by an async generator."""
    with feed.watch("me") as mailbox:
        async for change in mailbox:
            yield change


async def test_a_slow_reader_gets_the_latest_state_of_each_thing(
    feed: InProcessChangeFeed[Light], sqlite: Database
) -> None:
    """Unread changes of the same thing are replaced by the last, and what is read grows in version."""
    with feed.watch("me") as mailbox:
        for key, colour in (("a", "red"), ("b", "red"), ("a", "amber"), ("c", "red"), ("a", "green")):
            await switch(feed, sqlite, key, colour)
        changes = await read(mailbox, 3)
    assert [(change.key, change.state.colour) for change in changes] == [("b", "red"), ("c", "red"), ("a", "green")]
    assert [change.version for change in changes] == [2, 4, 5]


async def test_an_older_change_does_not_replace_a_newer(feed: InProcessChangeFeed[Light], sqlite: Database) -> None:
    """A change that arrives out of order is dropped."""
    first = await switch(feed, sqlite, "a", "red")
    second = await switch(feed, sqlite, "a", "green")
    with feed.watch("me") as mailbox:
        mailbox.put(second)
        mailbox.put(first)
        assert await read(mailbox, 1) == [second]


async def test_everyone_sees_only_their_own(feed: InProcessChangeFeed[Light], sqlite: Database) -> None:
    """A mailbox gets its audience's changes, and of those only its key's if it names one."""
    with feed.watch("me") as mine, feed.watch("me", "b") as only_b, feed.watch("you") as yours:
        for key, audience in (("a", "me"), ("b", "you"), ("b", "me")):
            await switch(feed, sqlite, key, audience=audience)
        assert [change.key for change in await read(mine, 2)] == ["a", "b"]
        assert [change.audience for change in await read(only_b, 1)] == ["me"]
        assert [change.audience for change in await read(yours, 1)] == ["you"]


async def test_a_full_mailbox_asks_its_reader_to_read_the_store(
    feed: InProcessChangeFeed[Light], sqlite: Database
) -> None:
    """Too many different things overflow the mailbox, which stays bounded and works on afterwards."""
    template = await switch(feed, sqlite, "template")
    with feed.watch("me") as mailbox:
        for number in range(3 * MAILBOX_SIZE):
            feed.deliver(Change(audience="me", key=f"{number}", version=number, at=template.at, state=template.state))
        assert len(mailbox._unread) <= MAILBOX_SIZE
        with pytest.raises(MailboxOverflow):
            await read(mailbox, 1)
        mailbox._unread.clear()
        later = await switch(feed, sqlite, "later")
        assert await read(mailbox, 1) == [later]


async def test_reading_of_one_thing_can_be_ended(feed: InProcessChangeFeed[Light], sqlite: Database) -> None:
    """Behind what is unread, for everyone who reads nothing else."""
    with feed.watch("me", "a") as only_a, feed.watch("you", "a") as yours, feed.watch("me") as mine:
        change = await switch(feed, sqlite, "a")
        feed.end("a")
        async with asyncio.timeout(WAIT_SECONDS):
            assert [read async for read in only_a] == [change]
            assert [read async for read in yours] == []
        later = await switch(feed, sqlite, "a", "green")
        assert await read(mine, 1) == [later]


async def test_nothing_is_told_of_what_was_taken_back(feed: InProcessChangeFeed[Light], sqlite: Database) -> None:
    """A transaction that fails after it told of a change reaches nobody."""
    stray = await switch(feed, sqlite, "stray")
    with feed.watch("me") as mailbox:
        with pytest.raises(ZeroDivisionError):
            await tell_and_fail(feed, sqlite, stray)
        kept = await switch(feed, sqlite, "kept")
        assert await read(mailbox, 1) == [kept]


async def test_nothing_is_told_before_it_is_committed(feed: InProcessChangeFeed[Light], sqlite: Database) -> None:
    """A mailbox stays empty while the transaction is open."""
    change = await switch(feed, sqlite, "a")
    with feed.watch("me") as mailbox:
        async with feed.write(sqlite) as writing:
            await writing.tell(change)
            assert not mailbox._unread
        assert list(mailbox._unread) == ["a"]


async def test_what_is_committed_is_told_though_its_writer_leaves_meanwhile(
    feed: InProcessChangeFeed[Light], sqlite: Database
) -> None:
    """A deadline that passes during the commit takes nothing from those who watch, and the next writer has its turn."""
    writing: list[asyncio.Task[Change[Light]]] = []
    sync_engine = sqlite.engine.sync_engine

    def leave(_connection: object) -> None:
        writing[0].cancel()

    with feed.watch("me") as mailbox:
        event.listen(sync_engine, "commit", leave)
        writing.append(asyncio.create_task(switch(feed, sqlite, "a")))
        with pytest.raises(asyncio.CancelledError):
            await writing[0]
        event.remove(sync_engine, "commit", leave)
        later = await switch(feed, sqlite, "later")
        assert later.version == 2
        assert [change.key for change in await read(mailbox, 2)] == ["a", "later"]


async def test_concurrent_writers_are_told_in_the_order_of_their_versions(
    feed: InProcessChangeFeed[Light], sqlite: Database
) -> None:
    """Versions only grow for a reader, whoever writes."""
    with feed.watch("me") as mailbox:
        await asyncio.gather(*(switch(feed, sqlite, f"{number}") for number in range(30)))
        assert [change.version for change in await read(mailbox, 30)] == list(range(1, 31))


@pytest.mark.parametrize("end", ["closed", "cancelled", "dropped"])
async def test_a_mailbox_goes_with_its_watcher(feed: InProcessChangeFeed[Light], sqlite: Database, end: str) -> None:
    """However a watcher ends, nothing is kept for it."""
    watcher = watched(feed)
    reading = asyncio.ensure_future(anext(watcher))
    await asyncio.sleep(0)
    assert len(feed.mailboxes["me"]) == 1
    if end == "cancelled":
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    else:
        await switch(feed, sqlite, "a")
        await reading
    if end == "closed":
        await watcher.aclose()  # type: ignore[attr-defined] # an async generator
    del watcher, reading
    gc.collect()
    await until(lambda: not feed.mailboxes)


async def test_five_hundred_watchers_all_see_the_last_state(feed: InProcessChangeFeed[Light], sqlite: Database) -> None:
    """Each of many watchers gets the last change, and all mailboxes are gone afterwards."""

    async def watch() -> Change[Light]:
        with feed.watch("me", "a") as mailbox:
            async for change in mailbox:
                if change.state.colour == "green":
                    return change
        raise AssertionError

    watching = [asyncio.create_task(watch()) for _ in range(500)]
    await asyncio.sleep(0)
    assert len(feed.mailboxes["me"]) == 500
    for colour in ("red", "amber", "green"):
        last = await switch(feed, sqlite, "a", colour)
    async with asyncio.timeout(WAIT_SECONDS):
        assert await asyncio.gather(*watching) == [last] * 500
    assert not feed.mailboxes
