"""CloudLink's cloud accounts as typed models: credentials, resources, scans, actions, webhooks, audit, plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from adapters.cloudlink.models import Moment


class CloudScanStatus(StrEnum):
    """What has become of a scan of an account."""

    RUNNING = "running"
    FINISHED = "finished"
    ERROR = "error"


class ActionStatus(StrEnum):
    """What has become of an action."""

    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    RETRY = "RETRY"


class NewCredential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A credential as it is added: a role or keys for AWS, a `payload` for other clouds. Never shown, never logged."""

    cloud: str
    label: str | None = None
    regions: tuple[str, ...] = ()
    role_arn: str | None = None
    external_id: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None
    credential_type: str | None = None
    payload: str | dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"NewCredential(cloud={self.cloud!r}, label={self.label!r})"


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential without its secrets; `hint` is what tells it from others."""

    id: str = msgspec.field(name="credential_id")
    cloud: str
    credential_type: str
    created_at: Moment
    label: str | None = None
    hint: str | None = None
    last_verified_at: Moment | None = None
    tenant_id: str | None = None


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A resource of an account, as the last scan saw it."""

    resource_id: str
    resource_type: str
    provider: str
    region: str | None = None
    payload: dict[str, Any] = {}

    @property
    def issues(self) -> list[str]:
        """What is wrong with it."""
        issues = self.payload.get("issues")
        return [issue for issue in issues if isinstance(issue, str)] if isinstance(issues, list) else []


class CloudScan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan of the account of one credential."""

    id: str = msgspec.field(name="scan_id")
    status: CloudScanStatus
    started_at: Moment
    credential_id: str | None = None
    credential_label: str | None = None
    regions: tuple[str, ...] = ()
    finished_at: Moment | None = None
    events_found: int = 0
    events_ingested: int = 0
    actions_queued: int = 0
    error: str | None = None
    tenant_id: str | None = None

    @property
    def finished(self) -> bool:
        """Whether the status is terminal."""
        return self.status is not CloudScanStatus.RUNNING


class CloudScans(msgspec.Struct, frozen=True, kw_only=True):
    """The scans of all accounts that were asked for together."""

    events_found: int = msgspec.field(name="total_events_found")
    credentials_scanned: int
    scans: tuple[CloudScan, ...] = msgspec.field(name="results", default=())


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A change that is proposed for a resource; nothing happens before it is approved."""

    id: str = msgspec.field(name="action_id")
    action_type: str
    resource_id: str
    status: ActionStatus
    created_at: Moment
    updated_at: Moment
    action_key: str = ""
    agent: str = ""
    resource_type: str | None = None
    proposed_change: dict[str, Any] = {}
    attempt_count: int = 0
    next_retry_at: Moment | None = None
    last_error: str | None = None
    reason: str | None = None
    confidence: float | None = None

    @property
    def finished(self) -> bool:
        """Whether the status is terminal."""
        return self.status in (ActionStatus.SUCCESS, ActionStatus.FAILED)


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A webhook as it is registered; no `events` means all of them, without a `secret` nothing is signed."""

    url: str
    events: tuple[str, ...] = ()
    secret: str | None = None

    def __repr__(self) -> str:
        return f"NewWebhook(url={self.url!r}, events={self.events!r})"


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where events are sent to; its secret is never shown."""

    id: str = msgspec.field(name="webhook_id")
    url: str
    events: tuple[str, ...]
    enabled: bool
    created_at: Moment | None = None
    last_fired_at: Moment | None = None
    last_status: str | None = None


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A change, and who made it."""

    id: str = msgspec.field(name="result_id")
    event_type: str
    at: Moment = msgspec.field(name="completed_at")
    actor: str | None = None
    action_id: str | None = None
    action_type: str | None = None
    resource_id: str | None = None
    status: str | None = None
    detail: str | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the tenant has subscribed to."""

    plan: str = "free"
    status: str = "none"
    current_period_end: Moment | None = None


class LastScan(msgspec.Struct, frozen=True, kw_only=True):
    """The scan that began last."""

    started_at: Moment
    status: CloudScanStatus
    events_found: int = 0


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of actions by status and of resources."""

    actions_by_status: dict[str, int]
    resources_count: int
    last_scan: LastScan | None = None
