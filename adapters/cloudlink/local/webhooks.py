"""Webhooks in the store: registered, listed without their secrets, and removed."""

from __future__ import annotations

import ipaddress
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.account import NewWebhook, Webhook
from adapters.cloudlink.local.feeds import COUNTER
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.cloudlink.local.outbox import EVENTS, Outbox
from adapters.cloudlink.local.storable import UNSTORABLE
from adapters.errors import InvalidInput
from adapters.http.public import MAX_PORT, is_public, port_of
from adapters.principal import Principal
from adapters.store.cloudlink_account import webhooks
from adapters.store.database import Database
from adapters.store.metadata import next_value
from adapters.vault import Vault

MOST_WEBHOOKS = 50
"""How many webhooks a tenant may have."""
LONGEST_URL = 2048
LONGEST_SECRET = 512


class WebhookRecords:
    """Reads and writes webhooks; `allowed` holds private `host:port` pairs that they may go to."""

    def __init__(
        self, database: Database, outbox: Outbox, journal: Journal, vault: Vault, allowed: frozenset[str]
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._journal = journal
        self._vault = vault
        self._allowed = allowed

    async def of_tenant(self, tenant: str) -> list[Webhook]:
        """List the tenant's webhooks, oldest first."""
        query = select(webhooks).where(webhooks.c.tenant == tenant).order_by(webhooks.c.created_at, webhooks.c.id)
        async with self._database.read() as connection:
            return [_webhook(row) for row in await connection.execute(query)]

    async def register(self, principal: Principal, wanted: NewWebhook) -> Webhook:
        """Register a webhook and send it a `ping`; raises InvalidInput, and NotAllowed without a key for its secret."""
        host = _checked_host(wanted.url, self._allowed)
        events = _known_events(wanted.events)
        webhook = Webhook(
            id=str(uuid.uuid4()), url=wanted.url, events=events or EVENTS, enabled=True, created_at=datetime.now(UTC)
        )
        row = {
            "id": webhook.id,
            "tenant": principal.tenant,
            "url": webhook.url,
            "events": msgspec.json.encode(events),
            "secret": self._encrypted(wanted.secret),
            "enabled": True,
            "created_at": webhook.created_at,
        }
        async with self._database.write() as connection:
            await next_value(connection, COUNTER)  # one at a time, so that the count holds
            await _refuse_too_many(connection, principal.tenant)
            await connection.execute(insert(webhooks).values(row))
            await self._note(connection, principal, "webhook.registered", webhook.id, host)
            await self._outbox.put_for(connection, [webhook.id], "ping", webhook)
        return webhook

    async def remove(self, principal: Principal, webhook_id: str) -> bool:
        """Remove a webhook with what is still to be sent to it; False where there is none."""
        this = (webhooks.c.tenant == principal.tenant, webhooks.c.id == webhook_id)
        async with self._database.write() as connection:
            removed = await connection.execute(delete(webhooks).where(*this).returning(webhooks.c.url))
            url = removed.scalar_one_or_none()
            if url is not None:
                await self._note(connection, principal, "webhook.removed", webhook_id, httpx.URL(url).host)
        return url is not None

    def _encrypted(self, secret: str | None) -> bytes | None:
        if secret is None:
            return None
        if not 1 <= len(secret) <= LONGEST_SECRET or UNSTORABLE.search(secret):
            message = f"secret has {len(secret)} characters: give 1 to {LONGEST_SECRET}, or leave it out"
            raise InvalidInput("validation_error", message, "secret")
        return self._vault.encrypt(secret.encode())

    async def _note(
        self, connection: AsyncConnection, principal: Principal, event_type: str, webhook_id: str, host: str
    ) -> None:
        # The rest of the URL may hold a token of the receiver's.
        entry = Entry(event_type=event_type, actor=principal.name, resource_id=webhook_id, detail=f"at {host}")
        await self._journal.write(connection, principal.tenant, entry)


async def _refuse_too_many(connection: AsyncConnection, tenant: str) -> None:
    count = select(func.count()).select_from(webhooks).where(webhooks.c.tenant == tenant)
    if (await connection.execute(count)).scalar_one() >= MOST_WEBHOOKS:
        raise InvalidInput("validation_error", f"There are {MOST_WEBHOOKS} webhooks already: remove one", "url")


def _known_events(events: tuple[str, ...]) -> tuple[str, ...]:
    for event in events:
        if event not in EVENTS:
            message = f"events has {event[:40]!r}: choose from {', '.join(EVENTS)}"
            raise InvalidInput("validation_error", message, "events")
    return tuple(dict.fromkeys(events))


def _checked_host(address: str, allowed: frozenset[str]) -> str:
    """Check where a webhook goes to, as far as the address tells; a name is resolved when something is sent."""
    if len(address) > LONGEST_URL:
        raise _refused(f"url has {len(address)} characters: give at most {LONGEST_URL}")
    try:
        url = httpx.URL(address)
        host, port = url.raw_host.decode("ascii").lower(), port_of(url)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise _refused("url is not an address: give one like https://example.com/events") from None
    if url.scheme not in ("http", "https") or not host or not 0 < port <= MAX_PORT:
        raise _refused("url does not lead anywhere: give one like https://example.com/events")
    if url.userinfo:
        raise _refused("url holds a user name or password: leave them out, and give a secret to sign with")
    if f"{host}:{port}" not in allowed and _is_private(host):
        cure = f"give a public address, or have {host}:{port} added to TRIGRAPH_WEBHOOKS_ALLOWED"
        raise _refused(f"url leads to {host[:80]}, which is not on the public internet: {cure}")
    return host


def _refused(message: str) -> InvalidInput:
    return InvalidInput("validation_error", message, "url")


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return not is_public(host)


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        events=msgspec.json.decode(row.events, type=tuple[str, ...]) or EVENTS,
        enabled=row.enabled,
        created_at=row.created_at,
        last_fired_at=row.last_fired_at,
        last_status=row.last_status,
    )
