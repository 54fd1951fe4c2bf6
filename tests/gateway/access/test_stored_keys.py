"""Callers by the keys in the store, in one process and in several."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.keys import digest_of
from adapters.principal import LOCAL_PRINCIPAL
from adapters.store.database import Database, sqlite_url
from adapters.stored_keys import StoredKey, StoredKeys
from gateway.access.authentication import Authentication, Unauthenticated
from gateway.access.stored_keys import KnownKeys
from tests.adapters.conftest import new_postgres_database

KEY = "tg_" + "k" * 43


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A store of its own."""
    database = Database(sqlite_url(tmp_path))
    await database.migrate()
    yield database
    await database.close()


class Counted(StoredKeys):
    """Counts how often the keys are read, and fails where it is told to."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.reads = self.uses = 0
        self.fault: Exception | None = None

    async def list(self) -> list[StoredKey]:
        self.reads += 1
        if self.fault is not None:
            raise self.fault
        return await super().list()

    async def note_use(self, digest: str, now: datetime) -> None:
        self.uses += 1
        await super().note_use(digest, now)


def stored(key: str = KEY, name: str = "alice", expires_at: datetime | None = None) -> StoredKey:
    return StoredKey(
        digest=digest_of(key),
        name=name,
        tenant="acme",
        roles=("viewer",),
        tier="free",
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )


def door(keys: StoredKeys, *, good_seconds: float = 0.0) -> Authentication:
    return Authentication([KnownKeys(keys, {}, good_seconds)])


async def test_a_stored_key_names_its_holder(database: Database) -> None:
    """With tenant, roles and tier; any other key is refused."""
    keys = StoredKeys(database)
    await keys.add(stored())
    caller = await door(keys).authenticate(f"Bearer {KEY}")
    assert (caller.id, caller.tenant, caller.roles, caller.tier) == ("alice", "acme", ("viewer",), "free")
    for wrong in (f"Bearer {KEY}x", f"Bearer {digest_of(KEY)}", f"Basic {KEY}", None):
        with pytest.raises(Unauthenticated):
            await door(keys).authenticate(wrong)


async def test_a_revoked_key_lets_nobody_in_and_opens_nothing(database: Database) -> None:
    """Nor does revoking the last one make everyone the local principal; that takes forgetting it."""
    keys = StoredKeys(database)
    entrance = door(keys)
    assert await entrance.authenticate(None) is LOCAL_PRINCIPAL
    await keys.add(stored())
    await entrance.authenticate(f"Bearer {KEY}")
    await keys.revoke("alice")
    for brought in (f"Bearer {KEY}", None):
        with pytest.raises(Unauthenticated):
            await entrance.authenticate(brought)
    await keys.forget("alice")
    assert await entrance.authenticate(None) is LOCAL_PRINCIPAL


async def test_an_expired_key_lets_nobody_in(database: Database) -> None:
    """From that very moment, also where it is remembered."""
    keys = StoredKeys(database)
    await keys.add(stored(expires_at=datetime.now(UTC) + timedelta(milliseconds=200)))
    entrance = door(keys, good_seconds=60)
    await entrance.authenticate(f"Bearer {KEY}")
    await asyncio.sleep(0.2)
    with pytest.raises(Unauthenticated):
        await entrance.authenticate(f"Bearer {KEY}")


async def test_unknown_keys_ask_the_store_for_nothing(database: Database) -> None:
    """A flood of guesses reads the keys once, however many arrive together or one after the other."""
    keys = Counted(database)
    await keys.add(stored())
    entrance = door(keys, good_seconds=60)
    guesses = [entrance.authenticate(f"Bearer guess-{number}") for number in range(500)]
    assert all(isinstance(each, Unauthenticated) for each in await asyncio.gather(*guesses, return_exceptions=True))
    await entrance.authenticate(f"Bearer {KEY}")
    assert keys.reads == 1


async def test_the_use_of_a_key_is_noted_rarely(database: Database) -> None:
    """Once for many calls."""
    keys = Counted(database)
    await keys.add(stored())
    entrance = door(keys)
    for _ in range(3):
        await entrance.authenticate(f"Bearer {KEY}")
    assert keys.uses == 1
    (kept,) = await keys.list()
    assert kept.last_used_at is not None


async def test_while_the_store_fails_the_door_stays_as_it_was(database: Database) -> None:
    """Who was known goes on for a minute, and nobody becomes the local principal by it."""
    keys = Counted(database)
    await keys.add(stored())
    entrance = door(keys)
    await entrance.authenticate(f"Bearer {KEY}")
    keys.fault = OSError("gone")
    assert (await entrance.authenticate(f"Bearer {KEY}")).id == "alice"
    with pytest.raises(Unauthenticated):
        await entrance.authenticate(None)


async def test_a_store_that_was_never_read_opens_nothing(database: Database) -> None:
    """Whether it holds keys is not known."""
    keys = Counted(database)
    keys.fault = OSError("gone")
    with pytest.raises(Unauthenticated):
        await door(keys).authenticate(None)


async def test_a_name_that_settings_give_to_another_tenant_lets_nobody_in(database: Database) -> None:
    """Its holder would see what is the other's."""
    keys = StoredKeys(database)
    await keys.add(stored())
    for tenant, expected in (("acme", "alice"), ("other", None)):
        caller = await KnownKeys(keys, {"alice": tenant}).principal_of(KEY)
        assert (caller and caller.id) == expected


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database of its own."""
    with new_postgres_database() as url:
        yield url


async def test_what_one_process_revokes_the_others_learn(postgres_url: str) -> None:
    """Two gateways over one database, each with what it remembers."""
    first, second = Database(postgres_url), Database(postgres_url)
    await first.migrate()
    key = msgspec.structs.replace(stored("tg_" + "p" * 43), name="shared")
    await StoredKeys(first).add(key)
    others = door(StoredKeys(second))
    assert (await others.authenticate("Bearer tg_" + "p" * 43)).id == "shared"
    await StoredKeys(first).revoke("shared")
    with pytest.raises(Unauthenticated):
        await others.authenticate("Bearer tg_" + "p" * 43)
    await StoredKeys(first).forget("shared")
    await first.close()
    await second.close()
