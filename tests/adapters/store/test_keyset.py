from __future__ import annotations

import secrets

from sqlalchemy import Row, insert, select

from adapters.paging import Page, Position, Window, cut
from adapters.store.database import Database
from adapters.store.keyset import Keyset
from adapters.store.ownership import submissions
from tests.relay_specification import ROWS, every_window, specified

LIST = Keyset(submissions.c.submitted_at, submissions.c.key)


async def test_a_window_is_what_the_specification_says(database: Database) -> None:
    """Both ways, on either database: see `specified`; the rows of others are neither shown nor counted."""
    mine = await put(database)
    await put(database)
    for window in every_window():
        assert await page(database, mine, window) == specified(ROWS, window), window


async def test_rows_are_counted_only_where_that_is_wanted(database: Database) -> None:
    """Counting looks at every row of the list."""
    mine = await put(database)
    assert (await page(database, mine, Window(1, counted=False))).total_count is None
    assert (await page(database, mine, Window(1))).total_count == len(ROWS)


async def put(database: Database) -> str:
    """Put the rows of a new owner into a table, and name the owner."""
    owner = secrets.token_hex(8)
    values = [{"service": owner, "key": row.key, "owner": owner, "submitted_at": row.at} for row in ROWS]
    async with database.write() as connection:
        await connection.execute(insert(submissions), values)
    return owner


async def page(database: Database, owner: str, window: Window) -> Page[Position]:
    """Read a page of an owner's rows."""
    mine = [submissions.c.owner == owner]
    query = LIST.within(select(submissions.c.submitted_at, submissions.c.key).where(*mine), window)
    async with database.read() as connection:
        rows = [position(row) for row in await connection.execute(query)]
        return cut(rows, lambda row: row, window, await LIST.around(connection, mine, window))


def position(row: Row[tuple[object, ...]]) -> Position:
    """Say where a row stands."""
    return Position(row.submitted_at, row.key)
