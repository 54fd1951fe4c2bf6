"""The root of queries."""

from __future__ import annotations

import strawberry

import resolvers.analytics
import resolvers.budgets
import resolvers.cloud_accounts
import resolvers.costs
import resolvers.executions
import resolvers.nodes
import resolvers.regressions
import resolvers.scan_kinds
import resolvers.scans
import resolvers.viewer
from schema.analytics import Analytics
from schema.budgets import Budget, BudgetAlert
from schema.cloud_accounts import Action, AuditConnection, CloudStats, Credential, Resource, Webhook
from schema.costs import Anomaly, CloudService
from schema.executions import Execution, ExecutionConnection, Usage
from schema.node import Node
from schema.regressions import Deploy, DeployConnection, Regression, RegressionConnection
from schema.roles import ADMIN, CALLER
from schema.scans import PackageScan, ScanConnection, TeamMember, ThreatConnection
from schema.view import edge
from schema.viewer import ServiceStatus, Viewer


@strawberry.type(description="What can be asked.")
class Query:
    """What can be asked."""

    node: Node | None = edge(resolvers.nodes.node, "The thing that a global id names.")
    nodes: list[Node | None] = edge(resolvers.nodes.nodes, "The things that global ids name, in that order.")
    viewer: Viewer = edge(resolvers.viewer.viewer, "The caller.", CALLER)
    services: list[ServiceStatus] = edge(resolvers.viewer.services, "How each service is.")
    execution: Execution | None = edge(resolvers.executions.execution, "An execution of the caller's.")
    executions: ExecutionConnection = edge(resolvers.executions.executions, "The caller's executions, newest first.")
    usage: Usage = edge(resolvers.executions.usage, "How much of the month's rules the caller has used.")
    scans: ScanConnection = edge(resolvers.scan_kinds.scans, "The tenant's scans of every kind, newest first.")
    package_scan: PackageScan | None = edge(resolvers.scans.package_scan, "A scan of the tenant's.")
    package_scans: ScanConnection = edge(resolvers.scans.package_scans, "The tenant's scans of packages, newest first.")
    threats: ThreatConnection = edge(resolvers.scans.threats, "Packages known to be malicious, newest first.")
    team_members: list[TeamMember] = edge(resolvers.scans.team_members, "The caller's team.")
    regression: Regression | None = edge(resolvers.regressions.regression, "A regression of the tenant's.")
    regressions: RegressionConnection = edge(
        resolvers.regressions.regressions, "The tenant's regressions, newest first."
    )
    deploys: DeployConnection = edge(resolvers.regressions.deploys, "The tenant's deploys, newest first.")
    deploy: Deploy | None = edge(resolvers.regressions.deploy, "A deploy of the tenant's.")
    cloud_services: list[CloudService] = edge(
        resolvers.costs.cloud_services, "The services that costs are known of, by name."
    )
    cloud_service: CloudService | None = edge(
        resolvers.costs.cloud_service, "A service that costs are known of, by its name."
    )
    anomalies: list[Anomaly] = edge(
        resolvers.costs.anomalies, "The services whose latest hour does not fit, gravest first."
    )
    budget: Budget | None = edge(resolvers.budgets.budget, "A budget of the tenant's.")
    budgets: list[Budget] = edge(resolvers.budgets.budgets, "The tenant's budgets, oldest first.")
    budget_alerts: list[BudgetAlert] = edge(resolvers.budgets.budget_alerts, "The newest alerts of budgets.")
    resources: list[Resource] = edge(
        resolvers.cloud_accounts.resources,
        "What the last scans of cloud accounts saw, at most 2,000.",
        assumed_size=500,
    )
    credentials: list[Credential] = edge(
        resolvers.cloud_accounts.credentials, "Access to cloud accounts, oldest first, without the secrets.", ADMIN
    )
    actions: list[Action] = edge(
        resolvers.cloud_accounts.actions, "Proposed changes, newest first, at most 500.", assumed_size=100
    )
    webhooks: list[Webhook] = edge(resolvers.cloud_accounts.webhooks, "Where events are sent to, oldest first.", ADMIN)
    audit_log: AuditConnection = edge(
        resolvers.cloud_accounts.audit_log, "Every change in CloudLink and who made it, newest first.", ADMIN
    )
    stats: CloudStats = edge(resolvers.cloud_accounts.stats, "Counts of what CloudLink knows.")
    analytics: Analytics = edge(
        resolvers.analytics.analytics,
        "Figures of what the caller's tenant did, by time and what things have in common.",
    )
