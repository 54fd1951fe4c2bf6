from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import select

from adapters.cloudlink.account import NewCredential
from adapters.cloudlink.local.credentials import MOST_CREDENTIALS
from adapters.durable import DurableWork
from adapters.errors import InvalidInput, NotAllowed, NotFound
from adapters.principal import Principal
from adapters.store.cloudlink import audit
from adapters.store.cloudlink_account import credentials
from adapters.store.database import Database
from adapters.vault import WrongKey, new_encryption_key
from tests.cloud_engine import ROLE, CloudEngine, build_engine
from tests.running import new_principal

KEYS = NewCredential(
    cloud="aws",
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    regions=("eu-central-1",),
    label="production",
)


@pytest.fixture
def engine(database: Database) -> CloudEngine:
    """The records on either database."""
    return build_engine(database, DurableWork("sqlite://", "test"))


async def test_a_credential_is_kept_encrypted(
    engine: CloudEngine, principal: Principal, caplog: pytest.LogCaptureFixture
) -> None:
    """Its secret is in no row, list, audit or log, and comes back for a scan alone."""
    caplog.set_level("DEBUG", "adapters")
    added = await engine.credentials.add_credential(principal, KEYS)
    listed = await engine.credentials.credentials(principal.tenant)
    assert listed == [added]
    assert (added.cloud, added.credential_type, added.label) == ("aws", "access_key", "production")
    assert (added.hint, added.last_verified_at, added.tenant_id) == ("AKIA****MPLE", None, principal.tenant)
    async with engine.database.read() as connection:
        rows = [*(await connection.execute(select(credentials))), *(await connection.execute(select(audit)))]
    assert [row.event_type for row in rows[1:]] == ["credential.added"]
    assert rows[1].actor == principal.name
    account = await engine.credentials.account(principal.tenant, added.id)
    secret = await engine.credentials.secret_of(principal.tenant, added.id)
    assert (secret.access_key_id, secret.secret_access_key) == (KEYS.access_key_id, KEYS.secret_access_key)
    shown = repr((added, listed, rows, account, secret, KEYS, msgspec.json.encode(listed), caplog.text))
    assert KEYS.secret_access_key is not None
    assert KEYS.secret_access_key not in shown


async def test_without_a_key_no_credential_is_kept(database: Database, principal: Principal) -> None:
    """The refusal comes before anything is written."""
    engine = build_engine(database, DurableWork("sqlite://", "test"), keys=())
    with pytest.raises(NotAllowed, match="trigraph encryption-key"):
        await engine.credentials.add_credential(principal, KEYS)
    assert await engine.credentials.credentials(principal.tenant) == []


async def test_another_key_does_not_open_it(engine: CloudEngine, principal: Principal) -> None:
    """What was kept with a key that is gone is told as such."""
    added = await engine.credentials.add_credential(principal, KEYS)
    other = build_engine(engine.database, DurableWork("sqlite://", "test"), keys=(new_encryption_key(),))
    with pytest.raises(WrongKey):
        await other.credentials.secret_of(principal.tenant, added.id)


async def test_credentials_are_their_tenants(engine: CloudEngine, principal: Principal) -> None:
    """Nobody else lists, reads, verifies or removes them."""
    added = await engine.credentials.add_credential(principal, KEYS)
    stranger = new_principal()
    assert await engine.credentials.credentials(stranger.tenant) == []
    assert await engine.credentials.accounts(stranger.tenant, "aws") == []
    for read in (engine.credentials.account, engine.credentials.secret_of):
        with pytest.raises(NotFound):
            await read(stranger.tenant, added.id)
    await engine.credentials.verified(stranger.tenant, added.id, datetime.now(UTC))
    assert await engine.credentials.remove_credential(stranger, added.id) is False
    assert await engine.credentials.credentials(principal.tenant) == [added]


async def test_a_removed_credential_is_gone(engine: CloudEngine, principal: Principal) -> None:
    """It is removed once, and the audit trail tells both."""
    added = await engine.credentials.add_credential(principal, ROLE)
    assert await engine.credentials.remove_credential(principal, added.id) is True
    assert await engine.credentials.remove_credential(principal, added.id) is False
    assert await engine.credentials.credentials(principal.tenant) == []
    async with engine.database.read() as connection:
        trail = (await connection.execute(select(audit.c.event_type, audit.c.resource_id).order_by(audit.c.at))).all()
    assert [tuple(row) for row in trail] == [("credential.added", added.id), ("credential.removed", added.id)]


async def test_a_tenant_has_a_hundred_at_most(engine: CloudEngine, principal: Principal) -> None:
    """The next one is refused, until one is removed; another tenant is not concerned."""
    added = [await engine.credentials.add_credential(principal, ROLE) for _ in range(MOST_CREDENTIALS)]
    with pytest.raises(NotAllowed, match="remove one first"):
        await engine.credentials.add_credential(principal, ROLE)
    await engine.credentials.add_credential(new_principal(), ROLE)
    await engine.credentials.remove_credential(principal, added[0].id)
    await engine.credentials.add_credential(principal, ROLE)


async def test_a_credential_is_marked_when_it_was_accepted(engine: CloudEngine, principal: Principal) -> None:
    """The moment comes back with its zone."""
    added = await engine.credentials.add_credential(principal, ROLE)
    now = datetime.now(UTC)
    await engine.credentials.verified(principal.tenant, added.id, now)
    (listed,) = await engine.credentials.credentials(principal.tenant)
    assert listed.last_verified_at == now


async def test_what_can_not_be_is_refused(engine: CloudEngine, principal: Principal) -> None:
    """Nothing is written of it."""
    with pytest.raises(InvalidInput):
        await engine.credentials.add_credential(principal, NewCredential(cloud="aws"))
    assert await engine.credentials.credentials(principal.tenant) == []
