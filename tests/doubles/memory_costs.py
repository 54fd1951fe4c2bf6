"""CloudLink's costs, deploys and regressions in memory: judged by the plain documented rule."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean

import msgspec

from adapters.cloudlink.models import (
    Anomaly,
    CostEstimate,
    CostRecord,
    CostSnapshot,
    Deploy,
    Detection,
    NewDeploy,
    Regression,
    RegressionStatus,
)
from adapters.cloudlink.port import CostSpan, RegressionFilter
from adapters.cloudlink.shipping import deploys_that_shipped
from adapters.errors import Conflict, InvalidInput
from adapters.events.watching import Observation
from adapters.packages import PackageName
from adapters.paging import Page, Position, Window, page_of
from adapters.principal import Principal
from tests.doubles.keeping import Kept, MemoryJournal

BEFORE = timedelta(hours=168)
AFTER = timedelta(hours=3)
RISE = 1.1
MOST_USD = 1e12
MONTH_HOURS = 720
UNLIKELY = 2.0


class MemoryCosts(MemoryJournal):
    """Keeps costs and deploys in dicts; see `port.CloudLink`."""

    def __init__(self) -> None:
        super().__init__()
        self.kept_regressions: Kept[Regression] = Kept()
        self._costs: dict[tuple[str, str, datetime, str | None], CostSnapshot] = {}
        self._deploys: dict[str, Deploy] = {}
        self._judged: set[str] = set()

    async def ingest_costs(self, principal: Principal, records: Sequence[CostRecord]) -> int:
        """Keep costs; an amount beyond belief is refused."""
        for number, record in enumerate(records):
            if abs(record.cost_usd) > MOST_USD:
                field = f"records.{number}.cost_usd"
                raise InvalidInput("validation_error", f"{field} is {record.cost_usd}: give an amount of USD", field)
        for record in records:
            key = (principal.tenant, record.service, record.hour, record.credential_id)
            self._costs[key] = CostSnapshot(
                id=str(uuid.uuid4()),
                tenant_id=principal.tenant,
                service=record.service,
                hour=record.hour,
                cost_usd=record.cost_usd,
                recorded_at=datetime.now(UTC),
                credential_id=record.credential_id,
            )
        self.note(principal, "costs.ingested")
        return len(records)

    async def services(self, principal: Principal) -> list[str]:
        return sorted({snapshot.service for snapshot in self.snapshots_of(principal.tenant)})

    async def costs(self, principal: Principal, spans: Sequence[CostSpan]) -> list[list[CostSnapshot]]:
        mine = self.snapshots_of(principal.tenant)
        return [[snapshot for snapshot in mine if _within(snapshot, span)] for span in spans]

    def snapshots_of(self, tenant: str) -> list[CostSnapshot]:
        """Give a tenant's costs, newest hour first."""
        mine = (snapshot for snapshot in self._costs.values() if snapshot.tenant_id == tenant)
        return sorted(mine, key=lambda snapshot: snapshot.hour, reverse=True)

    async def record_deploy(self, principal: Principal, deploy: NewDeploy) -> Deploy:
        """Keep a deploy; one without a service is refused."""
        if not deploy.service.strip():
            raise InvalidInput("validation_error", "service is '': name the service of the costs", "service")
        given = msgspec.structs.asdict(deploy) | {"deployed_at": deploy.deployed_at or datetime.now(UTC)}
        recorded = Deploy(id=str(uuid.uuid4()), tenant_id=principal.tenant, **given)
        self._deploys[recorded.id] = recorded
        self.note(principal, "deploy.recorded", recorded.id)
        return recorded

    async def deploys(self, principal: Principal, window: Window, service: str | None) -> Page[Deploy]:
        mine = [deploy for deploy in self._deploys_of(principal) if service in (None, deploy.service)]
        return page_of(mine, _deploy_position, window, total=len(mine))

    async def deploys_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Deploy | None]:
        mine = {deploy.id: deploy for deploy in self._deploys_of(principal)}
        return [mine.get(identifier) for identifier in ids]

    async def deploys_of_services(
        self, principal: Principal, services: Sequence[str], first: int
    ) -> list[list[Deploy]]:
        mine = sorted(self._deploys_of(principal), key=_deploy_position, reverse=True)
        return [[deploy for deploy in mine if deploy.service == service][:first] for service in services]

    async def deploys_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Deploy]]:
        mine = sorted(self._deploys_of(principal), key=_deploy_position, reverse=True)
        return deploys_that_shipped(mine, packages)

    async def detect_regressions(self, principal: Principal) -> Detection:
        """Hold the three hours after each deploy against the week before."""
        unjudged = [deploy for deploy in self._deploys_of(principal) if deploy.id not in self._judged]
        found = []
        for deploy in unjudged:
            self._judged.add(deploy.id)
            before = self._mean(deploy, -BEFORE, timedelta())
            after = self._mean(deploy, timedelta(), AFTER)
            if before and after and after > before * RISE:
                found.append(self.kept_regressions.tell(principal.tenant, _regression(deploy, before, after)))
                self.note(principal, "regression.detected", found[-1].id)
        return Detection(regressions_detected=len(found), deploys_analyzed=len(unjudged), regressions=tuple(found))

    async def regressions(self, principal: Principal, window: Window, wanted: RegressionFilter) -> Page[Regression]:
        mine = [
            regression
            for regression in self.kept_regressions.of(principal.tenant)
            if wanted.status in (None, regression.status) and wanted.service in (None, regression.service)
        ]
        return page_of(
            mine, lambda regression: Position(regression.detected_at, regression.id), window, total=len(mine)
        )

    async def regressions_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Regression | None]:
        return self.kept_regressions.by_id(principal.tenant, ids)

    async def regressions_of_deploys(self, principal: Principal, deploy_ids: Sequence[str]) -> list[list[Regression]]:
        mine = self.kept_regressions.of(principal.tenant)
        return [[regression for regression in mine if regression.deploy_id == key] for key in deploy_ids]

    async def regressions_of_services(self, principal: Principal, services: Sequence[str]) -> list[list[Regression]]:
        mine = self.kept_regressions.of(principal.tenant)
        return [[regression for regression in mine if regression.service == service] for service in services]

    async def acknowledge_regression(self, principal: Principal, regression_id: str) -> Regression:
        known = self.kept_regressions.named(principal.tenant, regression_id)
        if known.status is not RegressionStatus.OPEN:
            raise Conflict("conflict", f"The regression is {known.status}: only an open one is acknowledged")
        return self._moved(principal, known, RegressionStatus.ACKNOWLEDGED)

    async def resolve_regression(self, principal: Principal, regression_id: str) -> Regression:
        known = self.kept_regressions.named(principal.tenant, regression_id)
        return self._moved(principal, known, RegressionStatus.RESOLVED)

    def watch_regressions(
        self, principal: Principal, after: str | None = None
    ) -> AsyncIterator[Observation[Regression]]:
        return self.kept_regressions.watched(principal.tenant, after)

    async def anomalies(self, principal: Principal) -> list[Anomaly]:
        found = await self.anomalies_of_services(principal, await self.services(principal))
        return [anomaly for anomaly in found if anomaly is not None]

    async def anomalies_of_services(self, principal: Principal, services: Sequence[str]) -> list[Anomaly | None]:
        mine = self.snapshots_of(principal.tenant)
        return [_anomaly([snapshot for snapshot in mine if snapshot.service == service]) for service in services]

    async def estimates_of_services(self, principal: Principal, services: Sequence[str]) -> list[CostEstimate]:
        return [self.estimate(principal, service) for service in services]

    def estimate(self, principal: Principal, service: str) -> CostEstimate:
        """Say that things stay as they are."""
        usd = [row.cost_usd for row in self.snapshots_of(principal.tenant) if row.service == service]
        if not usd:
            return CostEstimate(service=service, has_data=False, message="There are no costs of this service yet")
        monthly = fmean(usd) * MONTH_HOURS
        return CostEstimate(
            service=service,
            has_data=True,
            baseline_hourly_usd=fmean(usd),
            baseline_monthly_usd=monthly,
            trend_pct=0.0,
            deploy_impact_pct=0.0,
            post_deploy_monthly_usd=monthly,
            delta_monthly_usd=0.0,
            recent_deploys=sum(deploy.service == service for deploy in self._deploys_of(principal)),
            confidence="low",
        )

    def _moved(self, principal: Principal, regression: Regression, status: RegressionStatus) -> Regression:
        self.note(principal, f"regression.{status}", regression.id)
        return self.kept_regressions.tell(principal.tenant, msgspec.structs.replace(regression, status=status))

    def _deploys_of(self, principal: Principal) -> list[Deploy]:
        return [deploy for deploy in self._deploys.values() if deploy.tenant_id == principal.tenant]

    def _mean(self, deploy: Deploy, since: timedelta, until: timedelta) -> float | None:
        start = deploy.deployed_at.replace(minute=0, second=0, microsecond=0)
        span = CostSpan(deploy.service, start + since, start + until)
        usd = [row.cost_usd for row in self.snapshots_of(deploy.tenant_id or "") if _within(row, span)]
        return fmean(usd) if usd else None


def _within(snapshot: CostSnapshot, span: CostSpan) -> bool:
    return (
        snapshot.service == span.service
        and (span.since is None or snapshot.hour >= span.since)
        and (span.until is None or snapshot.hour < span.until)
    )


def _regression(deploy: Deploy, before: float, after: float) -> Regression:
    return Regression(
        id=str(uuid.uuid4()),
        deploy_id=deploy.id,
        service=deploy.service,
        baseline_usd_per_hour=before,
        post_deploy_usd_per_hour=after,
        change_pct=(after / before - 1) * 100,
        monthly_impact_usd=(after - before) * MONTH_HOURS,
        detected_at=datetime.now(UTC),
        status=RegressionStatus.OPEN,
        confidence="high",
        confidence_score=0.9,
        version=deploy.version,
        environment=deploy.environment,
        deployed_at=deploy.deployed_at,
        source=deploy.source,
        deploy_metadata=deploy.metadata,
    )


def _anomaly(snapshots: Sequence[CostSnapshot]) -> Anomaly | None:
    """Find one where the latest hour costs more than twice the mean of those before."""
    if len(snapshots) < 2:
        return None
    latest, expected = snapshots[0], fmean(snapshot.cost_usd for snapshot in snapshots[1:])
    if latest.cost_usd <= expected * UNLIKELY:
        return None
    return Anomaly(
        service=latest.service,
        severity="critical",
        direction="spike",
        change_pct=(latest.cost_usd / expected - 1) * 100,
        z_score=5.0,
        monthly_impact_usd=(latest.cost_usd - expected) * MONTH_HOURS,
        hour=latest.hour,
        expected_usd=expected,
        actual_usd=latest.cost_usd,
    )


def _deploy_position(deploy: Deploy) -> Position:
    return Position(deploy.deployed_at, deploy.id)
