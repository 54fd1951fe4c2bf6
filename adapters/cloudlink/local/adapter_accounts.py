"""The local CloudLink's credentials, resources, scans, actions, webhooks, audit trail and plan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType

from adapters.cloudlink.account import (
    Action,
    ActionStatus,
    AuditEvent,
    CloudScan,
    CloudScans,
    Credential,
    NewCredential,
    NewWebhook,
    Plan,
    Resource,
    Stats,
    Webhook,
)
from adapters.cloudlink.local.engine import Engine
from adapters.cloudlink.port import AuditFilter
from adapters.events.watching import Observation, watch
from adapters.paging import Page, Window
from adapters.principal import Principal

PLANS: Mapping[str, str] = MappingProxyType(
    {"free": "free", "pro": "starter", "team": "growth", "enterprise": "enterprise"}
)
"""CloudLink's name for each tier."""


class LocalAccounts:
    """See `port.CloudLink` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def credentials(self, principal: Principal) -> list[Credential]:
        """List from the store."""
        return await self._engine.credentials.credentials(principal.tenant)

    async def add_credential(self, principal: Principal, credential: NewCredential) -> Credential:
        """Encrypt, and write to the store."""
        return await self._engine.credentials.add_credential(principal, credential)

    async def remove_credential(self, principal: Principal, credential_id: str) -> bool:
        """Delete from the store."""
        return await self._engine.credentials.remove_credential(principal, credential_id)

    async def resources(self, principal: Principal, provider: str | None, resource_type: str | None) -> list[Resource]:
        """List from the store."""
        return await self._engine.resources.resources(principal.tenant, provider, resource_type)

    async def resources_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Resource | None]:
        """Look up in the store."""
        return await self._engine.resources.resources_by_id(principal.tenant, ids)

    async def start_scan(self, principal: Principal) -> CloudScans:
        """Begin the scans as durable work."""
        return await self._engine.scan_work.start_scan(principal)

    async def scanned(self, principal: Principal, seconds: float) -> CloudScans:
        """Begin the scans, and wait so long for their ends."""
        begun = await self.start_scan(principal)
        scans = await asyncio.gather(*(self._ended(principal, scan, seconds) for scan in begun.scans))
        found = sum(scan.events_found for scan in scans)
        return CloudScans(events_found=found, credentials_scanned=begun.credentials_scanned, scans=tuple(scans))

    async def scans(self, principal: Principal, window: Window) -> Page[CloudScan]:
        """List from the store."""
        return await self._engine.scans.scans(principal.tenant, window)

    async def scans_by_id(self, principal: Principal, ids: Sequence[str]) -> list[CloudScan | None]:
        """Look up in the store."""
        return await self._engine.scans.scans_by_id(principal.tenant, ids)

    def watch_scans(
        self, principal: Principal, after: str | None = None, scan_id: str | None = None
    ) -> AsyncIterator[Observation[CloudScan]]:
        """Watch the change feed, after what the store has already."""
        return watch(self._engine.scans, self._engine.feeds.scans, principal.tenant, after=after, key=scan_id)

    async def actions(self, principal: Principal, status: ActionStatus | None) -> list[Action]:
        """List from the store."""
        return await self._engine.actions.actions(principal.tenant, status)

    async def actions_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Action | None]:
        """Look up in the store."""
        return await self._engine.actions.actions_by_id(principal.tenant, ids)

    async def approve_action(self, principal: Principal, action_id: str) -> Action:
        """Write to the store, and begin the action as durable work."""
        return await self._engine.action_work.approve_action(principal, action_id)

    async def reject_action(self, principal: Principal, action_id: str) -> Action:
        """Write to the store."""
        return await self._engine.action_work.reject_action(principal, action_id)

    def watch_actions(self, principal: Principal, after: str | None = None) -> AsyncIterator[Observation[Action]]:
        """Watch the change feed, after what the store has already."""
        return watch(self._engine.actions, self._engine.feeds.actions, principal.tenant, after=after, key=None)

    async def webhooks(self, principal: Principal) -> list[Webhook]:
        """List from the store."""
        return await self._engine.webhooks.of_tenant(principal.tenant)

    async def register_webhook(self, principal: Principal, webhook: NewWebhook) -> Webhook:
        """Write to the store, and send a ping."""
        return await self._engine.webhooks.register(principal, webhook)

    async def remove_webhook(self, principal: Principal, webhook_id: str) -> bool:
        """Delete from the store, with what was still to be sent."""
        return await self._engine.webhooks.remove(principal, webhook_id)

    async def audit(self, principal: Principal, window: Window, wanted: AuditFilter) -> Page[AuditEvent]:
        """List from the store."""
        return await self._engine.audit.page(principal.tenant, window, wanted)

    async def stats(self, principal: Principal) -> Stats:
        """Count in the store."""
        engine = self._engine
        return Stats(
            actions_by_status=await engine.actions.count_by_status(principal.tenant),
            resources_count=await engine.resources.count(principal.tenant),
            last_scan=await engine.scans.last(principal.tenant),
        )

    async def plan(self, principal: Principal) -> Plan:
        """Name the plan that the caller's tier is; who is not limited has them all."""
        return Plan(plan=PLANS.get(principal.tier or "enterprise", "free"), status="active")

    async def plan_of(self, user: str) -> Plan:  # noqa: ARG002 - nobody subscribes here
        """Say what a user has subscribed to: nobody has."""
        return Plan()

    async def _ended(self, principal: Principal, scan: CloudScan, seconds: float) -> CloudScan:
        try:
            async with asyncio.timeout(seconds):
                async for change in self.watch_scans(principal, scan_id=scan.id):
                    scan = change.state
        except TimeoutError:
            pass
        return scan
