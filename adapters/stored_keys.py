"""API keys of the gateway's callers, kept in the store by their digests."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from adapters.errors import Conflict, LimitExceeded
from adapters.principal import Principal
from adapters.store.database import Database
from adapters.store.keys import gateway_keys

ID_LENGTH = 16
"""How much of a key's digest names it, in lists and where limits count by key."""
MOST_KEYS = 1000


class StoredKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key without the key itself: whose it is, what it lets its holder do, and what has become of it."""

    digest: str
    name: str
    tenant: str
    roles: tuple[str, ...]
    tier: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    @property
    def id(self) -> str:
        """The key's own name."""
        return self.digest[:ID_LENGTH]

    @property
    def holder(self) -> Principal:
        """Who calls with it."""
        return Principal(
            id=self.name,
            name=self.name,
            tenant=self.tenant,
            roles=self.roles,
            tier=self.tier,
            key=self.id,
            expires_at=self.expires_at,
        )

    def is_live(self, now: datetime) -> bool:
        """Say whether it lets anybody in."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class StoredKeys:
    """The keys. One that is revoked stays in the list until it is forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: StoredKey) -> None:
        """Keep a key; raises Conflict where its name belongs to another tenant, LimitExceeded over a thousand keys."""
        async with self._database.write() as connection:
            query = select(gateway_keys.c.tenant).where(gateway_keys.c.name == key.name).limit(1)
            tenant = (await connection.execute(query)).scalar_one_or_none()
            if tenant not in (None, key.tenant):
                message = f"{key.name!r} belongs to the tenant {tenant!r}: name that one, or take another name"
                raise Conflict("conflict", message)
            if (await connection.execute(select(func.count()).select_from(gateway_keys))).scalar_one() >= MOST_KEYS:
                message = f"There are {MOST_KEYS} keys already: forget some that are revoked"
                raise LimitExceeded("too_many_keys", message, MOST_KEYS)
            row = {**msgspec.structs.asdict(key), "roles": "+".join(key.roles)}
            await connection.execute(insert(gateway_keys).values(row))

    async def list(self) -> list[StoredKey]:
        """List all keys, also those that let nobody in any more, by name and age."""
        query = select(gateway_keys).order_by(gateway_keys.c.name, gateway_keys.c.created_at)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [StoredKey(**{**row, "roles": tuple(row["roles"].split("+"))}) for row in rows]

    async def revoke(self, named: str) -> int:
        """Let nobody in any more with the key of this id, or with any of this name; says how many there were."""
        live = gateway_keys.c.revoked_at.is_(None)
        async with self._database.write() as connection:
            revoked = update(gateway_keys).where(_named(named), live).values(revoked_at=datetime.now(UTC))
            return (await connection.execute(revoked)).rowcount

    async def forget(self, named: str) -> int:
        """Strike keys off the list that let nobody in any more; says how many there were."""
        over = or_(gateway_keys.c.revoked_at.is_not(None), gateway_keys.c.expires_at <= datetime.now(UTC))
        async with self._database.write() as connection:
            return (await connection.execute(delete(gateway_keys).where(_named(named), over))).rowcount

    async def note_use(self, digest: str, now: datetime) -> None:
        """Note when a key was used last."""
        used = update(gateway_keys).where(gateway_keys.c.digest == digest).values(last_used_at=now)
        async with self._database.write() as connection:
            await connection.execute(used)


def _named(named: str) -> ColumnElement[bool]:
    return or_(gateway_keys.c.name == named, func.substr(gateway_keys.c.digest, 1, ID_LENGTH) == named)
