from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from adapters.store.database import Database, sqlite_url
from adapters.store.ownership import submissions

WRITERS = 8
ROWS_EACH = 10


def submission(key: str) -> dict[str, object]:
    return {"service": "sigil", "key": key, "owner": "owner", "submitted_at": datetime.now(UTC)}


async def count(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(submissions))).scalar_one())


async def test_concurrent_writers_wait_for_each_other(database: Database) -> None:
    """Writers that read before they write all succeed, also those of another pool on the same database."""
    other = Database(database.dsn if database.is_postgres else str(database.url))

    async def write(writer: int) -> None:
        for number in range(ROWS_EACH):
            async with (other if writer % 2 else database).write() as connection:
                await connection.execute(select(func.count()).select_from(submissions))
                await asyncio.sleep(0)
                await connection.execute(insert(submissions).values(submission(f"{writer}-{number}")))

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    assert await count(database) == WRITERS * ROWS_EACH
    await other.close()


async def test_a_reader_is_not_held_up_by_a_writer(database: Database) -> None:
    """While a transaction writes, others read what was there before it."""
    async with database.write() as connection:
        await connection.execute(insert(submissions).values(submission("unfinished")))
        assert await count(database) == 0
    assert await count(database) == 1


async def write_and_fail(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(submissions).values(submission("lost")))
        raise ZeroDivisionError


async def test_an_exception_takes_the_writing_back(database: Database) -> None:
    """What a transaction wrote before it failed is not there afterwards, and the next one works."""
    with pytest.raises(ZeroDivisionError):
        await write_and_fail(database)
    assert await count(database) == 0
    async with database.write() as connection:
        await connection.execute(insert(submissions).values(submission("kept")))
    assert await count(database) == 1


async def test_a_cancelled_writer_leaves_no_lock(database: Database) -> None:
    """A task that is cancelled within its transaction takes it back and lets the next writer in."""
    inside = asyncio.Event()

    async def hang() -> None:
        async with database.write() as connection:
            await connection.execute(insert(submissions).values(submission("lost")))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with database.write() as connection:
        await connection.execute(insert(submissions).values(submission("kept")))
    assert await count(database) == 1


async def test_a_read_that_was_given_up_keeps_no_transaction(database: Database) -> None:
    """A connection goes back to the pool without a transaction, so that the next reader sees what is new."""
    assert await count(database) == 0
    async with database.write() as connection:
        await connection.execute(insert(submissions).values(submission("new")))
    assert await count(database) == 1


async def test_foreign_keys_hold(database: Database) -> None:
    """An output without its execution is refused."""
    from adapters.store.cloudsigma import outputs

    with pytest.raises(SQLAlchemyError):
        async with database.write() as connection:
            await connection.execute(insert(outputs).values(arn="arn:nobody", output=b"{}"))


async def test_ping_answers_or_raises(database: Database, tmp_path: Path) -> None:
    """Ping passes on a database that is there, and raises SQLAlchemy's error on one that is not."""
    await database.ping()
    missing = Database(sqlite_url(tmp_path / "no" / "such" / "folder"))
    with pytest.raises(SQLAlchemyError):
        await missing.ping()
    await missing.close()


async def test_the_embedded_database_takes_any_folder_name(tmp_path: Path) -> None:
    """Spaces, percent and question marks in the data folder's name do no harm."""
    folder = tmp_path / "my data 100%?#"
    folder.mkdir()
    database = Database(sqlite_url(folder))
    await database.migrate()
    assert [file.name for file in folder.iterdir() if file.suffix == ".sqlite3"] == ["trigraph.sqlite3"]
    await database.close()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_urls_of_postgresql_are_taken_as_people_write_them(scheme: str) -> None:
    """Every usual scheme leads to asyncpg, and the DSN for other clients is libpq's, password included."""
    database = Database(f"{scheme}://me:p%40ss@db.example:5433/mine?sslmode=require")
    assert database.is_postgres
    assert database.engine.url.drivername == "postgresql+asyncpg"
    assert dict(database.engine.url.query) == {"ssl": "require"}
    assert database.dsn == "postgresql://me:p%40ss@db.example:5433/mine?sslmode=require"


async def test_the_password_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the texts of the database's objects, nor its errors, nor the log hold the password."""
    caplog.set_level(logging.DEBUG)
    database = Database("postgresql://me:s3cret-word@127.0.0.1:1/mine")
    with pytest.raises(ConnectionRefusedError) as failed:
        await database.ping()
    shown = [repr(database), str(database.url), repr(database.url), repr(database.engine), repr(failed.value)]
    assert "s3cret-word" not in "".join([*shown, caplog.text])
    await database.close()


async def test_an_error_does_not_repeat_what_was_to_be_written(database: Database) -> None:
    """It may end in a log, and what is written may be somebody's secret."""
    row = {**submission("key"), "owner": "somebody's secret"}
    async with database.write() as connection:
        await connection.execute(insert(submissions).values(row))
    with pytest.raises(SQLAlchemyError) as refused:
        async with database.write() as connection:
            await connection.execute(insert(submissions).values(row))
    assert "somebody" not in str(refused.value)
