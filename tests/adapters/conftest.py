"""A real HTTP server on loopback whose every byte a test decides, and the store on both of its databases."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import delete, make_url, text, update

from adapters.store.cloudlink import audit
from adapters.store.cloudsigma import executions
from adapters.store.database import Database, sqlite_url
from adapters.store.metadata import counters

Chunks = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True)
class Asked:
    """A request as it arrived: its target and its headers with names in lower case."""

    target: str
    headers: dict[str, str]


@dataclass
class Loopback:
    """Answers by path and closes the connection after each answer; `asked` lists the requests in their order."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    _answers: dict[str, Chunks] = field(default_factory=dict)
    _answering: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        """Lead every name here, save those that are said to be inside somebody's network."""
        return ["10.0.0.5"] if host.startswith("inside.") else ["127.0.0.1"]

    def allowed(self, *hosts: str) -> frozenset[str]:
        """Name hosts with this port, for a guard that shall let them through."""
        return frozenset(f"{host}:{self.port}" for host in hosts)

    def url(self, path: str, host: str = "reports.example") -> str:
        """Write a URL that leads here."""
        return f"http://{host}:{self.port}{path}"

    def page(
        self,
        path: str,
        body: bytes | str = b"",
        content_type: str | None = "text/html",
        status: int = 200,
        **headers: str,
    ) -> None:
        """Answer a path with a body; `Some_Header="x"` adds a header."""
        content = body.encode() if isinstance(body, str) else body
        headers |= {"Content_Type": content_type} if content_type else {}
        headers.setdefault("Content_Length", str(len(content)))
        self.stream(path, _once(_head(status, headers) + content))

    def stream(self, path: str, chunks: Chunks) -> None:
        """Answer a path with raw bytes, head and all, as they are yielded."""
        self._answers[path] = chunks

    def head(self, status: int = 200, **headers: str) -> bytes:
        """Write the head of an answer for `stream`."""
        return _head(status, headers)

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and break off the answers that are still under way."""
        self._server.close()
        for task, writer in self._answering.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._answering[task] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            asked = _asked(await reader.readuntil(b"\r\n\r\n"))
            self.asked.append(asked)
            missing = _once(_head(404, {"Content_Length": "0"}))
            async for chunk in self._answers.get(asked.target.partition("?")[0], missing)():
                writer.write(chunk)
                await writer.drain()
            writer.close()
            await writer.wait_closed()


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _once(content: bytes) -> Chunks:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return chunks


def _asked(head: bytes) -> Asked:
    first, *lines = head.decode().strip().split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Asked(first.split(" ")[1], headers)


@contextmanager
def new_postgres_database() -> Iterator[str]:
    """Make an empty database on the server that TRIGRAPH_TEST_POSTGRES_URL names, and drop it at the end."""
    server = os.environ.get("TRIGRAPH_TEST_POSTGRES_URL")
    if not server:
        pytest.skip("TRIGRAPH_TEST_POSTGRES_URL is not set: give a URL whose user may create databases")
    name = f"trigraph_test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database for all tests that leave it as they found it."""
    with new_postgres_database() as url:
        yield url


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """A PostgreSQL database without a table."""
    with new_postgres_database() as url:
        yield url


@pytest.fixture(scope="module")
def own_postgres_url() -> Iterator[str]:
    """A PostgreSQL database for the tests of one module."""
    with new_postgres_database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without a table, of either kind."""
    return sqlite_url(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """The store on PostgreSQL, migrated and without a row."""
    database = Database(postgres_url)
    await database.migrate()
    yield database
    async with database.write() as connection:
        for table in reversed(executions.metadata.sorted_tables):
            if table is audit:
                await connection.execute(text("TRUNCATE cloudlink_audit"))  # its rows refuse to be deleted
            elif table is not counters:
                await connection.execute(delete(table))
        await connection.execute(update(counters).values(value=0))
    await database.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """The store on SQLite, migrated and without a row."""
    database = Database(sqlite_url(tmp_path))
    await database.migrate()
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """The store, migrated and without a row, on either database."""
    store: Database = request.getfixturevalue(str(request.param))
    return store


@pytest.fixture
def write_pdf() -> Callable[[int], bytes]:
    """Write a titled PDF of so many pages, without a library."""
    return _pdf


def _pdf(pages: int) -> bytes:
    numbers = [10 * page for page in range(1, pages + 1)]
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join(b"%d 0 R" % number for number in numbers)),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        4: b"<</Title(Field notes)>>",
    }
    for page, number in enumerate(numbers, start=1):
        shown = b"BT /F1 12 Tf 72 700 Td (Page %d shows PowerShell at work.) Tj ET" % page
        resources = b"/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R" % (number + 1)
        objects[number] = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]%s>>" % resources
        objects[number + 1] = b"<</Length %d>>stream\n%s\nendstream" % (len(shown), shown)
    body, offsets = b"%PDF-1.4\n", {}
    for number, content in objects.items():
        offsets[number] = len(body)
        body += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%d 1\n%010d 00000 n \n" % entry for entry in offsets.items())
    trailer = b"trailer<</Size %d/Root 1 0 R/Info 4 0 R>>\nstartxref\n%d\n%%%%EOF" % (max(objects) + 1, len(body))
    return body + b"xref\n0 1\n0000000000 65535 f \n" + table + trailer
