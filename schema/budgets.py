"""Budgets of CloudLink, and the alerts when they are used up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from adapters.cloudlink import models
from adapters.cloudlink.models import BudgetScope
from adapters.events import watching
from resolvers import budgets
from resolvers.cursor import Cursor
from schema.costs import CloudService
from schema.node import InvalidInput, LimitExceeded, Node, NotAllowed, NotFound
from schema.regressions import Regression
from schema.view import edge, plain, view


@view(models.Budget, "A limit on the spend of a calendar month in UTC, and how much of it is used.")
class Budget(Node):
    """A limit on the spend of a calendar month in UTC."""

    id: strawberry.ID = edge(budgets.budget_global_id, "The global id, for `node`.")
    budget_id: str = plain("The service's own id.", source="id")
    name: str = plain("What it is called.")
    scope: BudgetScope = plain("What it covers.")
    service: CloudService | None = edge(budgets.service_of_budget, "The service that it covers; none for everything.")
    monthly_limit_usd: float = plain("The limit in USD.")
    alert_thresholds: list[int] = plain("At how many percent of the limit an alert is told, each once a month.")
    enabled: bool = plain("Whether it is checked.")
    current_spend_usd: float = plain("What was spent this month, in USD.")
    utilization_pct: float = plain("How much of the limit that is, in percent.")
    projected_spend_usd: float | None = plain("What the month will come to, in USD.")
    alerts: list[Annotated[BudgetAlert, strawberry.lazy("schema.budgets")]] = edge(
        budgets.alerts_of_budget, "Its newest alerts."
    )
    regressions: list[Regression] = edge(
        budgets.regressions_of_budget, "The regressions that use it up, of the newest hundred."
    )


@view(models.BudgetAlert, "A threshold that a budget has crossed.")
class BudgetAlert(Node):
    """A threshold that a budget has crossed."""

    id: strawberry.ID = edge(budgets.alert_global_id, "The global id, for `node`.")
    budget: Budget = edge(budgets.budget_of_alert, "The budget.")
    threshold_pct: int = plain("The threshold, in percent of the limit.")
    spend_usd: float = plain("What was spent by then, in USD.")
    limit_usd: float = plain("The limit then, in USD.")
    triggered_at: datetime = plain("When it was crossed.")


@view(models.BudgetCheck, "What a check of all budgets came to.")
class BudgetCheck:
    """What a check of all budgets came to."""

    alerts_fired: int = plain("How many alerts are new.")
    budgets_checked: int = plain("How many budgets were checked.")
    alerts: list[BudgetAlert] = plain("The new alerts.")


@view(watching.Observation, "An alert, pushed.")
class BudgetAlertEvent:
    """An alert, pushed."""

    cursor: Cursor = plain("Hand it back as `after` to miss nothing.")
    at: datetime = plain("When it was told.")
    alert: BudgetAlert = plain("The alert.", source="state")


@strawberry.input(description="A budget to set.")
class CreateBudgetInput:
    """A budget to set."""

    name: str = strawberry.field(description="What to call it.")
    monthly_limit_usd: float = strawberry.field(description="The limit in USD, above 0.")
    scope: BudgetScope | None = strawberry.field(default=BudgetScope.TOTAL, description="What it covers.")
    service: str | None = strawberry.field(default=None, description="The service, where it covers one.")
    alert_thresholds: list[int] | None = strawberry.field(
        default_factory=lambda: [50, 80, 100], description="At how many percent of the limit an alert is told."
    )


@strawberry.input(description="What to change of a budget; what is left out stays as it is.")
class UpdateBudgetInput:
    """What to change of a budget."""

    budget_id: strawberry.ID = strawberry.field(description="The budget's own id, or its global one.")
    name: str | None = strawberry.field(default=None, description="What to call it.")
    monthly_limit_usd: float | None = strawberry.field(default=None, description="The limit in USD, above 0.")
    alert_thresholds: list[int] | None = strawberry.field(
        default=None, description="At how many percent of the limit an alert is told."
    )
    enabled: bool | None = strawberry.field(default=None, description="Whether to check it.")


BudgetResult = Annotated[
    Budget | InvalidInput | LimitExceeded | NotFound | NotAllowed,
    strawberry.union("BudgetResult", description="The budget as it is now, or why it stays as it was."),
]
