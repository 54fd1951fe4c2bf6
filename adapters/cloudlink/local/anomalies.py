"""The anomalies of a tenant's services: only services whose costs have changed are assessed anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from adapters.cloudlink.local.assessments import SEVERITIES, AssessmentRecords, KnownAssessment, anomaly_of
from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.hours import hour_number
from adapters.cloudlink.local.series import CostSeries
from adapters.cloudlink.models import Anomaly, Assessment
from adapters.workers import Workers

HISTORY = 840
"""Hours of costs that a service is assessed with: five weeks."""
SERVICES_AT_ONCE = 200
LATE = 48
"""A service that is so many hours behind the tenant's latest one has no latest hour to speak of."""


class AnomalyDetector:
    """Assesses services in `workers`, once for each revision of their costs."""

    def __init__(self, records: AssessmentRecords, costs: CostRecords, workers: Workers) -> None:
        self._records = records
        self._costs = costs
        self._workers = workers
        self._assessing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def anomalies(self, tenant: str) -> list[Anomaly]:
        """Give the services whose latest hour does not fit, gravest first."""
        return sorted(_current(await self._known(tenant)).values(), key=_gravity)

    async def of_services(self, tenant: str, names: Sequence[str]) -> list[Anomaly | None]:
        """Give the anomaly of each service, in that order; None where its latest hour fits."""
        found = _current(await self._known(tenant))
        return [found.get(name) for name in names]

    async def assessment(self, tenant: str, service: str) -> Assessment:
        """Say how a service's latest hour fits; without data where the tenant has no such service."""
        known = await self._known(tenant, [service])
        if not known or known[0].assessment is None:
            return Assessment(service=service, has_data=False)
        return known[0].assessment

    async def _known(self, tenant: str, names: Sequence[str] | None = None) -> list[KnownAssessment]:
        """Give every service with its assessment, after those that are missing have been made."""
        known = await self._records.of_tenant(tenant, names)
        if all(one.assessment for one in known):
            return known
        async with self._assessing.setdefault(tenant, asyncio.Lock()):
            known = await self._records.of_tenant(tenant, names)
            stale = [one for one in known if one.assessment is None]
            made: dict[str, Assessment] = {}
            for start in range(0, len(stale), SERVICES_AT_ONCE):
                made |= await self._assess(tenant, stale[start : start + SERVICES_AT_ONCE])
        return [
            KnownAssessment(one.service, one.revision, one.last_hour, one.assessment or made[one.service])
            for one in known
        ]

    async def _assess(self, tenant: str, stale: Sequence[KnownAssessment]) -> dict[str, Assessment]:
        """Assess services and keep the result."""
        end_hour = max(one.last_hour for one in stale) + 1
        names = [one.service for one in stale]
        series = await self._costs.series(tenant, names, end_hour - HISTORY, end_hour)
        assessed = {name: Assessment(service=name, has_data=False) for name in names}
        now_hour = hour_number(datetime.now(UTC))
        for assessment in await self._workers.run(assessed_in_worker, list(series.values()), now_hour):
            assessed[assessment.service] = assessment
        await self._records.keep(tenant, assessed, {one.service: one.revision for one in stale})
        return assessed


def assessed_in_worker(batch: Sequence[CostSeries], now_hour: int) -> list[Assessment]:
    """Assess many services, in their order, with imports that only a worker makes."""
    from adapters.cloudlink.local.anomaly.assess import assess

    return [assess(series, now_hour) for series in batch]


def _current(known: Sequence[KnownAssessment]) -> dict[str, Anomaly]:
    """Give the anomalies of services that are not late, by name."""
    latest = max((one.last_hour for one in known), default=0)
    in_time = [one.assessment for one in known if one.assessment and one.last_hour >= latest - LATE]
    found = [anomaly_of(assessment) for assessment in in_time]
    return {anomaly.service: anomaly for anomaly in found if anomaly is not None}


def _gravity(anomaly: Anomaly) -> tuple[int, float, str]:
    return SEVERITIES.index(anomaly.severity), -abs(anomaly.monthly_impact_usd), anomaly.service
