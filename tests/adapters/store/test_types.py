from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from adapters.store.database import Database
from adapters.store.ownership import submissions

MOMENT = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))


async def keep(database: Database, key: str, at: datetime) -> None:
    async with database.write() as connection:
        row = {"service": "sigil", "key": key, "owner": "owner", "submitted_at": at}
        await connection.execute(insert(submissions).values(row))


async def test_a_moment_comes_back_aware_and_equal(database: Database) -> None:
    """A moment of any zone comes back as the same moment to the microsecond, in UTC."""
    await keep(database, "key", MOMENT)
    async with database.read() as connection:
        found = (await connection.execute(select(submissions.c.submitted_at))).scalar_one()
    assert found == MOMENT
    assert found.utcoffset() == timedelta(0)


async def test_a_naive_moment_is_refused(database: Database) -> None:
    """A datetime without a zone is a mistake that is told, not guessed about."""
    with pytest.raises(StatementError, match="has no time zone"):
        await keep(database, "key", MOMENT.replace(tzinfo=None))


async def test_moments_compare_across_zones(database: Database) -> None:
    """Queries compare moments, not the way they are written."""
    await keep(database, "before", MOMENT)
    await keep(database, "after", (MOMENT + timedelta(microseconds=1)).astimezone(UTC))
    later = select(submissions.c.key).where(submissions.c.submitted_at > MOMENT.astimezone(timezone.min))
    async with database.read() as connection:
        assert (await connection.execute(later)).scalars().all() == ["after"]


@pytest.mark.parametrize("key", ["\x00", "\ud800", "a\udfffb"])
async def test_a_key_that_no_database_takes_finds_nothing(database: Database, key: str) -> None:
    """NUL and half surrogates in what a caller looks up are no error, and match nothing that is there."""
    await keep(database, "a?b", MOMENT)
    async with database.read() as connection:
        found = await connection.execute(select(submissions.c.key).where(submissions.c.key.in_([key, "a?b"])))
        assert found.scalars().all() == ["a?b"]


async def test_a_moment_beyond_the_calendar_is_its_end(database: Database) -> None:
    """In UTC it would lie before the first year or after the last one, which no database can look for."""
    await keep(database, "key", MOMENT)
    first = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))
    between = select(submissions.c.key).where(submissions.c.submitted_at > first, submissions.c.submitted_at < last)
    async with database.read() as connection:
        assert (await connection.execute(between)).scalars().all() == ["key"]
