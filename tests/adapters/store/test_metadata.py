from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import NoResultFound

from adapters.store.database import Database
from adapters.store.metadata import next_value

WRITERS = 12


async def test_values_are_unique_and_committed_in_their_order(database: Database) -> None:
    """Whoever draws the next value commits before anybody draws a later one."""
    other = Database(database.url.render_as_string(hide_password=False))
    committing: list[int] = []

    async def draw(writer: int) -> None:
        async with (other if writer % 2 else database).write() as connection:
            value = await next_value(connection, "cloudsigma")
            await asyncio.sleep(0.002 * (writer % 3))
            committing.append(value)

    await asyncio.gather(*(draw(writer) for writer in range(WRITERS)))
    assert committing == list(range(1, WRITERS + 1))
    await other.close()


async def draw_and_fail(database: Database) -> None:
    async with database.write() as connection:
        assert await next_value(connection, "cloudsigma") == 1
        raise ZeroDivisionError


async def test_a_value_that_was_taken_back_is_given_again(database: Database) -> None:
    """A transaction that fails leaves no hole."""
    with pytest.raises(ZeroDivisionError):
        await draw_and_fail(database)
    async with database.write() as connection:
        assert await next_value(connection, "cloudsigma") == 1


async def test_an_unknown_counter_is_an_error(database: Database) -> None:
    """A counter that no migration made is not made by the way."""
    with pytest.raises(NoResultFound):
        async with database.write() as connection:
            await next_value(connection, "nobody's")
