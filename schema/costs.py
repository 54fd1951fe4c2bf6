"""Cloud services of CloudLink: what they cost, what is odd about that, and what the next deploy will change."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from adapters.cloudlink import models
from resolvers import budgets, costs
from schema.cache_control import CacheControl
from schema.view import edge, plain, view

if TYPE_CHECKING:
    from schema.budgets import Budget
    from schema.regressions import Deploy, Regression


@view(
    costs.CloudService,
    "A cloud service that costs money, e.g. `Amazon EC2`: the hub that ties cost, deploys, regressions and budgets "
    "together.",
    CacheControl(max_age=60),
)
class CloudService:
    """A cloud service that costs money."""

    name: str = plain("The service's name, as its costs have it.")
    deploys: list[Annotated[Deploy, strawberry.lazy("schema.regressions")]] = edge(
        costs.deploys_of_service, "Its newest deploys."
    )
    regressions: list[Annotated[Regression, strawberry.lazy("schema.regressions")]] = edge(
        costs.regressions_of_service, "Its regressions, of the newest hundred."
    )
    budgets: list[Annotated[Budget, strawberry.lazy("schema.budgets")]] = edge(
        budgets.budgets_of_service, "The budgets that cover it: its own, and those of everything."
    )
    anomaly: Anomaly | None = edge(costs.anomaly_of_service, "What is odd about its latest hour.")
    estimate: CostEstimate = edge(costs.estimate_of_service, "What its next deploy is likely to cost.")
    costs: list[CostSnapshot] = edge(
        costs.costs_of_service,
        "Its hourly costs, a row per credential, newest hour first; at most 2,000 rows.",
        assumed_size=500,
    )


@view(models.CostSnapshot, "The cost of a service in an hour.", CacheControl(max_age=60))
class CostSnapshot:
    """The cost of a service in an hour."""

    service: str = plain("The service's name.")
    hour: datetime = plain("When the hour began.")
    cost_usd: float = plain("The cost in USD; negative for a credit.")


@view(models.Anomaly, "A service whose latest hour does not fit its series.", CacheControl(max_age=60))
class Anomaly:
    """A service whose latest hour does not fit its series."""

    service: CloudService = edge(costs.service_of, "The service.")
    severity: str = plain("`critical`, `high` or `medium`.")
    direction: str = plain("`spike` or `drop`.")
    change_pct: float = plain("How far the hour is off what was expected, in percent.")
    z_score: float = plain("How unlikely that is, in standard deviations.")
    monthly_impact_usd: float = plain("What it comes to over 720 hours, in USD.")
    hour: datetime | None = plain("When the hour began.")


@view(costs.ImpactOnBudget, "What a deploy would do to a budget.")
class BudgetImpact:
    """What a deploy would do to a budget."""

    budget: Annotated[Budget, strawberry.lazy("schema.budgets")] = plain("The budget.")
    projected_spend_usd: float = plain("What the month would come to, in USD.")
    projected_utilization_pct: float = plain("How much of the budget that is, in percent.")
    would_breach: bool = plain("Whether that is over the limit.")


@view(models.CostEstimate, "What the next deploy of a service is likely to cost.", CacheControl(max_age=60))
class CostEstimate:
    """What the next deploy of a service is likely to cost."""

    service: CloudService = edge(costs.service_of, "The service.")
    has_data: bool = plain("Whether enough is known of it.")
    message: str | None = plain("What is missing.")
    baseline_monthly_usd: float | None = plain("What it costs now, in USD over 720 hours.")
    trend_pct: float | None = plain("How the last 7 days are off the last 30, in percent.")
    deploy_impact_pct: float | None = plain("What its last deploys changed on average, in percent.")
    post_deploy_monthly_usd: float | None = plain("What it will cost after the next one, in USD over 720 hours.")
    delta_monthly_usd: float | None = plain("The difference, in USD over 720 hours.")
    recent_deploys: int | None = plain("How many deploys the estimate rests on.")
    confidence: str | None = plain("`high`, `medium` or `low`.")
    budget_impact: list[BudgetImpact] = edge(costs.budget_impact_of_estimate, "What that would do to budgets.")


@strawberry.input(description="The cost of a service in an hour, in place of what is known of that hour.")
class CostRecordInput:
    """The cost of a service in an hour."""

    provider: str = strawberry.field(description="Whose service it is: `aws`, `gcp` or `azure`.")
    service: str = strawberry.field(description="The service's name, e.g. `Amazon EC2`.")
    cost_usd: float = strawberry.field(description="The cost in USD; negative for a credit.")
    hour: datetime = strawberry.field(description="A moment within the hour, in UTC where it names no zone.")
    credential_id: strawberry.ID | None = strawberry.field(
        default=None, description="The credential of the account; left out for costs of no account."
    )
