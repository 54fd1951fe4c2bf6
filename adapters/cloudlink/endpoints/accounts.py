"""Cloud accounts: credentials, resources, scans, actions, webhooks, the audit trail, the plan."""

from __future__ import annotations

import msgspec

from adapters.cloudlink.account import (
    Action,
    CloudScan,
    CloudScans,
    Credential,
    NewCredential,
    NewWebhook,
    Resource,
    Stats,
    Webhook,
)
from adapters.cloudlink.endpoints.endpoint import Call, Endpoint, not_found
from adapters.cloudlink.port import AuditFilter
from adapters.cloudlink.rates import Allowance
from adapters.cloudlink.wire import (
    ActionsQuery,
    AuditAnswer,
    AuditQuery,
    Deleted,
    Items,
    ResourceQuery,
    ScanQuery,
    ScansQuery,
    SubscriptionAnswer,
    audit_answer_of,
)
from adapters.paging import Window


async def stats(call: Call, _: None) -> Stats:
    """Count."""
    return await call.adapter.stats(call.caller)


async def resources(call: Call, query: ResourceQuery) -> Items[Resource]:
    """List resources."""
    return Items(items=await call.adapter.resources(call.caller, query.provider, query.resource_type))


async def credentials(call: Call, _: None) -> Items[Credential]:
    """List credentials."""
    return Items(items=await call.adapter.credentials(call.caller))


async def add_credential(call: Call, credential: NewCredential) -> Credential:
    """Keep a credential."""
    return await call.adapter.add_credential(call.caller, credential)


async def remove_credential(call: Call, _: None) -> Deleted:
    """Forget a credential."""
    if not await call.adapter.remove_credential(call.caller, call.key):
        raise not_found("credential", call.key)
    return Deleted()


async def scan(call: Call, query: ScanQuery) -> CloudScans:
    """Scan all accounts."""
    if query.wait == 0:
        return await call.adapter.start_scan(call.caller)
    return await call.adapter.scanned(call.caller, query.wait)


async def scans(call: Call, query: ScansQuery) -> Items[CloudScan]:
    """List scans."""
    return Items(items=list((await call.adapter.scans(call.caller, Window(query.limit, counted=False))).nodes))


async def actions(call: Call, query: ActionsQuery) -> Items[Action]:
    """List actions."""
    return Items(items=await call.adapter.actions(call.caller, query.status))


async def approve(call: Call, _: None) -> Action:
    """Approve an action."""
    return await call.adapter.approve_action(call.caller, call.key)


async def reject(call: Call, _: None) -> Action:
    """Reject an action."""
    return await call.adapter.reject_action(call.caller, call.key)


async def webhooks(call: Call, _: None) -> Items[Webhook]:
    """List webhooks."""
    return Items(items=await call.adapter.webhooks(call.caller))


async def register(call: Call, webhook: NewWebhook) -> Webhook:
    """Register a webhook."""
    return await call.adapter.register_webhook(call.caller, webhook)


async def remove_webhook(call: Call, _: None) -> Deleted:
    """Remove a webhook."""
    if not await call.adapter.remove_webhook(call.caller, call.key):
        raise not_found("webhook", call.key)
    return Deleted()


async def audit(call: Call, query: AuditQuery) -> Items[AuditAnswer]:
    """List the audit trail."""
    wanted = AuditFilter(event_type=query.event_type, since=query.since)
    found = await call.adapter.audit(call.caller, Window(query.limit, counted=False), wanted)
    return Items(items=[audit_answer_of(event) for event in found.nodes])


async def subscription(call: Call, _: None) -> SubscriptionAnswer:
    """Tell a plan."""
    plan = await call.adapter.plan_of(call.key)
    return SubscriptionAnswer(clerk_user_id=call.key, **msgspec.structs.asdict(plan))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/stats",
        sentence="Count actions and resources.",
        answer=Stats,
        handle=stats,
    ),
    Endpoint(
        method="GET",
        path="/resources",
        sentence="List what the last scans saw.",
        query=ResourceQuery,
        answer=Items[Resource],
        handle=resources,
    ),
    Endpoint(
        method="GET",
        path="/credentials",
        sentence="List the credentials, oldest first, without their secrets.",
        answer=Items[Credential],
        handle=credentials,
    ),
    Endpoint(
        method="POST",
        path="/credentials",
        sentence="Keep a credential, encrypted.",
        body=NewCredential,
        example=NewCredential(cloud="aws", label="main", role_arn="arn:aws:iam::123456789012:role/cost-reader"),
        answer=Credential,
        status=201,
        refusals=(403,),
        handle=add_credential,
    ),
    Endpoint(
        method="DELETE",
        path="/credentials/{credential_id}",
        sentence="Forget a credential.",
        answer=Deleted,
        handle=remove_credential,
    ),
    Endpoint(
        method="POST",
        path="/scan",
        sentence="Scan the account of every credential, and wait for the scans to end.",
        query=ScanQuery,
        answer=CloudScans,
        allowance=Allowance("scan", 5),
        handle=scan,
    ),
    Endpoint(
        method="GET",
        path="/scans",
        sentence="List scans, newest first.",
        query=ScansQuery,
        answer=Items[CloudScan],
        handle=scans,
    ),
    Endpoint(
        method="GET",
        path="/actions",
        sentence="List actions, newest first.",
        query=ActionsQuery,
        answer=Items[Action],
        handle=actions,
    ),
    Endpoint(
        method="POST",
        path="/actions/{action_id}/approve",
        sentence="Let an action be executed that awaits approval.",
        answer=Action,
        refusals=(409,),
        handle=approve,
    ),
    Endpoint(
        method="POST",
        path="/actions/{action_id}/reject",
        sentence="Turn an action down that awaits approval.",
        answer=Action,
        refusals=(409,),
        handle=reject,
    ),
    Endpoint(
        method="GET",
        path="/webhooks",
        sentence="List the webhooks, oldest first, without their secrets.",
        answer=Items[Webhook],
        handle=webhooks,
    ),
    Endpoint(
        method="POST",
        path="/webhooks",
        sentence="Register a webhook.",
        body=NewWebhook,
        example=NewWebhook(url="https://hooks.example/costs"),
        answer=Webhook,
        status=201,
        refusals=(403,),
        handle=register,
    ),
    Endpoint(
        method="DELETE",
        path="/webhooks/{webhook_id}",
        sentence="Remove a webhook.",
        answer=Deleted,
        handle=remove_webhook,
    ),
    Endpoint(
        method="GET",
        path="/audit",
        sentence="List who changed what, newest first.",
        query=AuditQuery,
        answer=Items[AuditAnswer],
        handle=audit,
    ),
    Endpoint(
        method="GET",
        path="/subscription/{clerk_user_id}",
        sentence="Say what a user has subscribed to.",
        answer=SubscriptionAnswer,
        handle=subscription,
    ),
)
