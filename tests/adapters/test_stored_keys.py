"""The gateway's keys in the store, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import delete, insert

from adapters.errors import Conflict, LimitExceeded
from adapters.keys import digest_of
from adapters.store.database import Database
from adapters.store.keys import gateway_keys
from adapters.stored_keys import MOST_KEYS, StoredKey, StoredKeys

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
async def keys(database: Database) -> StoredKeys:
    """An empty list."""
    async with database.write() as connection:
        await connection.execute(delete(gateway_keys))
    return StoredKeys(database)


def new(name: str, tenant: str = "acme", number: int = 0) -> StoredKey:
    digest = digest_of(f"{name}-{number}")
    roles = ("viewer", "metrics")
    return StoredKey(digest=digest, name=name, tenant=tenant, roles=roles, tier="team", created_at=NOW)


async def test_a_key_comes_back_as_it_was_kept(keys: StoredKeys) -> None:
    """With everything that it lets its holder do, and nothing of the key itself."""
    kept = msgspec.structs.replace(new("alice"), expires_at=NOW + timedelta(days=90))
    await keys.add(kept)
    assert await keys.list() == [kept]
    assert (kept.holder.id, kept.holder.tenant, kept.holder.key) == ("alice", "acme", kept.digest[:16])
    assert kept.holder.expires_at == kept.expires_at


async def test_a_caller_may_have_several_keys_of_one_tenant(keys: StoredKeys) -> None:
    """So that one can be changed for another; under another tenant the caller would see what is not its own."""
    await keys.add(new("alice"))
    await keys.add(new("alice", number=1))
    with pytest.raises(Conflict, match="'alice' belongs to the tenant 'acme'"):
        await keys.add(new("alice", tenant="other", number=2))


async def test_keys_are_revoked_by_name_or_one_by_its_id(keys: StoredKeys) -> None:
    """A revoked one stays in the list, and is not revoked twice."""
    one, other, bob = new("alice"), new("alice", number=1), new("bob")
    for key in (one, other, bob):
        await keys.add(key)
    assert [await keys.revoke(one.id), await keys.revoke("alice"), await keys.revoke("alice")] == [1, 1, 0]
    assert [(key.name, key.is_live(NOW)) for key in await keys.list()] == [
        ("alice", False),
        ("alice", False),
        ("bob", True),
    ]


async def test_only_what_lets_nobody_in_is_forgotten(keys: StoredKeys) -> None:
    """A good key has to be revoked first."""
    expired = msgspec.structs.replace(new("carol"), expires_at=datetime.now(UTC) - timedelta(seconds=1))
    for key in (new("alice"), new("bob"), expired):
        await keys.add(key)
    await keys.revoke("bob")
    assert [await keys.forget(name) for name in ("alice", "bob", "carol", "nobody")] == [0, 1, 1, 0]
    assert [key.name for key in await keys.list()] == ["alice"]


async def test_the_list_has_an_end(database: Database, keys: StoredKeys) -> None:
    """All keys are held in memory by each gateway."""
    rows = [{**msgspec.structs.asdict(new("many", number=number)), "roles": "viewer"} for number in range(MOST_KEYS)]
    async with database.write() as connection:
        await connection.execute(insert(gateway_keys), rows)
    with pytest.raises(LimitExceeded, match="forget some"):
        await keys.add(new("one-more"))
