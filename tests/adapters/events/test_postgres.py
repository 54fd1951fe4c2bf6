from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field

import asyncpg
import psycopg
import pytest
from sqlalchemy import make_url

from adapters.events.feed import MailboxOverflow
from adapters.events.postgres import PostgresChangeFeed
from adapters.store.database import Database
from tests.adapters.events.lights import WAIT_SECONDS, Light, read, switch, tell_and_fail
from tests.waiting import until

CHANNEL = "trigraph_lights"


@asynccontextmanager
async def listening(dsn: str, check_seconds: float = 0.05) -> AsyncIterator[PostgresChangeFeed[Light]]:
    """A feed as one process has it."""
    feed = PostgresChangeFeed(dsn, CHANNEL, Light, check_seconds)
    try:
        await feed.start()
        yield feed
    finally:
        await feed.close()


async def test_processes_see_each_others_changes_in_the_order_of_commits(postgres: Database) -> None:
    """Two feeds with pools of their own write at once, and both read every change, versions growing."""
    other = Database(postgres.dsn)
    async with listening(postgres.dsn) as one, listening(postgres.dsn) as two:
        with one.watch("me") as first, two.watch("me") as second:
            writers = ((one, postgres), (two, other))
            await asyncio.gather(*(switch(*writers[number % 2], f"{number}") for number in range(30)))
            for mailbox in (first, second):
                assert [change.version for change in await read(mailbox, 30)] == list(range(1, 31))
    await other.close()


async def test_a_change_comes_through_whole(postgres: Database) -> None:
    """What another process reads equals what was told, any characters included."""
    async with listening(postgres.dsn) as one, listening(postgres.dsn) as two:
        with two.watch('jürgen\'s "team"') as mailbox:
            told = await switch(one, postgres, "ключ'; --", "grün\n", 'jürgen\'s "team"')
            assert await read(mailbox, 1) == [told]


async def test_a_change_too_large_for_a_notification_makes_its_audience_look_again(postgres: Database) -> None:
    """The state does not come through, but nobody it concerns misses it; others are left in peace."""
    async with listening(postgres.dsn) as one, listening(postgres.dsn) as two:
        with two.watch("me") as mailbox, two.watch("you") as other:
            await switch(one, postgres, "large", "x" * 10_000)
            with pytest.raises(MailboxOverflow):
                await read(mailbox, 1)
            after = await switch(one, postgres, "small", audience="you")
            assert await read(other, 1) == [after]


async def test_nothing_is_told_of_what_was_taken_back(postgres: Database) -> None:
    """A transaction that fails after it told of a change reaches nobody."""
    async with listening(postgres.dsn) as feed:
        with feed.watch("me") as mailbox:
            stray = await switch(feed, postgres, "before")
            assert await read(mailbox, 1) == [stray]
            with pytest.raises(ZeroDivisionError):
                await tell_and_fail(feed, postgres, stray)
            kept = await switch(feed, postgres, "kept")
            assert await read(mailbox, 1) == [kept]


async def test_transactions_that_tell_are_one_at_a_time_in_all_processes(postgres: Database) -> None:
    """Of two that count and then add, the second counts what the first added, so that limits hold."""
    other = Database(postgres.dsn)
    seen: list[int] = []

    async def count_and_add(feed: PostgresChangeFeed[Light], database: Database) -> None:
        async with feed.write(database) as writing:
            counted = await writing.connection.exec_driver_sql("SELECT value FROM counters WHERE name = 'cloudsigma'")
            seen.append(int(counted.scalar_one()))
            await asyncio.sleep(0)
            await writing.connection.exec_driver_sql("UPDATE counters SET value = value + 1 WHERE name = 'cloudsigma'")

    async with listening(postgres.dsn) as one, listening(postgres.dsn) as two:
        writers = ((one, postgres), (two, other))
        await asyncio.gather(*(count_and_add(*writers[number % 2]) for number in range(8)))
    assert sorted(seen) == list(range(8))
    await other.close()


async def test_a_broken_connection_heals_and_readers_look_again(
    postgres: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """After the server ended the listening connection, readers are sent to the store and then told as before."""
    async with listening(postgres.dsn) as feed, listening(postgres.dsn) as writer:
        with feed.watch("me") as mailbox:
            assert feed._connection is not None
            pid = feed._connection.get_server_pid()
            await switch(writer, postgres, "warm")
            await read(mailbox, 1)
            with psycopg.connect(postgres.dsn) as connection:
                connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
            with pytest.raises(MailboxOverflow):
                await read(mailbox, 10)
            later = await switch(writer, postgres, "later")
            assert later in await read(mailbox, 1)
    assert "trying again" in caplog.text


@dataclass
class Line:
    """A line to the database server that can go dead without being cut, as networks do; later calls get through."""

    dsn: str
    calls: int = 0
    dead_up_to: int = 0
    _pumps: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        yield make_url(self.dsn).set(port=server.sockets[0].getsockname()[1]).render_as_string(hide_password=False)
        server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        url = make_url(self.dsn)
        server_reader, server_writer = await asyncio.open_connection(url.host, url.port)
        for pair in ((reader, server_writer), (server_reader, writer)):
            self._pumps.add(asyncio.create_task(self._pump(*pair, self.calls)))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, call: int) -> None:
        with suppress(ConnectionError), closing(writer):
            while data := await reader.read(65536):
                if call > self.dead_up_to:
                    writer.write(data)


async def test_a_dead_line_heals_too(postgres: Database) -> None:
    """A connection that is open but carries nothing any more is given up for a new one."""
    line = Line(postgres.dsn)
    async with line.open() as dsn, listening(dsn) as feed, listening(postgres.dsn) as writer:
        with feed.watch("me") as mailbox:
            line.dead_up_to = line.calls
            lost = await switch(writer, postgres, "lost")
            with pytest.raises(MailboxOverflow):
                await read(mailbox, 1)
            later = await switch(writer, postgres, "later")
            assert lost not in (changes := await read(mailbox, 1))
            assert changes == [later]


async def test_a_server_that_is_away_is_tried_again(postgres: Database) -> None:
    """While the server refuses connections the feed goes on trying, and it heals when the server is back."""
    line = Line(postgres.dsn)
    async with line.open() as dsn, listening(dsn) as feed:
        with feed.watch("me") as mailbox:
            line.dead_up_to = 10**9
            await until(lambda: line.calls >= 3)
            line.dead_up_to = line.calls
            with pytest.raises(MailboxOverflow):
                await read(mailbox, 1)
            later = await switch(feed, postgres, "later")
            assert await read(mailbox, 1) == [later]


async def test_a_feed_that_cannot_connect_says_so(postgres: Database) -> None:
    """Start raises where there is no server or no such database, and close is possible all the same."""
    for dsn in ("postgresql://postgres@127.0.0.1:1/nowhere", f"{postgres.dsn}_missing"):
        feed = PostgresChangeFeed(dsn, CHANNEL, Light)
        with pytest.raises((OSError, asyncpg.PostgresError)):
            await feed.start()
        await feed.close()


async def test_close_leaves_nothing_behind(empty_postgres_url: str) -> None:
    """After close there is no task of the feed's and no connection to the database."""
    async with listening(empty_postgres_url):
        assert "postgres-change-feed" in {task.get_name() for task in asyncio.all_tasks()}
        assert connections(empty_postgres_url) == 1
    assert "postgres-change-feed" not in {task.get_name() for task in asyncio.all_tasks()}
    await until(lambda: not connections(empty_postgres_url))


async def test_a_feed_whose_connection_is_broken_can_be_closed(postgres: Database) -> None:
    """Close does not fail on a connection that the server has ended already."""
    async with listening(postgres.dsn, check_seconds=WAIT_SECONDS) as feed:
        assert feed._connection is not None
        with psycopg.connect(postgres.dsn) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (feed._connection.get_server_pid(),))


def connections(dsn: str) -> int:
    """Count the connections to a database, save the one that counts."""
    with psycopg.connect(dsn) as connection:
        mine = "datname = current_database() AND pid <> pg_backend_pid()"
        counted = connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}".encode()).fetchone()
    assert counted is not None
    return int(counted[0])
