"""The database: SQLite in a file by default, PostgreSQL by URL, migrated when it is opened."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000


def sqlite_url(data_dir: Path, name: str = "trigraph") -> str:
    """Name the embedded database's URL in a folder."""
    return URL.create("sqlite+aiosqlite", database=str(data_dir / f"{name}.sqlite3")).render_as_string()


class Database:
    """One pool of connections; `read` and `write` give a connection within a transaction."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        if self.url.drivername == "postgres":
            self.url = self.url.set(drivername="postgresql")
        self.is_postgres = self.url.get_backend_name() == "postgresql"
        driver_url = _for_asyncpg(self.url) if self.is_postgres else self.url
        self.engine: AsyncEngine = create_async_engine(driver_url, pool_pre_ping=True, hide_parameters=True)
        if not self.is_postgres:
            _prepare_sqlite(self.engine.sync_engine)

    @property
    def dsn(self) -> str:
        """The URL without SQLAlchemy's driver, password included: for other clients of the same database."""
        return self.url.set(drivername=self.url.get_backend_name()).render_as_string(hide_password=False)

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction to read in."""
        return self.engine.connect()

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction to write in; it commits at the end, or rolls back on an exception."""
        return self.engine.execution_options(trigraph_write=True).begin()

    async def migrate(self) -> None:
        """Bring the tables up to this version of the project."""
        async with self.write() as connection:
            await connection.run_sync(_upgrade)

    async def ping(self) -> None:
        """Ask for an answer; raises SQLAlchemy's error if there is none."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def _for_asyncpg(url: URL) -> URL:
    """Name the driver, and the option `sslmode` of libpq's URLs as SQLAlchemy hands it to this driver."""
    query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('trigraph migrations'))"))
    command.upgrade(config, "head")


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # One that writes takes the lock at once: a lock taken later can fail as busy without waiting.
        writes = connection.get_execution_options().get("trigraph_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
