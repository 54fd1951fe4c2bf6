"""Credentials in the store: their secrets encrypted, and read by nothing but a scan or an action."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.account import Credential, NewCredential
from adapters.cloudlink.local.credential_input import Secret, checked
from adapters.cloudlink.local.feeds import COUNTER
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.errors import NotAllowed, NotFound
from adapters.principal import Principal
from adapters.store.cloudlink_account import credentials
from adapters.store.database import Database
from adapters.store.metadata import next_value
from adapters.vault import Vault

MOST_CREDENTIALS = 100


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account that can be scanned: what is known of a credential, save its secret."""

    credential_id: str
    tenant: str
    cloud: str
    label: str | None
    regions: tuple[str, ...]


class CredentialRecords:
    """Reads and writes credentials."""

    def __init__(self, database: Database, vault: Vault, journal: Journal) -> None:
        self._database = database
        self._vault = vault
        self._journal = journal

    async def add_credential(self, principal: Principal, credential: NewCredential) -> Credential:
        """Keep a credential, encrypted; raises InvalidInput, and NotAllowed without a key or over a hundred."""
        known = checked(credential)
        secret = self._vault.encrypt(msgspec.json.encode(known.secret))
        row = {
            "id": str(uuid.uuid4()),
            "tenant": principal.tenant,
            "cloud": known.cloud,
            "label": known.label,
            "credential_type": known.credential_type,
            "regions": msgspec.json.encode(known.regions),
            "hint": known.hint,
            "secret": secret,
            "created_at": datetime.now(UTC),
        }
        async with self._database.write() as connection:
            await next_value(connection, COUNTER)  # one at a time, so that the count holds
            await _admit(connection, principal.tenant)
            await connection.execute(insert(credentials).values(row))
            detail = f"{known.cloud} {known.credential_type} {known.hint}"
            await self._record(connection, principal, "credential.added", str(row["id"]), detail)
            kept = select(credentials).where(credentials.c.id == row["id"])
            return _credential((await connection.execute(kept)).one())

    async def remove_credential(self, principal: Principal, credential_id: str) -> bool:
        """Forget a credential and the resources seen with it; False where there is none."""
        own = (credentials.c.tenant == principal.tenant, credentials.c.id == credential_id)
        async with self._database.write() as connection:
            if not (await connection.execute(delete(credentials).where(*own))).rowcount:
                return False
            await self._record(connection, principal, "credential.removed", credential_id)
        return True

    async def credentials(self, tenant: str) -> list[Credential]:
        """List the tenant's credentials, oldest first."""
        query = select(credentials).where(credentials.c.tenant == tenant)
        query = query.order_by(credentials.c.created_at, credentials.c.id)
        async with self._database.read() as connection:
            return [_credential(row) for row in await connection.execute(query)]

    async def accounts(self, tenant: str, cloud: str) -> list[Account]:
        """List the tenant's accounts at a cloud, oldest first."""
        query = select(credentials).where(credentials.c.tenant == tenant, credentials.c.cloud == cloud)
        query = query.order_by(credentials.c.created_at, credentials.c.id)
        async with self._database.read() as connection:
            return [_account(row) for row in await connection.execute(query)]

    async def account(self, tenant: str, credential_id: str) -> Account:
        """Give one account; raises NotFound."""
        query = select(credentials).where(credentials.c.tenant == tenant, credentials.c.id == credential_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("not_found", "The credential was removed")
        return _account(row)

    async def secret_of(self, tenant: str, credential_id: str) -> Secret:
        """Decrypt the secret of a credential; raises NotFound, and WrongKey where its key is gone."""
        query = select(credentials.c.secret)
        query = query.where(credentials.c.tenant == tenant, credentials.c.id == credential_id)
        async with self._database.read() as connection:
            kept = (await connection.execute(query)).scalar_one_or_none()
        if kept is None:
            raise NotFound("not_found", "The credential was removed")
        return msgspec.json.decode(self._vault.decrypt(kept), type=Secret)

    async def verified(self, tenant: str, credential_id: str, now: datetime) -> None:
        """Record that the cloud accepted a credential."""
        own = (credentials.c.tenant == tenant, credentials.c.id == credential_id)
        async with self._database.write() as connection:
            await connection.execute(update(credentials).where(*own).values(last_verified_at=now))

    async def _record(
        self, connection: AsyncConnection, principal: Principal, event: str, credential_id: str, detail: str = ""
    ) -> None:
        entry = Entry(event_type=event, actor=principal.name, resource_id=credential_id, detail=detail or None)
        await self._journal.write(connection, principal.tenant, entry)


async def _admit(connection: AsyncConnection, tenant: str) -> None:
    counted = select(func.count()).select_from(credentials).where(credentials.c.tenant == tenant)
    if (await connection.execute(counted)).scalar_one() >= MOST_CREDENTIALS:
        raise NotAllowed("not_allowed", f"There are {MOST_CREDENTIALS} credentials already: remove one first")


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(
        credential_id=row.id,
        tenant=row.tenant,
        cloud=row.cloud,
        label=row.label,
        regions=msgspec.json.decode(row.regions, type=tuple[str, ...]),
    )


def _credential(row: Row[tuple[object, ...]]) -> Credential:
    return Credential(
        id=row.id,
        cloud=row.cloud,
        credential_type=row.credential_type,
        created_at=row.created_at,
        label=row.label,
        hint=row.hint,
        last_verified_at=row.last_verified_at,
        tenant_id=row.tenant,
    )
