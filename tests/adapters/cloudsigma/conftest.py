"""What tests of CloudSigma's wire share: a store, and the served CloudSigma without a socket."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import insert

from adapters.cloudsigma.callers import Callers
from adapters.cloudsigma.local.adapter import LocalCloudSigma
from adapters.cloudsigma.local.records import COUNTER
from adapters.cloudsigma.rest import RestCloudSigma
from adapters.cloudsigma.server import create_server
from adapters.store.cloudsigma import executions
from adapters.store.database import Database, sqlite_url
from adapters.store.metadata import next_value
from gateway.assembly import Assembly
from tests.conftest import JWT_SECRET
from tests.doubles.scripted_upstream import ScriptedUpstream

KeepExecution = Callable[..., Awaitable[str]]
Bearer = Callable[..., dict[str, str]]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store, migrated."""
    database = Database(sqlite_url(tmp_path))
    await database.migrate()
    yield database
    await database.close()


@pytest.fixture
def local(assembly: Assembly) -> LocalCloudSigma:
    """The running local adapter."""
    adapter = assembly.services.cloudsigma
    assert isinstance(adapter, LocalCloudSigma)
    return adapter


@pytest.fixture
async def server(assembly: Assembly, local: LocalCloudSigma) -> AsyncIterator[httpx.AsyncClient]:
    """The server's application, called without a socket."""
    app = create_server(local, Callers(assembly.database, {}, JWT_SECRET), ["https://rules.example"])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cloudsigma.test") as client:
        yield client


@pytest.fixture
def keep(assembly: Assembly) -> KeepExecution:
    """Put an execution of an owner's into the running adapter's store, with what columns are given, and run nothing."""
    return lambda owner, **columns: keep_execution(assembly.database, owner, **columns)


async def keep_execution(database: Database, owner: str, **columns: Any) -> str:
    """Put an execution into a store and give its ARN."""
    now = datetime.now(UTC)
    row = {
        "arn": f"arn:aws:states:local:000000000000:execution:CloudSigmaPipeline:{secrets.token_hex(8)}",
        "owner": owner,
        "tenant": owner,
        "request": b'{"input_type":"text","text":"kept"}',
        "input_type": "text",
        "status": "SUCCEEDED",
        "stage": "convert",
        "progress": 1.0,
        "started_at": now,
        "changed_at": now,
        **columns,
    }
    async with database.write() as connection:
        row["version"] = await next_value(connection, COUNTER)
        await connection.execute(insert(executions).values(row))
    return str(row["arn"])


@pytest.fixture
def bearer() -> Bearer:
    """The header of a signed-in user: `bearer("somebody", tier="free")`; more claims as keywords."""
    return bearer_of


def bearer_of(
    user: str | None = None, *, secret: str = JWT_SECRET, algorithm: str = "HS256", **claims: Any
) -> dict[str, str]:
    """Sign a JWT, valid for an hour, and write it as a header."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    claimed = {"sub": user or f"user-{secrets.token_hex(6)}", "exp": expires, "tier": "pro", **claims}
    token = jwt.encode({name: value for name, value in claimed.items() if value is not None}, secret, algorithm)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def upstream() -> ScriptedUpstream:
    """An upstream with nothing in it."""
    return ScriptedUpstream()


@pytest.fixture
async def rest(upstream: ScriptedUpstream, store: Database) -> AsyncIterator[RestCloudSigma]:
    """The adapter over that upstream."""
    adapter = upstream.adapter(store)
    await adapter.start()
    yield adapter
    await adapter.close()
