"""Requests and answers on CloudLink's documented paths, as the REST adapter reads and `server.py` writes them."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

import msgspec

from adapters.cloudlink.account import ActionStatus, AuditEvent, Plan
from adapters.cloudlink.models import (
    CostRecord,
    Moment,
    Regression,
    RegressionStatus,
)

T = TypeVar("T")

MOST_RECORDS = 10_000
"""Costs that are taken in at once."""
MOST_ROWS = 2_000
MOST_SECONDS = 110
"""How long an answer may wait for scans to end."""

Text = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$", max_length=512)]
"""What a database can look for."""
Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)]


class Items(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """The envelope of most lists."""

    items: list[T]


class ServiceNames(msgspec.Struct, frozen=True, kw_only=True):
    """GET /cost-snapshots/services."""

    services: list[str]


class Anomalies(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """GET /anomalies."""

    anomalies: list[T]


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered where something was deleted."""

    deleted: bool = True


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """How many hours were taken in."""

    ingested: int


class CostBatch(msgspec.Struct, frozen=True, kw_only=True):
    """The body of POST /cloud-costs/ingest."""

    records: Annotated[list[CostRecord], msgspec.Meta(max_length=MOST_RECORDS)]


class EstimateBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of POST /cost-estimate."""

    service: Text
    version: str | None = None
    environment: str | None = None


class RegressionAnswer(Regression, frozen=True, kw_only=True):
    """A regression with the second spelling of its figures."""

    pct_change: float
    baseline_cost_per_hour: float
    post_deploy_cost_per_hour: float


class RegressionShape(msgspec.Struct, frozen=True, kw_only=True):
    """A regression as it is read, in either spelling."""

    regression_id: str
    service: str
    detected_at: Moment
    status: RegressionStatus
    deploy_id: str | None = None
    baseline_cost: float | None = None
    baseline_cost_per_hour: float | None = None
    post_cost: float | None = None
    post_deploy_cost_per_hour: float | None = None
    change_pct: float | None = None
    pct_change: float | None = None
    monthly_impact: float | None = None
    confidence: str | float | None = None
    confidence_score: float | None = None
    version: str | None = None
    environment: str | None = None
    deployed_at: Moment | None = None
    source: str | None = None
    deploy_metadata: dict[str, Any] | None = None


class DetectionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """POST /regression/run."""

    regressions_detected: int
    deploys_analyzed: int
    regressions: list[RegressionAnswer]


class DetectionShape(msgspec.Struct, frozen=True, kw_only=True):
    """POST /regression/run as it is read: an upstream may tell the count only."""

    regressions_detected: int
    deploys_analyzed: int = 0
    regressions: list[RegressionShape] = []


class SubscriptionAnswer(Plan, frozen=True, kw_only=True):
    """GET /subscription/:clerk_user_id."""

    clerk_user_id: str
    tenant_id: str | None = None
    stripe_customer_id: str | None = None
    stripe_subscription_id: str | None = None


class AuditAnswer(AuditEvent, frozen=True, kw_only=True):
    """A row of GET /audit, with the second name of its id."""

    event_id: str


class AuditShape(msgspec.Struct, frozen=True, kw_only=True):
    """A row of GET /audit as it is read, by either name of its id."""

    event_type: str
    completed_at: Moment
    result_id: str | None = None
    event_id: str | None = None
    actor: str | None = None
    action_id: str | None = None
    action_type: str | None = None
    resource_id: str | None = None
    status: str | None = None
    detail: str | None = None


class HealthAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """GET /health."""

    status: str
    message: str | None = None


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a request, and where: `loc` leads there from `body`, `query` or `path`."""

    loc: list[str | int]
    msg: str
    type: str


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What an error answer says."""

    detail: str


class Flaws(msgspec.Struct, frozen=True, kw_only=True):
    """What a refused request's answer says."""

    detail: list[Flaw]


class ErrorShape(msgspec.Struct, frozen=True, kw_only=True):
    """An error as it is read: a sentence, or a list of flaws."""

    detail: str | list[Flaw]


class ResourceQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /resources."""

    provider: Text | None = None
    resource_type: Text | None = None


class ScanQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of POST /scan: how many seconds the answer may wait for the scans to end."""

    wait: Annotated[int, msgspec.Meta(ge=0, le=MOST_SECONDS)] = 60


class ScansQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /scans."""

    limit: Limit = 50


class DeploysQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /deploys."""

    service: Text | None = None
    limit: Limit = 100


class RegressionsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /regressions."""

    status: RegressionStatus | None = None
    limit: Limit = 100


class SnapshotsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /cost-snapshots."""

    service: Text | None = None
    limit: Limit = 200


class ActionsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /actions."""

    status: ActionStatus | None = None


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /audit."""

    event_type: Text | None = None
    since: Moment | None = None
    limit: Limit = 100


class AlertsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /budgets/alerts."""

    budget_id: Text | None = None
    limit: Limit = 50


def answer_of(regression: Regression) -> RegressionAnswer:
    """Write a regression as the wire has it."""
    fields = {name: getattr(regression, name) for name in Regression.__struct_fields__}
    return RegressionAnswer(
        **fields,
        pct_change=regression.change_pct,
        baseline_cost_per_hour=regression.baseline_usd_per_hour,
        post_deploy_cost_per_hour=regression.post_deploy_usd_per_hour,
    )


def audit_answer_of(event: AuditEvent) -> AuditAnswer:
    """Write a row of the audit trail as the wire has it."""
    fields = {name: getattr(event, name) for name in AuditEvent.__struct_fields__}
    return AuditAnswer(**fields, event_id=event.id)
