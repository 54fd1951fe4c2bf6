"""Cloud accounts of CloudLink: credentials, scans, resources, actions, webhooks, the audit trail, the plan."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from adapters import paging
from adapters.cloudlink import account
from adapters.cloudlink.account import ActionStatus
from adapters.events import watching
from adapters.sigil.models import ScanStatus
from resolvers import cloud_accounts
from resolvers.cursor import Cursor
from schema.cache_control import CacheControl
from schema.node import Conflict, InvalidInput, LimitExceeded, Node, NotAllowed, NotFound, PageInfo
from schema.roles import ADMIN
from schema.scans import Scan
from schema.view import edge, plain, view


@view(account.Credential, "Access to a cloud account; its secrets are never shown.")
class Credential:
    """Access to a cloud account."""

    id: strawberry.ID = plain("The credential's id.")
    cloud: str = plain("Which cloud: `aws`, `gcp` or `azure`.")
    label: str | None = plain("What it is called.")
    credential_type: str = plain("How it gives access: `iam_role`, `access_key`, `service_account_json`, …")
    hint: str | None = plain("What tells it from others: the ends of its name.")
    created_at: datetime = plain("When it was added.")
    last_verified_at: datetime | None = plain("When it gave access last.")


@view(account.Resource, "A resource of a cloud account, as the last scan saw it.", CacheControl(max_age=60))
class Resource:
    """A resource of a cloud account."""

    resource_id: str = plain("The cloud's own id.")
    resource_type: str = plain("What it is, e.g. `ec2_instance` or `s3_bucket`.")
    provider: str = plain("Which cloud has it.")
    region: str | None = plain("The region it is in.")
    issues: list[str] = plain("What is wrong with it, e.g. `no_encryption`.")
    payload: JSON = plain("What the scan found out, by the type.")


@view(account.CloudScan, "A scan of the cloud account of a credential.")
class CloudScan(Scan):
    """A scan of the cloud account of a credential."""

    id: strawberry.ID = edge(cloud_accounts.cloud_scan_global_id, "The global id, for `node`.")
    scan_id: str = plain("The service's own id.", source="id")
    status: ScanStatus = edge(cloud_accounts.status_of_cloud_scan, "What has become of it.")
    started_at: datetime = plain("When it began.")
    finished_at: datetime | None = plain("When it ended.")
    duration_ms: int | None = edge(cloud_accounts.duration_of_cloud_scan, "How long it took, in milliseconds.")
    error: str | None = plain("What failed, as a sentence; the rest of the account may have been scanned.")
    credential: Credential | None = edge(
        cloud_accounts.credential_of_cloud_scan, "The credential that it used; none once that is removed.", ADMIN
    )
    regions: list[str] = plain("The regions that it looks at.")
    events_found: int = plain("How many resources and costs it found.")
    events_ingested: int = plain("How many of these were taken in.")
    actions_queued: int = plain("How many actions it proposed.")


@view(account.CloudScans, "The scans of all accounts, asked for together.")
class CloudScans:
    """The scans of all accounts, asked for together."""

    scans: list[CloudScan] = plain("The scans, one per credential.")
    events_found: int = plain("What they have found so far, together.")
    credentials_scanned: int = plain("How many credentials they use.")


@view(account.Action, "A change that is proposed for a resource; nothing happens before it is approved.")
class Action(Node):
    """A change that is proposed for a resource."""

    id: strawberry.ID = edge(cloud_accounts.action_global_id, "The global id, for `node`.")
    action_id: str = plain("The service's own id.", source="id")
    action_type: str = plain("What it would do, e.g. `stop_idle_ec2`.")
    status: ActionStatus = plain("What has become of it.")
    resource: Resource | None = edge(cloud_accounts.resource_of_action, "What it would change; none once that is gone.")
    resource_id: str = plain("The cloud's own id of what it would change.")
    proposed_change: JSON = plain("The change, by the type.")
    reason: str | None = plain("Why it is proposed.")
    confidence: float | None = plain("How sure that is, from 0 to 1.")
    last_error: str | None = plain("Why it failed, or `rejected`.")
    created_at: datetime = plain("When it was proposed.")
    updated_at: datetime = plain("When it changed last.")


@view(account.Webhook, "An address that events are sent to; its secret is never shown.")
class Webhook:
    """An address that events are sent to."""

    id: strawberry.ID = plain("The webhook's id.")
    url: str = plain("The address.")
    events: list[str] = plain("The events that are sent; none means all.")
    enabled: bool = plain("Whether anything is sent.")
    last_fired_at: datetime | None = plain("When something was sent last.")
    last_status: str | None = plain("What came of that.")


@view(account.AuditEvent, "A change, and who made it.")
class AuditEvent:
    """A change, and who made it."""

    id: strawberry.ID = plain("The event's id.")
    event_type: str = plain("What happened, e.g. `budget.created`.")
    actor: str | None = plain("Who did it; `schedule` where it happens by itself.")
    action_type: str | None = plain("What the action does, where it is about one.")
    resource_id: str | None = plain("What was changed.")
    status: str | None = plain("What it is now.")
    detail: str | None = plain("What else there is to say.")
    at: datetime = plain("When it happened.")


@view(paging.Edge, "An event and where it stands.")
class AuditEdge:
    """An event and where it stands."""

    node: AuditEvent = plain("The event.")
    cursor: str = plain("Where it stands, for `after` and `before`.")


@view(paging.Page, "A page of the audit trail, newest first.")
class AuditConnection:
    """A page of the audit trail, newest first."""

    edges: list[AuditEdge] = plain("The events, with cursors.")
    nodes: list[AuditEvent] = plain("The events.")
    page_info: PageInfo = plain("What lies around them.")


@view(account.Plan, "What the tenant has subscribed to.", CacheControl(max_age=300))
class Plan:
    """What the tenant has subscribed to."""

    plan: str = plain("`free`, `starter`, `growth` or `enterprise`.")
    status: str = plain("`none`, `active`, `past_due` or `cancelled`.")
    current_period_end: datetime | None = plain("When the period that is paid for ends.")


@view(account.Stats, "Counts of what CloudLink knows.", CacheControl(max_age=30))
class CloudStats:
    """Counts of what CloudLink knows."""

    actions_by_status: JSON = plain("How many actions there are of each status.")
    resources_count: int = plain("How many resources the last scans saw.")
    last_scan: CloudScan | None = edge(cloud_accounts.last_scan, "The scan that began last.")


@view(watching.Observation, "A state of an action, pushed.")
class ActionEvent:
    """A state of an action, pushed."""

    cursor: Cursor = plain("Hand it back as `after` to miss nothing.")
    at: datetime = plain("When the state was reached.")
    action: Action = plain("The action as it is now.", source="state")
    previous_status: ActionStatus | None = edge(
        cloud_accounts.previous_action_status, "The status that this stream told before."
    )


@strawberry.input(description="Access to a cloud account: a role or keys for AWS, a payload for other clouds.")
class AddCredentialInput:
    """Access to a cloud account."""

    cloud: str = strawberry.field(description="Which cloud: `aws`, `gcp` or `azure`.")
    label: str | None = strawberry.field(default=None, description="What to call it.")
    role_arn: str | None = strawberry.field(default=None, description="The role to assume, on AWS.")
    external_id: str | None = strawberry.field(default=None, description="The external id that the role asks for.")
    access_key_id: str | None = strawberry.field(default=None, description="The id of an access key, on AWS.")
    secret_access_key: str | None = strawberry.field(default=None, description="Its secret; kept encrypted.")
    regions: list[str] | None = strawberry.field(default=None, description="The regions to look at, on AWS.")
    payload: str | None = strawberry.field(
        default=None, description="The credential itself, for other clouds; kept encrypted."
    )

    def __repr__(self) -> str:
        return "AddCredentialInput(…)"


@strawberry.input(description="Where to send events.")
class RegisterWebhookInput:
    """Where to send events."""

    url: str = strawberry.field(description="The address, of a public host.")
    secret: str | None = strawberry.field(
        default=None, description="What `X-Cloudlink-Signature` is made with; kept encrypted."
    )
    events: list[str] | None = strawberry.field(default=None, description="Which events to send; all if left out.")

    def __repr__(self) -> str:
        return "RegisterWebhookInput(…)"


CredentialResult = Annotated[
    Credential | InvalidInput | LimitExceeded | NotAllowed,
    strawberry.union("CredentialResult", description="The credential, or why it is not kept."),
]
ActionResult = Annotated[
    Action | NotFound | Conflict | NotAllowed | LimitExceeded,
    strawberry.union("ActionResult", description="The action as it is now, or why it stays as it was."),
]
WebhookResult = Annotated[
    Webhook | InvalidInput | LimitExceeded | NotAllowed,
    strawberry.union("WebhookResult", description="The webhook, or why there is none."),
]
CloudScanResult = Annotated[
    CloudScans | LimitExceeded | NotAllowed,
    strawberry.union("CloudScanResult", description="The scans, or why none begins."),
]
