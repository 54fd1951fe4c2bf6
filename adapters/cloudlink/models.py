"""CloudLink's costs, deploys, regressions and budgets as typed models; unknown fields are ignored when decoded.

Attributes carry the graph's names, `name=` the wire's. Money is USD.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone: one without can't be compared."""


class RegressionStatus(StrEnum):
    """What has become of a regression."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class BudgetScope(StrEnum):
    """What a budget covers."""

    TOTAL = "total"
    SERVICE = "service"


class CostRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The cost of a service in the hour that begins at `hour`, as it is pushed in."""

    provider: str
    service: str
    cost_usd: float
    hour: Moment
    credential_id: str | None = None


class CostSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The cost of a service in the hour that begins at `hour`, of one credential."""

    id: str = msgspec.field(name="snapshot_id")
    tenant_id: str
    service: str
    hour: Moment
    cost_usd: float
    recorded_at: Moment
    credential_id: str | None = None


class NewDeploy(msgspec.Struct, frozen=True, kw_only=True):
    """A deploy as it is recorded; `service` equals the service of cost snapshots, `deployed_at` None means now."""

    service: str
    version: str | None = None
    environment: str = "production"
    source: str | None = None
    metadata: dict[str, Any] = {}
    deployed_at: Moment | None = None


class Deploy(msgspec.Struct, frozen=True, kw_only=True):
    """A deploy; `regression_status` is none, clean, or the status of the regression that it caused."""

    id: str = msgspec.field(name="deploy_id")
    service: str
    environment: str
    deployed_at: Moment
    version: str | None = None
    source: str | None = None
    metadata: dict[str, Any] = {}
    regression_status: str = "none"
    tenant_id: str | None = None

    @property
    def packages(self) -> list[str]:
        """The packages that it shipped, as Sigil's targets."""
        packages = self.metadata.get("packages")
        return [package for package in packages if isinstance(package, str)] if isinstance(packages, list) else []

    @property
    def commit_sha(self) -> str | None:
        """The commit that was deployed."""
        commit = self.metadata.get("commit_sha")
        return commit if isinstance(commit, str) else None


class Regression(msgspec.Struct, frozen=True, kw_only=True):
    """A rise of a service's hourly cost after a deploy.

    `baseline_usd_per_hour` is what the hours after the deploy would have cost without it; `monthly_impact_usd` is the
    rise over 720 hours; `confidence` is high, medium or low, and `confidence_score` the same from 0 to 1.
    """

    id: str = msgspec.field(name="regression_id")
    deploy_id: str | None
    service: str
    baseline_usd_per_hour: float = msgspec.field(name="baseline_cost")
    post_deploy_usd_per_hour: float = msgspec.field(name="post_cost")
    change_pct: float
    monthly_impact_usd: float = msgspec.field(name="monthly_impact")
    detected_at: Moment
    status: RegressionStatus
    confidence: str
    confidence_score: float | None = None
    version: str | None = None
    environment: str | None = None
    deployed_at: Moment | None = None
    source: str | None = None
    deploy_metadata: dict[str, Any] | None = None

    @property
    def finished(self) -> bool:
        """Whether the status is terminal."""
        return self.status is RegressionStatus.RESOLVED


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """What a look for regressions came to."""

    regressions_detected: int
    deploys_analyzed: int = 0
    regressions: tuple[Regression, ...] = ()


class Anomaly(msgspec.Struct, frozen=True, kw_only=True):
    """A service whose latest hour does not fit its series; `severity` is critical, high or medium.

    `direction` is spike or drop, `components` are the scores that make up `z_score`.
    """

    service: str
    severity: str
    direction: str
    change_pct: float
    z_score: float = msgspec.field(name="composite_z_score")
    monthly_impact_usd: float
    hour: Moment | None = None
    expected_usd: float | None = None
    actual_usd: float | None = None
    components: dict[str, float] = {}


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """How a service's latest hour fits its series; without enough hours, only that there is no data."""

    service: str
    has_data: bool
    is_anomaly: bool = False
    severity: str | None = None
    direction: str | None = None
    change_pct: float | None = None
    z_score: float | None = msgspec.field(name="composite_z_score", default=None)
    monthly_impact_usd: float | None = None
    hour: Moment | None = None
    expected_usd: float | None = None
    actual_usd: float | None = None
    components: dict[str, float] = {}


class BudgetImpact(msgspec.Struct, frozen=True, kw_only=True):
    """What a deploy would do to a budget; `budget_id` is our own, as names need not be unique."""

    budget_name: str
    budget_limit_usd: float
    projected_spend_usd: float
    projected_utilization_pct: float
    would_breach: bool
    budget_id: str | None = None


class CostEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """What the next deploy of a service is likely to cost; without data there is a message only."""

    service: str
    has_data: bool
    message: str | None = None
    baseline_hourly_usd: float | None = None
    baseline_monthly_usd: float | None = None
    trend_pct: float | None = msgspec.field(name="trend_7d_vs_30d_pct", default=None)
    deploy_impact_pct: float | None = msgspec.field(name="avg_deploy_impact_pct", default=None)
    post_deploy_hourly_usd: float | None = msgspec.field(name="estimated_post_deploy_hourly_usd", default=None)
    post_deploy_monthly_usd: float | None = msgspec.field(name="estimated_post_deploy_monthly_usd", default=None)
    delta_monthly_usd: float | None = msgspec.field(name="estimated_delta_monthly_usd", default=None)
    recent_deploys: int | None = msgspec.field(name="recent_deploy_count", default=None)
    confidence: str | None = None
    budget_impact: tuple[BudgetImpact, ...] = ()


class NewBudget(msgspec.Struct, frozen=True, kw_only=True):
    """A budget as it is asked for; `service` is given where the scope is a service."""

    name: str
    monthly_limit_usd: float
    scope: BudgetScope = BudgetScope.TOTAL
    service: str | None = None
    alert_thresholds: tuple[int, ...] = (50, 80, 100)
    action_on_breach: str = "alert"
    enabled: bool = True


class BudgetChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to change of a budget; None leaves a part as it is."""

    name: str | None = None
    monthly_limit_usd: float | None = None
    alert_thresholds: tuple[int, ...] | None = None
    enabled: bool | None = None


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """A limit on the spend of the UTC calendar month, and how much of it is used."""

    id: str = msgspec.field(name="budget_id")
    name: str
    scope: BudgetScope
    service: str | None = None
    monthly_limit_usd: float
    alert_thresholds: tuple[int, ...] = (50, 80, 100)
    action_on_breach: str = "alert"
    enabled: bool = True
    created_at: Moment | None = None
    updated_at: Moment | None = None
    current_spend_usd: float = 0.0
    utilization_pct: float = 0.0
    projected_spend_usd: float | None = None


class BudgetAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A threshold that a budget has crossed; each is told once a month."""

    id: str = msgspec.field(name="alert_id")
    budget_id: str
    threshold_pct: int
    spend_usd: float = msgspec.field(name="current_spend_usd")
    limit_usd: float = msgspec.field(name="budget_limit_usd")
    triggered_at: Moment

    @property
    def finished(self) -> bool:
        """An alert never changes."""
        return True


class BudgetCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of all budgets came to."""

    alerts_fired: int
    budgets_checked: int = 0
    alerts: tuple[BudgetAlert, ...] = ()
