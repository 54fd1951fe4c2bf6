"""CloudLink's cloud accounts in memory: a test moves scans and actions by hand."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import msgspec

from adapters.cloudlink.account import (
    Action,
    ActionStatus,
    CloudScan,
    CloudScans,
    CloudScanStatus,
    Credential,
    LastScan,
    NewCredential,
    NewWebhook,
    Plan,
    Resource,
    Stats,
    Webhook,
)
from adapters.errors import Conflict, InvalidInput, NotAllowed
from adapters.events.watching import Observation
from adapters.paging import Page, Position, Window, page_of
from adapters.principal import Principal
from tests.doubles.keeping import Kept, MemoryJournal


class MemoryAccount(MemoryJournal):
    """Keeps an account in dicts; see `port.CloudLink`. Without `can_encrypt` no credential is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.can_encrypt = True
        self.kept_scans: Kept[CloudScan] = Kept()
        self.kept_actions: Kept[Action] = Kept()
        self._credentials: dict[str, Credential] = {}
        self._webhooks: dict[str, tuple[str, Webhook]] = {}
        self._resources: dict[tuple[str, str], Resource] = {}

    async def credentials(self, principal: Principal) -> list[Credential]:
        return [credential for credential in self._credentials.values() if credential.tenant_id == principal.tenant]

    async def add_credential(self, principal: Principal, credential: NewCredential) -> Credential:
        """Keep what may be shown of a credential."""
        if not self.can_encrypt:
            raise NotAllowed("not_allowed", "There is no key to encrypt with: set TRIGRAPH_ENCRYPTION_KEY")
        named = credential.role_arn or credential.access_key_id or credential.payload
        if not named:
            raise InvalidInput("validation_error", "role_arn is missing: give it, or an access key", "role_arn")
        added = Credential(
            id=str(uuid.uuid4()),
            cloud=credential.cloud,
            credential_type="iam_role" if credential.role_arn else "access_key",
            created_at=datetime.now(UTC),
            label=credential.label,
            hint=f"{str(named)[:4]}****{str(named)[-4:]}",
            tenant_id=principal.tenant,
        )
        self._credentials[added.id] = added
        self.note(principal, "credential.added", added.id)
        return added

    async def remove_credential(self, principal: Principal, credential_id: str) -> bool:
        known = self._credentials.get(credential_id)
        if known is None or known.tenant_id != principal.tenant:
            return False
        del self._credentials[credential_id]
        self.note(principal, "credential.removed", credential_id)
        return True

    def saw(self, tenant: str, resource: Resource) -> None:
        """Keep a resource as a scan would have found it."""
        self._resources[tenant, resource.resource_id] = resource

    async def resources(self, principal: Principal, provider: str | None, resource_type: str | None) -> list[Resource]:
        return [
            resource
            for (tenant, _), resource in self._resources.items()
            if tenant == principal.tenant
            and provider in (None, resource.provider)
            and resource_type in (None, resource.resource_type)
        ]

    async def resources_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Resource | None]:
        return [self._resources.get((principal.tenant, identifier)) for identifier in ids]

    async def start_scan(self, principal: Principal) -> CloudScans:
        """Begin scans that stay RUNNING until `finish_scan` is called."""
        begun = [
            CloudScan(
                id=str(uuid.uuid4()),
                status=CloudScanStatus.RUNNING,
                started_at=datetime.now(UTC),
                credential_id=credential.id,
                credential_label=credential.label,
                regions=("us-east-1",),
                tenant_id=principal.tenant,
            )
            for credential in await self.credentials(principal)
        ]
        for scan in begun:
            self.kept_scans.tell(principal.tenant, scan)
        return CloudScans(events_found=0, credentials_scanned=len(begun), scans=tuple(begun))

    def finish_scan(self, principal: Principal, scan_id: str, error: str | None = None, events_found: int = 0) -> None:
        """End a scan, by an error if one is given."""
        known = self.kept_scans.named(principal.tenant, scan_id)
        ended = msgspec.structs.replace(
            known,
            status=CloudScanStatus.ERROR if error else CloudScanStatus.FINISHED,
            finished_at=datetime.now(UTC),
            events_found=events_found,
            events_ingested=events_found,
            error=error,
        )
        self.kept_scans.tell(principal.tenant, ended)
        self.note(principal, "scan.finished", scan_id)

    async def scans(self, principal: Principal, window: Window) -> Page[CloudScan]:
        mine = self.kept_scans.of(principal.tenant)
        return page_of(mine, lambda scan: Position(scan.started_at, scan.id), window, total=len(mine))

    async def scans_by_id(self, principal: Principal, ids: Sequence[str]) -> list[CloudScan | None]:
        return self.kept_scans.by_id(principal.tenant, ids)

    def watch_scans(
        self, principal: Principal, after: str | None = None, scan_id: str | None = None
    ) -> AsyncIterator[Observation[CloudScan]]:
        return self.kept_scans.watched(principal.tenant, after, scan_id)

    def propose(self, principal: Principal, action_type: str, resource_id: str) -> Action:
        """Keep an action that awaits approval."""
        now = datetime.now(UTC)
        proposed = Action(
            id=str(uuid.uuid4()),
            action_type=action_type,
            resource_id=resource_id,
            status=ActionStatus.AWAITING_APPROVAL,
            created_at=now,
            updated_at=now,
            proposed_change={"action": action_type},
            confidence=0.9,
        )
        self.note(principal, "action.created", resource_id)
        return self.kept_actions.tell(principal.tenant, proposed)

    async def actions(self, principal: Principal, status: ActionStatus | None) -> list[Action]:
        return [action for action in self.kept_actions.of(principal.tenant) if status in (None, action.status)]

    async def actions_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Action | None]:
        return self.kept_actions.by_id(principal.tenant, ids)

    async def approve_action(self, principal: Principal, action_id: str) -> Action:
        action = self._awaiting(principal, action_id)
        return self._moved_action(principal, action, ActionStatus.PENDING, "action.approved")

    async def reject_action(self, principal: Principal, action_id: str) -> Action:
        action = msgspec.structs.replace(self._awaiting(principal, action_id), last_error="rejected")
        return self._moved_action(principal, action, ActionStatus.FAILED, "action.rejected")

    def watch_actions(self, principal: Principal, after: str | None = None) -> AsyncIterator[Observation[Action]]:
        return self.kept_actions.watched(principal.tenant, after)

    async def webhooks(self, principal: Principal) -> list[Webhook]:
        return [webhook for tenant, webhook in self._webhooks.values() if tenant == principal.tenant]

    async def register_webhook(self, principal: Principal, webhook: NewWebhook) -> Webhook:
        """Keep a webhook; an address that is no web address is refused."""
        if not webhook.url.startswith(("http://", "https://")):
            raise InvalidInput("validation_error", f"url is {webhook.url[:80]!r}: give an https address", "url")
        registered = Webhook(
            id=str(uuid.uuid4()), url=webhook.url, events=webhook.events, enabled=True, created_at=datetime.now(UTC)
        )
        self._webhooks[registered.id] = (principal.tenant, registered)
        self.note(principal, "webhook.registered", registered.id)
        return registered

    async def remove_webhook(self, principal: Principal, webhook_id: str) -> bool:
        tenant, _ = self._webhooks.get(webhook_id, (None, None))
        if tenant != principal.tenant:
            return False
        del self._webhooks[webhook_id]
        self.note(principal, "webhook.removed", webhook_id)
        return True

    async def stats(self, principal: Principal) -> Stats:
        scans = [
            LastScan(started_at=scan.started_at, status=scan.status, events_found=scan.events_found)
            for scan in self.kept_scans.of(principal.tenant)
        ]
        return Stats(
            actions_by_status=dict(Counter(action.status.value for action in self.kept_actions.of(principal.tenant))),
            resources_count=len(await self.resources(principal, None, None)),
            last_scan=scans[0] if scans else None,
        )

    async def plan(self, principal: Principal) -> Plan:  # noqa: ARG002 - everybody has the same
        return Plan()

    def _awaiting(self, principal: Principal, action_id: str) -> Action:
        action = self.kept_actions.named(principal.tenant, action_id)
        if action.status is not ActionStatus.AWAITING_APPROVAL:
            raise Conflict("conflict", f"The action is {action.status}: it does not await approval")
        return action

    def _moved_action(self, principal: Principal, action: Action, status: ActionStatus, event_type: str) -> Action:
        self.note(principal, event_type, action.resource_id)
        moved = msgspec.structs.replace(action, status=status, updated_at=datetime.now(UTC))
        return self.kept_actions.tell(principal.tenant, moved)
