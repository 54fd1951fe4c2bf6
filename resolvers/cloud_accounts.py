"""Cloud accounts: credentials, resources, actions, webhooks, the audit trail, and the scans that feed them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import argument

from adapters import errors
from adapters.cloudlink.account import (
    Action,
    ActionStatus,
    AuditEvent,
    CloudScan,
    CloudScans,
    CloudScanStatus,
    Credential,
    NewCredential,
    NewWebhook,
    Plan,
    Resource,
    Stats,
    Webhook,
)
from adapters.cloudlink.port import AuditFilter
from adapters.events.watching import Observation
from adapters.paging import Page, Window
from adapters.sigil.models import ScanStatus
from resolvers.context import Info
from resolvers.cursor import Cursor
from resolvers.moments import in_utc
from resolvers.nodes import global_id, natural_key
from resolvers.problems import Problem, answered
from resolvers.window import After, Before, First, Last, window_of

MOST_EVENTS = 100
SCAN_STATUS = {
    CloudScanStatus.RUNNING: ScanStatus.RUNNING,
    CloudScanStatus.FINISHED: ScanStatus.COMPLETED,
    CloudScanStatus.ERROR: ScanStatus.FAILED,
}
"""CloudLink's words for what becomes of a scan, in those of scans of every kind."""

ActionId = Annotated[strawberry.ID, argument(description="The action's own id, or its global one.")]


async def resources(
    info: Info,
    provider: Annotated[str | None, argument(description="Only those of this cloud, e.g. `aws`.")] = None,
    resource_type: Annotated[str | None, argument(description="Only those of this type, e.g. `s3_bucket`.")] = None,
) -> list[Resource]:
    """List what the last scans saw."""
    return await info.context.services.cloudlink.resources(info.context.principal, provider, resource_type)


async def credentials(info: Info) -> list[Credential]:
    """List the tenant's credentials."""
    return await info.context.loaders.credentials_by_tenant.load(info.context.principal.tenant)


async def actions(
    info: Info,
    status: Annotated[ActionStatus | None, argument(description="Only those of this status.")] = None,
) -> list[Action]:
    """List proposed changes, newest first."""
    return await info.context.services.cloudlink.actions(info.context.principal, status)


async def webhooks(info: Info) -> list[Webhook]:
    """List the tenant's webhooks."""
    return await info.context.services.cloudlink.webhooks(info.context.principal)


async def audit_log(
    info: Info,
    first: First = MOST_EVENTS,
    after: After = None,
    last: Last = None,
    before: Before = None,
    event_type: Annotated[str | None, argument(description="Only events of this type, e.g. `budget.created`.")] = None,
    since: Annotated[datetime | None, argument(description="Only events since.")] = None,
) -> Page[AuditEvent]:
    """List the audit trail, newest first."""
    window = window_of(info, MOST_EVENTS, first=first, after=after, last=last, before=before)
    wanted = AuditFilter(event_type=event_type, since=in_utc(since))
    return await info.context.services.cloudlink.audit(info.context.principal, window, wanted)


async def stats(info: Info) -> Stats:
    """Count actions and resources."""
    return await info.context.services.cloudlink.stats(info.context.principal)


async def plan(info: Info) -> Plan:
    """Say what the tenant has subscribed to."""
    return await info.context.services.cloudlink.plan(info.context.principal)


async def add_credential(info: Info, wanted: NewCredential) -> Credential | Problem:
    """Keep a credential, or say why not."""
    added = info.context.services.cloudlink.add_credential(info.context.principal, wanted)
    return await answered(info, added, errors.InvalidInput, errors.LimitExceeded, errors.NotAllowed)


async def remove_credential(
    info: Info, credential_id: Annotated[strawberry.ID, argument(description="The credential's id.")]
) -> bool:
    """Forget a credential, and say whether there was one."""
    removed = await info.context.services.cloudlink.remove_credential(info.context.principal, credential_id)
    info.context.renew_loaders()
    return removed


async def start_cloud_scan(info: Info) -> CloudScans | Problem:
    """Begin a scan of every account, or say why not."""
    begun = info.context.services.cloudlink.start_scan(info.context.principal)
    return await answered(info, begun, errors.LimitExceeded, errors.NotAllowed)


async def approve_action(info: Info, action_id: ActionId) -> Action | Problem:
    """Let an action be executed, or say why not."""
    approved = info.context.services.cloudlink.approve_action(info.context.principal, natural_key("Action", action_id))
    return await answered(info, approved, errors.NotFound, errors.Conflict, errors.NotAllowed, errors.LimitExceeded)


async def reject_action(info: Info, action_id: ActionId) -> Action | Problem:
    """Turn an action down, or say why not."""
    rejected = info.context.services.cloudlink.reject_action(info.context.principal, natural_key("Action", action_id))
    return await answered(info, rejected, errors.NotFound, errors.Conflict, errors.NotAllowed, errors.LimitExceeded)


async def register_webhook(info: Info, wanted: NewWebhook) -> Webhook | Problem:
    """Register a webhook, or say why not."""
    registered = info.context.services.cloudlink.register_webhook(info.context.principal, wanted)
    return await answered(info, registered, errors.InvalidInput, errors.LimitExceeded, errors.NotAllowed)


async def remove_webhook(
    info: Info, webhook_id: Annotated[strawberry.ID, argument(description="The webhook's id.")]
) -> bool:
    """Remove a webhook, and say whether there was one."""
    return await info.context.services.cloudlink.remove_webhook(info.context.principal, webhook_id)


async def action_updates(
    info: Info,
    after: Annotated[Cursor | None, argument(description="The cursor of the last event seen.")] = None,
) -> AsyncIterator[Observation[Action]]:
    """Push the states of the tenant's newest actions and every change of any."""
    async for change in info.context.services.cloudlink.watch_actions(info.context.principal, after):
        info.context.renew_loaders()
        yield change


def cloud_scan_global_id(root: strawberry.Parent[CloudScan]) -> strawberry.ID:
    """Give the global id."""
    return global_id("CloudScan", root.id)


def action_global_id(root: strawberry.Parent[Action]) -> strawberry.ID:
    """Give the global id."""
    return global_id("Action", root.id)


def status_of_cloud_scan(root: strawberry.Parent[CloudScan]) -> ScanStatus:
    """Give what has become of a scan, in the words of scans of every kind."""
    return SCAN_STATUS[root.status]


def duration_of_cloud_scan(root: strawberry.Parent[CloudScan]) -> int | None:
    """Give how long a scan took, in milliseconds."""
    return round((root.finished_at - root.started_at).total_seconds() * 1000) if root.finished_at else None


async def credential_of_cloud_scan(root: strawberry.Parent[CloudScan], info: Info) -> Credential | None:
    """Give the credential that a scan used, while there is one."""
    known = await info.context.loaders.credentials_by_tenant.load(info.context.principal.tenant)
    return next((credential for credential in known if credential.id == root.credential_id), None)


async def resource_of_action(root: strawberry.Parent[Action], info: Info) -> Resource | None:
    """Give what an action would change, while the last scans saw it."""
    return await info.context.loaders.resource_by_id.load(root.resource_id)


async def last_scan(root: strawberry.Parent[Stats], info: Info) -> CloudScan | None:
    """Give the scan that began last."""
    if root.last_scan is None:
        return None
    newest = await info.context.services.cloudlink.scans(info.context.principal, Window(1, counted=False))
    return next(iter(newest.nodes), None)


def previous_action_status(root: strawberry.Parent[Observation[Action]]) -> ActionStatus | None:
    """Give the status that this stream told before."""
    return root.previous.status if root.previous else None
