"""Credentials, resources, webhooks, the audit trail and counts over REST."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.cloudlink.account import AuditEvent, Credential, NewCredential, NewWebhook, Plan, Resource, Stats, Webhook
from adapters.cloudlink.decoding import audit_events_of
from adapters.cloudlink.exchange import Exchange, in_order, segment
from adapters.cloudlink.keyset import NOTHING_KNOWN, audit_position, no_page, rows_to_ask, total_of
from adapters.cloudlink.port import AuditFilter
from adapters.cloudlink.wire import MOST_ROWS, AuditShape, Items
from adapters.errors import NotFound
from adapters.paging import Page, Window, page_of
from adapters.principal import Principal


class RestAccounts:
    """The part of the port that is about the account itself."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def credentials(self, principal: Principal) -> list[Credential]:
        """GET /credentials."""
        if not self._exchange.serves(principal):
            return []
        rows = (await self._exchange.read("/credentials", Items[Credential])).items
        return sorted(rows, key=lambda credential: (credential.created_at, credential.id))

    async def add_credential(self, principal: Principal, credential: NewCredential) -> Credential:
        """POST /credentials."""
        self._exchange.admit(principal)
        return await self._exchange.write("POST", "/credentials", Credential, credential)

    async def remove_credential(self, principal: Principal, credential_id: str) -> bool:
        """DELETE /credentials/:id."""
        self._exchange.admit(principal)
        return await self._exchange.delete("/credentials", credential_id)

    async def resources(self, principal: Principal, provider: str | None, resource_type: str | None) -> list[Resource]:
        """GET /resources."""
        if not self._exchange.serves(principal):
            return []
        found = await self._exchange.read("/resources", Items[Resource], provider=provider, resource_type=resource_type)
        return found.items[:MOST_ROWS]

    async def resources_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Resource | None]:
        """GET /resources."""
        return in_order(ids, await self.resources(principal, None, None), lambda resource: resource.resource_id)

    async def webhooks(self, principal: Principal) -> list[Webhook]:
        """GET /webhooks."""
        if not self._exchange.serves(principal):
            return []
        rows = (await self._exchange.read("/webhooks", Items[Webhook])).items
        return sorted(rows, key=lambda webhook: (webhook.created_at or NOTHING_KNOWN, webhook.id))

    async def register_webhook(self, principal: Principal, webhook: NewWebhook) -> Webhook:
        """POST /webhooks."""
        self._exchange.admit(principal)
        return await self._exchange.write("POST", "/webhooks", Webhook, webhook)

    async def remove_webhook(self, principal: Principal, webhook_id: str) -> bool:
        """DELETE /webhooks/:id."""
        self._exchange.admit(principal)
        return await self._exchange.delete("/webhooks", webhook_id)

    async def audit(self, principal: Principal, window: Window, wanted: AuditFilter) -> Page[AuditEvent]:
        """GET /audit, of which at most the newest 2,000 are read."""
        if not self._exchange.serves(principal):
            return no_page(window)
        asked = rows_to_ask(window)
        since = wanted.since.isoformat() if wanted.since is not None else None
        found = await self._exchange.read(
            "/audit", Items[AuditShape], event_type=wanted.event_type, since=since, limit=asked
        )
        rows = audit_events_of(found.items)
        return page_of(rows, audit_position, window, total_of(rows, asked))

    async def stats(self, principal: Principal) -> Stats:
        """GET /stats."""
        if not self._exchange.serves(principal):
            return Stats(actions_by_status={}, resources_count=0)
        return await self._exchange.read("/stats", Stats)

    async def plan(self, principal: Principal) -> Plan:
        """GET /subscription/:clerk_user_id."""
        if not self._exchange.serves(principal):
            return Plan()
        try:
            return await self._exchange.read(f"/subscription/{segment(principal.id)}", Plan)
        except NotFound:
            return Plan()
