"""What every adapter of CloudLink does with accounts, webhooks and the audit trail, as its port promises."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from adapters.cloudlink.account import ActionStatus, NewCredential, NewWebhook
from adapters.cloudlink.models import NewBudget, NewDeploy
from adapters.cloudlink.port import AuditFilter, CloudLink
from adapters.errors import InvalidInput, NotAllowed, NotFound
from adapters.paging import Window
from adapters.principal import Principal
from tests.paging_walk import hold_while_rows_come_in
from tests.running import new_principal

UNKNOWN = "00000000-0000-4000-8000-000000000000"
SECRET = "a-secret-that-nobody-may-see-again"
ROLE = "arn:aws:iam::123456789012:role/reader"
NOWHERE = "https://hooks.invalid/in"


async def test_a_credential_is_kept_without_being_shown(cloudlink: CloudLink, principal: Principal) -> None:
    """Its hint tells it from others; it is forgotten once."""
    keys = NewCredential(cloud="aws", label="main", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=SECRET)
    added = await cloudlink.add_credential(principal, keys)
    role = await cloudlink.add_credential(principal, NewCredential(cloud="aws", role_arn=ROLE, external_id=SECRET))
    assert (added.cloud, added.label, added.hint) == ("aws", "main", "AKIA****MPLE")
    assert (added.credential_type, role.credential_type) == ("access_key", "iam_role")
    listed = await cloudlink.credentials(principal)
    assert [credential.id for credential in listed] == [added.id, role.id]
    trail = await cloudlink.audit(principal, Window(50), AuditFilter())
    shown = msgspec.json.encode([listed, added, list(trail.nodes)]).decode() + repr(listed) + repr(keys)
    assert SECRET not in shown
    assert await cloudlink.remove_credential(principal, added.id) is True
    assert await cloudlink.remove_credential(principal, added.id) is False
    assert [credential.id for credential in await cloudlink.credentials(principal)] == [role.id]


async def test_a_credential_without_its_parts_is_refused(cloudlink: CloudLink, principal: Principal) -> None:
    """And what was given is not repeated."""
    with pytest.raises(InvalidInput) as refused:
        await cloudlink.add_credential(principal, NewCredential(cloud="aws", secret_access_key=SECRET))
    assert SECRET not in str(refused.value)
    assert await cloudlink.credentials(principal) == []


async def test_without_credentials_there_is_nothing_to_scan(cloudlink: CloudLink, principal: Principal) -> None:
    """No scan is begun, and nothing is listed."""
    begun = await cloudlink.start_scan(principal)
    assert (begun.events_found, begun.credentials_scanned, begun.scans) == (0, 0, ())
    page = await cloudlink.scans(principal, Window(5))
    assert (list(page.nodes), page.has_next_page) == ([], False)
    assert await cloudlink.scans_by_id(principal, [UNKNOWN]) == [None]
    assert await cloudlink.resources(principal, None, None) == []
    assert await cloudlink.resources_by_id(principal, ["i-1"]) == [None]
    stats = await cloudlink.stats(principal)
    assert (stats.actions_by_status, stats.resources_count, stats.last_scan) == ({}, 0, None)


async def test_an_unknown_action_is_not_there(cloudlink: CloudLink, principal: Principal) -> None:
    """Neither to be approved nor to be rejected."""
    assert await cloudlink.actions(principal, None) == []
    assert await cloudlink.actions(principal, ActionStatus.PENDING) == []
    assert await cloudlink.actions_by_id(principal, [UNKNOWN]) == [None]
    for move in (cloudlink.approve_action, cloudlink.reject_action):
        with pytest.raises(NotFound):
            await move(principal, UNKNOWN)


async def test_a_webhook_is_registered_listed_and_removed(cloudlink: CloudLink, principal: Principal) -> None:
    """Oldest first."""
    first = await cloudlink.register_webhook(principal, NewWebhook(url=NOWHERE, events=("regression.detected",)))
    second = await cloudlink.register_webhook(principal, NewWebhook(url=f"{NOWHERE}/all", secret=SECRET))
    assert (first.url, first.events, first.enabled) == (NOWHERE, ("regression.detected",), True)
    listed = await cloudlink.webhooks(principal)
    assert [webhook.id for webhook in listed] == [first.id, second.id]
    assert SECRET not in repr(listed)
    assert await cloudlink.remove_webhook(principal, first.id) is True
    assert await cloudlink.remove_webhook(principal, first.id) is False
    assert [webhook.id for webhook in await cloudlink.webhooks(principal)] == [second.id]


@pytest.mark.parametrize(
    ("webhook", "field"),
    [
        (NewWebhook(url="ftp://hooks.invalid/in"), "url"),
        (NewWebhook(url="http://169.254.169.254/latest"), "url"),
        (NewWebhook(url=NOWHERE, events=("no.such.event",)), "events"),
    ],
)
async def test_a_webhook_that_can_not_be_is_refused(
    cloudlink: CloudLink, principal: Principal, webhook: NewWebhook, field: str
) -> None:
    """An address that is no public web address, or an event that there is not."""
    with pytest.raises(InvalidInput) as refused:
        await cloudlink.register_webhook(principal, webhook)
    assert (refused.value.field or "").partition(".")[0] == field
    assert await cloudlink.webhooks(principal) == []


async def test_changes_are_in_the_audit_trail(cloudlink: CloudLink, principal: Principal) -> None:
    """Newest first by pages, each once, by type and since when."""
    budget = await cloudlink.create_budget(principal, NewBudget(name="all", monthly_limit_usd=100))
    for _ in range(3):
        await cloudlink.record_deploy(principal, NewDeploy(service="Amazon EC2"))
    await cloudlink.delete_budget(principal, budget.id)
    first = await cloudlink.audit(principal, Window(3), AuditFilter())
    rest = await cloudlink.audit(principal, Window(3, first.positions[-1]), AuditFilter())
    events = [*first.nodes, *rest.nodes]
    types = [event.event_type for event in events]
    assert types == ["budget.deleted", *["deploy.recorded"] * 3, "budget.created"]
    assert len({event.id for event in events}) == 5
    assert all(event.actor for event in events)
    assert (first.has_next_page, rest.has_next_page) == (True, False)
    await hold_while_rows_come_in(
        lambda window: cloudlink.audit(principal, window, AuditFilter()),
        lambda: cloudlink.record_deploy(principal, NewDeploy(service="S3")),
    )
    one = await cloudlink.audit(principal, Window(9), AuditFilter(event_type="deploy.recorded"))
    assert len(one.nodes) > 3
    later = AuditFilter(since=datetime.now(UTC) + timedelta(hours=1))
    assert list((await cloudlink.audit(principal, Window(9), later)).nodes) == []


async def test_a_caller_has_a_plan(cloudlink: CloudLink, principal: Principal) -> None:
    """One of the documented ones, with its state."""
    plan = await cloudlink.plan(principal)
    assert plan.plan in ("free", "starter", "growth", "enterprise")
    assert plan.status in ("none", "active", "past_due", "cancelled")


async def test_another_tenants_account_is_not_there(cloudlink: CloudLink, principal: Principal) -> None:
    """Neither in lists nor by its ids."""
    credential = await cloudlink.add_credential(principal, NewCredential(cloud="aws", role_arn=ROLE))
    webhook = await cloudlink.register_webhook(principal, NewWebhook(url=NOWHERE))
    other = new_principal()
    assert await cloudlink.credentials(other) == []
    assert await cloudlink.webhooks(other) == []
    assert list((await cloudlink.audit(other, Window(9), AuditFilter())).nodes) == []
    with suppress(NotAllowed):
        assert await cloudlink.remove_credential(other, credential.id) is False
    with suppress(NotAllowed):
        assert await cloudlink.remove_webhook(other, webhook.id) is False
    assert [row.id for row in await cloudlink.credentials(principal)] == [credential.id]
    assert [row.id for row in await cloudlink.webhooks(principal)] == [webhook.id]
