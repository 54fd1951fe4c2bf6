"""CloudLink's double with what the documented paths need beyond the port."""

from __future__ import annotations

import msgspec

from adapters.cloudlink.account import CloudScans, Plan
from adapters.cloudlink.models import Assessment, CostSnapshot
from adapters.principal import Principal
from tests.doubles.memory_cloudlink import MemoryCloudLink


class ServedCloudLink(MemoryCloudLink):
    """See `endpoints.endpoint.Served`; `waited` is for how many seconds scans were waited for, which end at once."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    async def snapshots(self, tenant: str, service: str | None, limit: int) -> list[CostSnapshot]:
        return [row for row in self.snapshots_of(tenant) if service in (None, row.service)][:limit]

    async def assessment(self, tenant: str, service: str) -> Assessment:
        (found,) = await self.anomalies_of_services(Principal(id="", name="", tenant=tenant), [service])
        if found is None:
            return Assessment(service=service, has_data=bool(await self.snapshots(tenant, service, 1)))
        return Assessment(has_data=True, is_anomaly=True, **msgspec.structs.asdict(found))

    async def scanned(self, principal: Principal, seconds: float) -> CloudScans:
        self.waited.append(seconds)
        begun = await self.start_scan(principal)
        for scan in begun.scans:
            self.finish_scan(principal, scan.id, events_found=2)
        ended = tuple(scan for scan in await self.scans_by_id(principal, [scan.id for scan in begun.scans]) if scan)
        return CloudScans(events_found=2 * len(ended), credentials_scanned=len(ended), scans=ended)

    async def plan_of(self, user: str) -> Plan:
        return Plan(plan="growth", status="active") if user == "user_growing" else Plan()
