"""Each contract test runs over every adapter of its service."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.cloudsigma.ownership import Ownership
from adapters.cloudsigma.port import CloudSigma
from adapters.cloudsigma.rest import RestCloudSigma
from adapters.http.retry import RetryTransport
from adapters.http.upstream import Upstream
from adapters.store.database import Database, sqlite_url
from gateway.assembly import Assembly


@pytest.fixture(params=["local", "rest"])
def adapter_name(request: pytest.FixtureRequest) -> str:
    """The adapters that the suite runs over."""
    return str(request.param)


@pytest.fixture
async def cloudsigma(
    adapter_name: str, assembly: Assembly, served_cloudsigma: str, tmp_path: Path
) -> AsyncIterator[CloudSigma]:
    """CloudSigma, started: the local one, or REST to a served one with a token of its own."""
    if adapter_name == "local":
        yield assembly.services.cloudsigma
        return
    database = Database(sqlite_url(tmp_path))
    await database.migrate()
    token = f"csk_live_{secrets.token_hex(16)}"
    adapter = RestCloudSigma(
        Upstream("CloudSigma", served_cloudsigma, token, RetryTransport(httpx.AsyncHTTPTransport())),
        Ownership(database),
    )
    await adapter.start()
    yield adapter
    await adapter.close()
    await database.close()
