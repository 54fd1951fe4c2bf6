"""What the graph may ask of CloudLink."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from adapters.cloudlink.account import (
    Action,
    ActionStatus,
    AuditEvent,
    CloudScan,
    CloudScans,
    Credential,
    NewCredential,
    NewWebhook,
    Plan,
    Resource,
    Stats,
    Webhook,
)
from adapters.cloudlink.models import (
    Anomaly,
    Budget,
    BudgetAlert,
    BudgetChange,
    BudgetCheck,
    CostEstimate,
    CostRecord,
    CostSnapshot,
    Deploy,
    Detection,
    NewBudget,
    NewDeploy,
    Regression,
    RegressionStatus,
)
from adapters.events.watching import Observation
from adapters.health import ServiceHealth
from adapters.packages import PackageName
from adapters.paging import Page, Window
from adapters.principal import Principal


class CostSpan(msgspec.Struct, frozen=True):
    """The hours of a service from `since`, inclusive, to `until`, exclusive; None leaves an end open."""

    service: str
    since: datetime | None = None
    until: datetime | None = None


class RegressionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which regressions are wanted."""

    status: RegressionStatus | None = None
    service: str | None = None


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of the audit trail are wanted."""

    event_type: str | None = None
    since: datetime | None = None


class CloudLink(Protocol):
    """The port: everything is seen as `principal`'s tenant sees it; refusals and outages raise `adapters.errors`.

    Methods that take several keys answer in their order, with None or an empty list for what is not there.
    """

    async def start(self) -> None:
        """Get ready: called once, before anything else."""

    async def close(self) -> None:
        """Let go of everything that start took."""

    async def health(self) -> ServiceHealth:
        """Say how the service is."""

    async def ingest_costs(self, principal: Principal, records: Sequence[CostRecord]) -> int:
        """Take hourly costs in, in place of what is known of the same hours; say how many."""

    async def services(self, principal: Principal) -> list[str]:
        """Name the services that costs are known of."""

    async def costs(self, principal: Principal, spans: Sequence[CostSpan]) -> list[list[CostSnapshot]]:
        """Give the costs of each span, newest hour first, at most 2,000 rows a span."""

    async def record_deploy(self, principal: Principal, deploy: NewDeploy) -> Deploy:
        """Record a deploy."""

    async def deploys(self, principal: Principal, window: Window, service: str | None) -> Page[Deploy]:
        """List deploys, newest first."""

    async def deploys_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Deploy | None]:
        """Give the deploys named."""

    async def deploys_of_services(
        self, principal: Principal, services: Sequence[str], first: int
    ) -> list[list[Deploy]]:
        """Give the newest deploys of each service."""

    async def deploys_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Deploy]]:
        """Give the newest deploys that shipped each package, in whatever version, at most twenty for each target."""

    async def detect_regressions(self, principal: Principal) -> Detection:
        """Judge the deploys that are not judged yet."""

    async def regressions(self, principal: Principal, window: Window, wanted: RegressionFilter) -> Page[Regression]:
        """List regressions, newest first."""

    async def regressions_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Regression | None]:
        """Give the regressions named."""

    async def regressions_of_deploys(self, principal: Principal, deploy_ids: Sequence[str]) -> list[list[Regression]]:
        """Give the regressions of each deploy."""

    async def regressions_of_services(self, principal: Principal, services: Sequence[str]) -> list[list[Regression]]:
        """Give the newest hundred regressions of each service."""

    async def acknowledge_regression(self, principal: Principal, regression_id: str) -> Regression:
        """Take note of an open regression; raises NotFound, and Conflict where it is not open."""

    async def resolve_regression(self, principal: Principal, regression_id: str) -> Regression:
        """Close a regression; raises NotFound."""

    def watch_regressions(
        self, principal: Principal, after: str | None = None
    ) -> AsyncIterator[Observation[Regression]]:
        """Yield the present state of the newest regressions, then each change."""

    async def anomalies(self, principal: Principal) -> list[Anomaly]:
        """Give the services whose latest hour does not fit, gravest first."""

    async def anomalies_of_services(self, principal: Principal, services: Sequence[str]) -> list[Anomaly | None]:
        """Give the anomaly of each service; None where there is none."""

    async def estimates_of_services(self, principal: Principal, services: Sequence[str]) -> list[CostEstimate]:
        """Estimate what the next deploy of each service will cost."""

    async def budgets(self, principal: Principal) -> list[Budget]:
        """List the budgets, oldest first, with the month's spend."""

    async def create_budget(self, principal: Principal, budget: NewBudget) -> Budget:
        """Set a budget."""

    async def update_budget(self, principal: Principal, budget_id: str, change: BudgetChange) -> Budget:
        """Change a budget; raises NotFound."""

    async def delete_budget(self, principal: Principal, budget_id: str) -> bool:
        """Delete a budget with its alerts; False where there is none."""

    async def check_budgets(self, principal: Principal) -> BudgetCheck:
        """Hold the month's spend against every enabled budget; each threshold is told once a month."""

    async def budget_alerts(self, principal: Principal, first: int, budget_id: str | None) -> list[BudgetAlert]:
        """Give the newest alerts."""

    async def alerts_by_id(self, principal: Principal, ids: Sequence[str]) -> list[BudgetAlert | None]:
        """Give the alerts named."""

    async def alerts_of_budgets(
        self, principal: Principal, budget_ids: Sequence[str], first: int
    ) -> list[list[BudgetAlert]]:
        """Give the newest alerts of each budget."""

    def watch_budget_alerts(
        self, principal: Principal, after: str | None = None
    ) -> AsyncIterator[Observation[BudgetAlert]]:
        """Yield the newest alerts, then each new one."""

    async def credentials(self, principal: Principal) -> list[Credential]:
        """List the credentials, oldest first, without their secrets."""

    async def add_credential(self, principal: Principal, credential: NewCredential) -> Credential:
        """Keep a credential, encrypted; raises InvalidInput, and NotAllowed where there is no key to encrypt with."""

    async def remove_credential(self, principal: Principal, credential_id: str) -> bool:
        """Forget a credential; False where there is none."""

    async def resources(self, principal: Principal, provider: str | None, resource_type: str | None) -> list[Resource]:
        """List what the last scans saw, at most 2,000."""

    async def resources_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Resource | None]:
        """Give the resources named."""

    async def start_scan(self, principal: Principal) -> CloudScans:
        """Begin a scan of the account of every credential, or give those that run."""

    async def scans(self, principal: Principal, window: Window) -> Page[CloudScan]:
        """List scans, newest first."""

    async def scans_by_id(self, principal: Principal, ids: Sequence[str]) -> list[CloudScan | None]:
        """Give the scans named."""

    def watch_scans(
        self, principal: Principal, after: str | None = None, scan_id: str | None = None
    ) -> AsyncIterator[Observation[CloudScan]]:
        """Yield the present state of one or of the newest scans, then each change; one ends with its terminal state."""

    async def actions(self, principal: Principal, status: ActionStatus | None) -> list[Action]:
        """List actions, newest first, at most 500."""

    async def actions_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Action | None]:
        """Give the actions named."""

    async def approve_action(self, principal: Principal, action_id: str) -> Action:
        """Let an action be executed; raises NotFound, and Conflict where it does not await approval."""

    async def reject_action(self, principal: Principal, action_id: str) -> Action:
        """Turn an action down; raises NotFound, and Conflict where it does not await approval."""

    def watch_actions(self, principal: Principal, after: str | None = None) -> AsyncIterator[Observation[Action]]:
        """Yield the present state of the newest actions, then each change."""

    async def webhooks(self, principal: Principal) -> list[Webhook]:
        """List the webhooks, oldest first."""

    async def register_webhook(self, principal: Principal, webhook: NewWebhook) -> Webhook:
        """Register a webhook; raises InvalidInput for an address or an event that can't be."""

    async def remove_webhook(self, principal: Principal, webhook_id: str) -> bool:
        """Remove a webhook; False where there is none."""

    async def audit(self, principal: Principal, window: Window, wanted: AuditFilter) -> Page[AuditEvent]:
        """List the audit trail, newest first."""

    async def stats(self, principal: Principal) -> Stats:
        """Count actions and resources."""

    async def plan(self, principal: Principal) -> Plan:
        """Say what the caller has subscribed to."""
