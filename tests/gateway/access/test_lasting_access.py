"""Sockets and streams end with what let their callers in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from adapters.keys import digest_of
from adapters.stored_keys import StoredKey, StoredKeys
from gateway.access import lasting_access
from gateway.access.authentication import Authentication
from gateway.access.lasting_access import FORBIDDEN, REASON
from gateway.access.principals import read_keyring
from gateway.access.stored_keys import KnownKeys
from gateway.app import create_app
from gateway.configuration.settings import Settings
from tests.doubles.memory_cloudsigma import MemoryCloudSigma, memory_assembly
from tests.gateway.access.identity_provider import Provider
from tests.gateway.edge import ALICE, SECONDS, Served, connected, serving

KEY = "tg_" + "s" * 43
UPDATES = "subscription { executionUpdates { cursor } }"


@dataclass(frozen=True)
class Door:
    """A gateway whose keys are in the store, or, for Alice, in its settings."""

    served: Served
    keys: StoredKeys
    cloudsigma: MemoryCloudSigma

    async def add(self, lasting: timedelta | None = None) -> None:
        """Let Sam in."""
        now = datetime.now(UTC)
        digest, until = digest_of(KEY), now + lasting if lasting else None
        await self.keys.add(
            StoredKey(
                digest=digest, name="sam", tenant="acme", roles=("admin",), tier="pro", created_at=now, expires_at=until
            )
        )


@asynccontextmanager
async def opened(folder: Path, api_keys: str) -> AsyncIterator[Door]:
    settings = Settings(data_dir=folder, port=0, api_keys=SecretStr(api_keys))
    cloudsigma = MemoryCloudSigma()
    parts = memory_assembly(cloudsigma, folder)
    await parts.database.migrate()
    keys = StoredKeys(parts.database)
    authentication = Authentication([read_keyring(settings), KnownKeys(keys, {}, good_seconds=0.0)])
    async with serving(create_app(settings, parts, authentication), settings) as served:
        yield Door(served, keys, cloudsigma)


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasting_access, "CHECK_SECONDS", 0.02)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A gateway that knows Alice."""
    async with opened(tmp_path, f"alice={ALICE};tenant=acme") as door:
        yield door


@pytest.mark.parametrize("in_header", [True, False], ids=["header", "connection_init"])
async def test_a_socket_is_closed_when_its_key_is_revoked(in_header: bool, door: Door) -> None:
    """With a reason, and its subscriptions end."""
    await door.add()
    async with connected(door.served, KEY if in_header else None) as socket:
        await socket.init(**({} if in_header else {"Authorization": f"Bearer {KEY}"}))
        await socket.subscribe(UPDATES)
        await door.keys.revoke("sam")
        assert await socket.closed() == (FORBIDDEN, REASON)
    await until_nobody_watches(door)


async def test_a_socket_is_closed_when_its_key_expires(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """At that moment, not when it is looked at next."""
    monkeypatch.setattr(lasting_access, "CHECK_SECONDS", 3600.0)
    await door.add(timedelta(seconds=0.5))
    async with connected(door.served, KEY) as socket:
        await socket.init()
        assert await socket.closed() == (FORBIDDEN, REASON)


async def test_a_socket_is_closed_when_its_token_expires(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At that moment, and its subscriptions end."""
    monkeypatch.setattr(lasting_access, "CHECK_SECONDS", 3600.0)
    settings = Settings(data_dir=tmp_path, port=0)
    cloudsigma = MemoryCloudSigma()
    parts = memory_assembly(cloudsigma, tmp_path)
    await parts.database.migrate()
    async with serving(create_app(settings, parts, Authentication([provider.door()])), settings) as served:
        ends_at = int(time.time()) + 2
        async with connected(served, provider.token(exp=ends_at, roles=["viewer"])) as socket:
            await socket.init()
            await socket.subscribe(UPDATES)
            assert await socket.closed() == (FORBIDDEN, REASON)
        assert time.time() >= ends_at
        await until_nobody_watches(Door(served, StoredKeys(parts.database), cloudsigma))


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0, application/json"])
async def test_a_stream_ends_when_its_key_is_revoked(accept: str, door: Door) -> None:
    """As a stream ends, and asking again is refused."""
    await door.add()
    asked: dict[str, Any] = {
        "headers": {"Authorization": f"Bearer {KEY}", "Accept": accept},
        "json": {"query": UPDATES},
    }
    async with asyncio.timeout(SECONDS), httpx.AsyncClient(base_url=f"http://{door.served.host}") as client:
        async with client.stream("POST", "/graphql", **asked) as answer:
            assert answer.status_code == 200
            await door.keys.revoke("sam")
            async for _ in answer.aiter_bytes():
                pass
        assert (await client.post("/graphql", **asked)).status_code == 401
    await until_nobody_watches(door)


async def test_whose_key_is_good_goes_on(door: Door) -> None:
    """While another's is revoked."""
    await door.add()
    async with connected(door.served, KEY) as sam, connected(door.served, ALICE) as alice:
        for socket in (sam, alice):
            await socket.init()
        await door.keys.revoke("sam")
        await sam.closed()
        await alice.subscribe("{ viewer { id } }")
        assert await alice.event() == {"id": "alice"}


async def test_the_first_key_ends_the_sockets_of_everyone(tmp_path: Path) -> None:
    """Who came through an open door does not stay behind a closed one."""
    async with opened(tmp_path, "") as door, connected(door.served) as socket:
        await socket.init()
        await door.add()
        assert await socket.closed() == (FORBIDDEN, REASON)


async def test_who_is_not_known_yet_is_not_sent_away(door: Door) -> None:
    """A socket that brings its key in `connection_init` has its time to do so."""
    await door.add()
    async with connected(door.served) as socket:
        await asyncio.sleep(0.1)
        await socket.init(Authorization=f"Bearer {KEY}")


async def until_nobody_watches(door: Door) -> None:
    async with asyncio.timeout(SECONDS):
        while door.cloudsigma.watchers:  # noqa: ASYNC110 - mailboxes tell nobody that they close
            await asyncio.sleep(0.005)
