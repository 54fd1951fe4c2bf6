"""Tokens that tenants and their callers have at upstreams, kept encrypted."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.errors import InvalidInput, NotAllowed
from adapters.store.database import Database
from adapters.store.tokens import upstream_tokens
from adapters.vault import Vault, WrongKey

GOOD_SECONDS = 10.0
"""How long it is remembered which token a caller has: after that a change by another process is seen."""
REMEMBERED = 1000
TOKEN_LENGTH = 4096
SHOWN = 4
EVERYONE = ""
"""Whose a token is that all callers of a tenant have."""


class KeptToken(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a token: whose it is, its last characters, and since when it is kept.

    `caller` is the id of the one whom it is for, or EVERYONE of the tenant.
    """

    service: str
    tenant: str
    caller: str
    hint: str
    set_at: datetime


class KeptTokens:
    """Keeps a token for each service and tenant, and for callers of it that have one of their own."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._known: dict[tuple[str, str, str], tuple[float, str | None]] = {}

    async def set(self, service: str, tenant: str, token: str, caller: str = EVERYONE) -> None:
        """Keep a token in place of another; raises InvalidInput, and NotAllowed where nothing can be encrypted."""
        checked = checked_token(token)
        row = {
            "token": self._vault.encrypt(checked.encode()),
            "hint": f"…{checked[-SHOWN:]}",
            "set_at": datetime.now(UTC),
        }
        insert = postgresql.insert if self._database.is_postgres else sqlite.insert
        statement = insert(upstream_tokens).values(service=service, tenant=tenant, caller=caller, **row)
        keys = list(upstream_tokens.primary_key)
        async with self._database.write() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=row))
        self._known.clear()

    async def token_of(self, service: str, tenant: str, caller: str) -> str | None:
        """Give a caller's token, or else its tenant's; raises NotAllowed for one that another key has encrypted."""
        now = time.monotonic()
        until, token = self._known.get((service, tenant, caller), (0.0, None))
        if until <= now:
            token = await self._read(service, tenant, caller)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[service, tenant, caller] = (now + GOOD_SECONDS, token)
        return token

    async def list(self) -> list[KeptToken]:
        """List what is kept, without the tokens."""
        query = select(upstream_tokens).order_by(*upstream_tokens.primary_key)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        shown = ("service", "tenant", "caller", "hint", "set_at")
        return [KeptToken(**{name: getattr(row, name) for name in shown}) for row in rows]

    async def remove(self, service: str, tenant: str, caller: str = EVERYONE) -> bool:
        """Forget a token; False where there is none."""
        this = delete(upstream_tokens).where(_of(service, tenant), upstream_tokens.c.caller == caller)
        async with self._database.write() as connection:
            removed = (await connection.execute(this)).rowcount
        self._known.clear()
        return bool(removed)

    async def _read(self, service: str, tenant: str, caller: str) -> str | None:
        own = upstream_tokens.c.caller.in_((caller, EVERYONE))
        query = select(upstream_tokens.c.token).where(_of(service, tenant), own)
        nearest = query.order_by(upstream_tokens.c.caller.desc()).limit(1)
        async with self._database.read() as connection:
            kept = (await connection.execute(nearest)).scalar_one_or_none()
        try:
            return None if kept is None else self._vault.decrypt(kept).decode()
        except WrongKey as error:
            raise NotAllowed("not_allowed", f"The token of {tenant!r} at {service} can't be read. {error}") from None


def _of(service: str, tenant: str) -> ColumnElement[bool]:
    return and_(upstream_tokens.c.service == service, upstream_tokens.c.tenant == tenant)


def checked_token(token: str) -> str:
    """Give a token without the spaces around it; raises InvalidInput for what no header can hold."""
    token = token.strip()
    if not token or len(token) > TOKEN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        message = f"A token has 1 to {TOKEN_LENGTH} printable ASCII characters without spaces: this one is no token"
        raise InvalidInput("validation_error", message, "token")
    return token
