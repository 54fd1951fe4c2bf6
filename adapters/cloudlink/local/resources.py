"""Resources in the store, as the last scan saw them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.account import Resource
from adapters.cloudlink.local.credentials import Account
from adapters.errors import NotFound
from adapters.store.cloudlink_account import credentials, resources
from adapters.store.database import Database

ROWS_AT_ONCE = 500
MOST_RESOURCES = 2000


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """All resources of a type in a region, or in every region where `region` is None.

    `unread` are the ids of those that are there and about which no more could be learned.
    """

    resource_type: str
    region: str | None = None
    resources: tuple[Resource, ...] = ()
    unread: tuple[str, ...] = ()


class ResourceRecords:
    """Reads and writes resources."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replace(self, connection: AsyncConnection, account: Account, listing: Listing) -> None:
        """Put what was listed in place of what was known of the same type and region; raises NotFound.

        What is in the listing as unread stays as it was.
        """
        await _hold(connection, account)
        seen_at = datetime.now(UTC)
        for start in range(0, len(listing.resources), ROWS_AT_ONCE):
            rows = [_row(account, each, seen_at) for each in listing.resources[start : start + ROWS_AT_ONCE]]
            insert = (postgresql.insert if self._database.is_postgres else sqlite.insert)(resources)
            changed = ("resource_type", "provider", "region", "payload", "seen_at")
            upsert = insert.on_conflict_do_update(
                index_elements=[resources.c.tenant, resources.c.credential_id, resources.c.resource_id],
                set_={name: insert.excluded[name] for name in changed},
            )
            await connection.execute(upsert, rows)
        await _forget(connection, account, listing)

    async def resources(self, tenant: str, provider: str | None, resource_type: str | None) -> list[Resource]:
        """List the tenant's resources by type and id, at most 2,000."""
        query = select(resources).where(resources.c.tenant == tenant)
        if provider is not None:
            query = query.where(resources.c.provider == provider)
        if resource_type is not None:
            query = query.where(resources.c.resource_type == resource_type)
        query = query.order_by(resources.c.resource_type, resources.c.resource_id, resources.c.credential_id)
        async with self._database.read() as connection:
            return [_resource(row) for row in await connection.execute(query.limit(MOST_RESOURCES))]

    async def resources_by_id(self, tenant: str, ids: Sequence[str]) -> list[Resource | None]:
        """Give the tenant's resources by id, in that order; seen with two credentials, as it was seen last."""
        known: dict[str, Resource] = {}
        wanted = list(dict.fromkeys(ids))
        async with self._database.read() as connection:
            for start in range(0, len(wanted), ROWS_AT_ONCE):
                some = resources.c.resource_id.in_(wanted[start : start + ROWS_AT_ONCE])
                query = select(resources).where(resources.c.tenant == tenant, some).order_by(resources.c.seen_at)
                known |= {row.resource_id: _resource(row) for row in await connection.execute(query)}
        return [known.get(resource_id) for resource_id in ids]

    async def seen_since(self, account: Account, resource_type: str, moment: datetime) -> bool:
        """Say whether an account's resources of a type were seen after a moment."""
        seen = select(resources.c.resource_id).where(_of(account), resources.c.resource_type == resource_type)
        async with self._database.read() as connection:
            found = await connection.execute(seen.where(resources.c.seen_at > moment).limit(1))
            return found.first() is not None

    async def count(self, tenant: str) -> int:
        """Count the tenant's resources."""
        query = select(func.count()).select_from(resources).where(resources.c.tenant == tenant)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()


async def _hold(connection: AsyncConnection, account: Account) -> None:
    """Keep the credential from being removed until the transaction ends; raises NotFound where it was."""
    query = select(credentials.c.id).with_for_update(read=True)
    query = query.where(credentials.c.tenant == account.tenant, credentials.c.id == account.credential_id)
    if (await connection.execute(query)).one_or_none() is None:
        raise NotFound("not_found", "The credential was removed")


async def _forget(connection: AsyncConnection, account: Account, listing: Listing) -> None:
    before = select(resources.c.resource_id).where(*_within(account, listing))
    known = set((await connection.execute(before)).scalars())
    gone = sorted(known - {each.resource_id for each in listing.resources} - set(listing.unread))
    for start in range(0, len(gone), ROWS_AT_ONCE):
        some = resources.c.resource_id.in_(gone[start : start + ROWS_AT_ONCE])
        await connection.execute(delete(resources).where(_of(account), some))


def _of(account: Account) -> ColumnElement[bool]:
    return and_(resources.c.tenant == account.tenant, resources.c.credential_id == account.credential_id)


def _within(account: Account, listing: Listing) -> list[ColumnElement[bool]]:
    conditions = [_of(account), resources.c.resource_type == listing.resource_type]
    return conditions if listing.region is None else [*conditions, resources.c.region == listing.region]


def _row(account: Account, resource: Resource, seen_at: datetime) -> dict[str, Any]:
    return {
        "tenant": account.tenant,
        "credential_id": account.credential_id,
        "resource_id": resource.resource_id,
        "resource_type": resource.resource_type,
        "provider": resource.provider,
        "region": resource.region,
        "payload": msgspec.json.encode(resource.payload),
        "seen_at": seen_at,
    }


def _resource(row: Row[Any]) -> Resource:
    return Resource(
        resource_id=row.resource_id,
        resource_type=row.resource_type,
        provider=row.provider,
        region=row.region,
        payload=msgspec.json.decode(row.payload, type=dict[str, Any]),
    )
