"""The local CloudLink's costs, deploys, regressions, anomalies and estimates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from adapters.cloudlink.local.engine import Engine
from adapters.cloudlink.local.journal import Entry
from adapters.cloudlink.models import (
    Anomaly,
    Assessment,
    CostEstimate,
    CostRecord,
    CostSnapshot,
    Deploy,
    Detection,
    NewDeploy,
    Regression,
)
from adapters.cloudlink.port import CostSpan, RegressionFilter
from adapters.cloudlink.wire import MOST_RECORDS
from adapters.errors import InvalidInput
from adapters.events.watching import Observation, watch
from adapters.packages import PackageName
from adapters.paging import Page, Window
from adapters.principal import Principal


class LocalCosts:
    """See `port.CloudLink` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ingest_costs(self, principal: Principal, records: Sequence[CostRecord]) -> int:
        """Write to the store, then hold the budgets against what is spent now."""
        if len(records) > MOST_RECORDS:
            message = f"records has {len(records)} entries: send at most {MOST_RECORDS} at once"
            raise InvalidInput("validation_error", message, "records")
        engine = self._engine
        async with engine.database.write() as connection:
            count = await engine.costs.ingest(connection, principal.tenant, records)
            entry = Entry(event_type="costs.ingested", actor=principal.name, detail=f"{count} hours")
            await engine.journal.write(connection, principal.tenant, entry)
        await engine.alerts.check(principal.tenant, principal.name)
        return count

    async def services(self, principal: Principal) -> list[str]:
        """List from the store."""
        return await self._engine.costs.service_names(principal.tenant)

    async def costs(self, principal: Principal, spans: Sequence[CostSpan]) -> list[list[CostSnapshot]]:
        """Read from the store."""
        return await self._engine.costs.in_spans(principal.tenant, spans)

    async def snapshots(self, tenant: str, service: str | None, limit: int) -> list[CostSnapshot]:
        """List from the store."""
        return await self._engine.costs.snapshots(tenant, service, limit)

    async def record_deploy(self, principal: Principal, deploy: NewDeploy) -> Deploy:
        """Write to the store."""
        return await self._engine.deploys.record(principal, deploy)

    async def deploys(self, principal: Principal, window: Window, service: str | None) -> Page[Deploy]:
        """List from the store."""
        return await self._engine.deploys.page(principal.tenant, window, service)

    async def deploys_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Deploy | None]:
        """Look up in the store."""
        return await self._engine.deploys.by_id(principal.tenant, ids)

    async def deploys_of_services(
        self, principal: Principal, services: Sequence[str], first: int
    ) -> list[list[Deploy]]:
        """Look up in the store."""
        return await self._engine.deploys.of_services(principal.tenant, services, first)

    async def deploys_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Deploy]]:
        """Look up in the store."""
        return await self._engine.deploys.of_packages(principal.tenant, packages)

    async def detect_regressions(self, principal: Principal) -> Detection:
        """Judge in worker processes."""
        return await self._engine.detector.detect(principal.tenant, principal.name)

    async def regressions(self, principal: Principal, window: Window, wanted: RegressionFilter) -> Page[Regression]:
        """List from the store."""
        return await self._engine.regressions.page(principal.tenant, window, wanted)

    async def regressions_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Regression | None]:
        """Look up in the store."""
        return await self._engine.regressions.by_id(principal.tenant, ids)

    async def regressions_of_deploys(self, principal: Principal, deploy_ids: Sequence[str]) -> list[list[Regression]]:
        """Look up in the store."""
        return await self._engine.regressions.of_deploys(principal.tenant, deploy_ids)

    async def regressions_of_services(self, principal: Principal, services: Sequence[str]) -> list[list[Regression]]:
        """Look up in the store."""
        return await self._engine.regressions.of_services(principal.tenant, services)

    async def acknowledge_regression(self, principal: Principal, regression_id: str) -> Regression:
        """Write to the store."""
        return await self._engine.regressions.acknowledge(principal, regression_id)

    async def resolve_regression(self, principal: Principal, regression_id: str) -> Regression:
        """Write to the store."""
        return await self._engine.regressions.resolve(principal, regression_id)

    def watch_regressions(
        self, principal: Principal, after: str | None = None
    ) -> AsyncIterator[Observation[Regression]]:
        """Watch the change feed, after what the store has already."""
        engine = self._engine
        return watch(engine.regressions, engine.feeds.regressions, principal.tenant, after=after, key=None)

    async def anomalies(self, principal: Principal) -> list[Anomaly]:
        """Assess what has changed, in worker processes; the rest is known."""
        return await self._engine.anomalies.anomalies(principal.tenant)

    async def anomalies_of_services(self, principal: Principal, services: Sequence[str]) -> list[Anomaly | None]:
        """Assess what has changed of these."""
        return await self._engine.anomalies.of_services(principal.tenant, services)

    async def assessment(self, tenant: str, service: str) -> Assessment:
        """Assess one service."""
        return await self._engine.anomalies.assessment(tenant, service)

    async def estimates_of_services(self, principal: Principal, services: Sequence[str]) -> list[CostEstimate]:
        """Estimate from the costs around the last deploys."""
        budgets = await self._engine.budgets.of_tenant(principal.tenant)
        return await self._engine.estimates.of_services(principal.tenant, services, budgets)
