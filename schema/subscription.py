"""The root of subscriptions."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import strawberry

from resolvers import budgets, cloud_accounts, executions, regressions, scan_kinds
from schema.budgets import BudgetAlertEvent
from schema.cloud_accounts import ActionEvent
from schema.executions import ExecutionEvent
from schema.regressions import RegressionEvent
from schema.scans import ScanEvent
from schema.view import stream


@strawberry.type(
    description="What is pushed. Every stream first sends the present state, then each change; "
    "a terminal state is the last event of a stream on one thing."
)
class Subscription:
    """What is pushed."""

    execution_status: AsyncGenerator[ExecutionEvent, None] = stream(
        executions.execution_status, "An execution's state, and every change of status, stage and progress."
    )
    execution_updates: AsyncGenerator[ExecutionEvent, None] = stream(
        executions.execution_updates, "The same for all of the caller's executions."
    )
    scan_status: AsyncGenerator[ScanEvent, None] = stream(
        scan_kinds.scan_status, "A scan's state, and every change of it, as its phases complete."
    )
    scan_updates: AsyncGenerator[ScanEvent, None] = stream(
        scan_kinds.scan_updates, "The same for all of the tenant's scans."
    )
    regression_updates: AsyncGenerator[RegressionEvent, None] = stream(
        regressions.regression_updates, "The states of the tenant's newest regressions, and every change of any."
    )
    budget_alerts: AsyncGenerator[BudgetAlertEvent, None] = stream(
        budgets.budget_alert_updates, "The tenant's newest alerts, and each new one."
    )
    action_updates: AsyncGenerator[ActionEvent, None] = stream(
        cloud_accounts.action_updates, "The states of the tenant's newest actions, and every change of any."
    )
