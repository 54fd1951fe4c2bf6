"""The parts of the local CloudLink, put together."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.cloudlink.local.accounts import AwsAccounts
from adapters.cloudlink.local.actions import ActionRecords
from adapters.cloudlink.local.anomalies import AnomalyDetector
from adapters.cloudlink.local.assessments import AssessmentRecords
from adapters.cloudlink.local.audit import AuditRecords
from adapters.cloudlink.local.budget_alerts import BudgetAlertRecords
from adapters.cloudlink.local.budgets import BudgetRecords
from adapters.cloudlink.local.cloud_scans import CloudScanRecords
from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.credentials import CredentialRecords
from adapters.cloudlink.local.deliveries import Deliveries
from adapters.cloudlink.local.deploys import DeployRecords
from adapters.cloudlink.local.detection import Detector
from adapters.cloudlink.local.estimate import Estimates
from adapters.cloudlink.local.execution import ActionWork
from adapters.cloudlink.local.feeds import Feeds, open_feeds
from adapters.cloudlink.local.journal import SCHEDULE, Journal
from adapters.cloudlink.local.outbox import Outbox
from adapters.cloudlink.local.regressions import RegressionRecords
from adapters.cloudlink.local.resources import ResourceRecords
from adapters.cloudlink.local.scanning import CloudScanWork
from adapters.cloudlink.local.schedule import Job, Schedule
from adapters.cloudlink.local.spending import Spending
from adapters.cloudlink.local.webhooks import WebhookRecords
from adapters.context import AdapterContext
from adapters.store.database import Database
from adapters.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Everything that the local implementation delegates to."""

    database: Database
    feeds: Feeds
    journal: Journal
    costs: CostRecords
    deploys: DeployRecords
    regressions: RegressionRecords
    detector: Detector
    anomalies: AnomalyDetector
    estimates: Estimates
    budgets: BudgetRecords
    alerts: BudgetAlertRecords
    credentials: CredentialRecords
    resources: ResourceRecords
    scans: CloudScanRecords
    scan_work: CloudScanWork
    actions: ActionRecords
    action_work: ActionWork
    webhooks: WebhookRecords
    deliveries: Deliveries
    audit: AuditRecords


def open_engine(context: AdapterContext) -> Engine:
    """Put the parts together, to run once the adapter starts; raises ValueError for an encryption key that is none."""
    database, durable, workers, options = context.database, context.durable, context.workers, context.cloudlink
    feeds = open_feeds(database)
    outbox = Outbox(database)
    journal = Journal(outbox)
    vault = Vault(options.encryption_keys)
    costs = CostRecords(database)
    spending = Spending(database, costs)
    deploys = DeployRecords(database, journal)
    regressions = RegressionRecords(database, feeds.regressions, journal)
    credentials = CredentialRecords(database, vault, journal)
    resources = ResourceRecords(database)
    scans = CloudScanRecords(database, journal)
    actions = ActionRecords(database, journal)
    accounts = AwsAccounts(credentials, options.aws_endpoint_url)
    engine = Engine(
        database=database,
        feeds=feeds,
        journal=journal,
        costs=costs,
        deploys=deploys,
        regressions=regressions,
        detector=Detector(database, feeds.regressions, deploys, regressions, costs, workers),
        anomalies=AnomalyDetector(AssessmentRecords(database, journal), costs, workers),
        estimates=Estimates(database, costs),
        budgets=BudgetRecords(database, spending, journal),
        alerts=BudgetAlertRecords(database, feeds, spending, journal),
        credentials=credentials,
        resources=resources,
        scans=scans,
        scan_work=CloudScanWork(database, feeds, durable, accounts, credentials, scans, resources, actions, costs),
        actions=actions,
        action_work=ActionWork(database, feeds.actions, durable, accounts, actions, options.executed_actions),
        webhooks=WebhookRecords(database, outbox, journal, vault, options.webhooks_allowed),
        deliveries=Deliveries(database, outbox, vault, options.webhooks_allowed),
        audit=AuditRecords(database),
    )
    Schedule(database, durable, _jobs(engine), cron=options.schedule)  # registers itself as durable work
    return engine


def _jobs(engine: Engine) -> tuple[Job, ...]:
    return (
        Job("scan the accounts", lambda tenant: engine.scan_work.scan_accounts(tenant, SCHEDULE)),
        Job("detect regressions", lambda tenant: engine.detector.detect(tenant, SCHEDULE)),
        Job("check the budgets", lambda tenant: engine.alerts.check(tenant, SCHEDULE)),
        Job("look for anomalies", engine.anomalies.anomalies),
    )
