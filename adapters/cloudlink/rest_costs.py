"""Costs, deploys, anomalies and estimates over REST."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.cloudlink.decoding import SERVICE
from adapters.cloudlink.exchange import Exchange, in_order, of_each, segment
from adapters.cloudlink.keyset import deploy_position, newest_first, no_page, rows_to_ask, total_of
from adapters.cloudlink.models import Anomaly, CostEstimate, CostRecord, CostSnapshot, Deploy, NewDeploy
from adapters.cloudlink.port import CostSpan
from adapters.cloudlink.shipping import deploys_that_shipped
from adapters.cloudlink.wire import MOST_RECORDS, MOST_ROWS, Anomalies, CostBatch, EstimateBody, Ingested, ServiceNames
from adapters.errors import NotFound
from adapters.http.lookups import Lookups
from adapters.packages import PackageName
from adapters.paging import Page, Window, page_of
from adapters.principal import Principal


class RestCosts:
    """The part of the port that is about costs and deploys."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._deploys = Lookups(SERVICE, self._ask_deploy, lambda _deploy: False, lambda _deploy_id: False)

    async def ingest_costs(self, principal: Principal, records: Sequence[CostRecord]) -> int:
        """POST /cloud-costs/ingest, 10,000 records at a time: where one is refused, those before it are in."""
        self._exchange.admit(principal)
        taken = 0
        for start in range(0, len(records), MOST_RECORDS):
            batch = CostBatch(records=list(records[start : start + MOST_RECORDS]))
            taken += (await self._exchange.write("POST", "/cloud-costs/ingest", Ingested, batch)).ingested
        return taken

    async def services(self, principal: Principal) -> list[str]:
        """GET /cost-snapshots/services."""
        if not self._exchange.serves(principal):
            return []
        return list((await self._exchange.read("/cost-snapshots/services", ServiceNames)).services)

    async def costs(self, principal: Principal, spans: Sequence[CostSpan]) -> list[list[CostSnapshot]]:
        """GET /cost-snapshots for each service: of its newest 2,000 rows, those within the span."""
        if not self._exchange.serves(principal):
            return [[] for _ in spans]
        rows = await of_each((span.service for span in spans), self._costs_of)
        return [[row for row in rows[span.service] if _lies_in(span, row)] for span in spans]

    async def record_deploy(self, principal: Principal, deploy: NewDeploy) -> Deploy:
        """POST /deploys."""
        self._exchange.admit(principal)
        return await self._exchange.write("POST", "/deploys", Deploy, deploy)

    async def deploys(self, principal: Principal, window: Window, service: str | None) -> Page[Deploy]:
        """GET /deploys, of which at most the newest 2,000 are read."""
        if not self._exchange.serves(principal):
            return no_page(window)
        asked = rows_to_ask(window)
        rows = await self._newest_deploys(asked, service)
        return page_of(rows, deploy_position, window, total_of(rows, asked))

    async def deploys_by_id(self, principal: Principal, ids: Sequence[str]) -> list[Deploy | None]:
        """GET /deploys/:id for one; for several the list, and one by one only what it does not hold."""
        if not self._exchange.serves(principal):
            return [None for _ in ids]
        listed = await self._newest_deploys(MOST_ROWS) if len(set(ids)) > 1 else []
        known = {deploy.id: deploy for deploy in listed}
        asked = await of_each((deploy_id for deploy_id in ids if deploy_id not in known), self._deploys.get)
        return [known.get(deploy_id) or asked.get(deploy_id) for deploy_id in ids]

    async def deploys_of_services(
        self, principal: Principal, services: Sequence[str], first: int
    ) -> list[list[Deploy]]:
        """GET /deploys: of one service, or the newest 2,000 for several."""
        if not self._exchange.serves(principal):
            return [[] for _ in services]
        if len(set(services)) == 1:
            rows = await self._newest_deploys(min(max(first, 1), MOST_ROWS), services[0])
        else:
            rows = await self._newest_deploys(MOST_ROWS)
        rows = newest_first(rows, deploy_position)
        return [[row for row in rows if row.service == service][:first] for service in services]

    async def deploys_of_packages(self, principal: Principal, packages: Sequence[PackageName]) -> list[list[Deploy]]:
        """GET /deploys: those among the newest 2,000."""
        if not self._exchange.serves(principal):
            return [[] for _ in packages]
        return deploys_that_shipped(newest_first(await self._newest_deploys(MOST_ROWS), deploy_position), packages)

    async def anomalies(self, principal: Principal) -> list[Anomaly]:
        """GET /anomalies."""
        if not self._exchange.serves(principal):
            return []
        return list((await self._exchange.read("/anomalies", Anomalies[Anomaly])).anomalies)

    async def anomalies_of_services(self, principal: Principal, services: Sequence[str]) -> list[Anomaly | None]:
        """GET /anomalies: the list has all that there are."""
        return in_order(services, await self.anomalies(principal), lambda anomaly: anomaly.service)

    async def estimates_of_services(self, principal: Principal, services: Sequence[str]) -> list[CostEstimate]:
        """POST /cost-estimate for each service."""
        if not self._exchange.serves(principal):
            return [_no_estimate(service) for service in services]
        found = await of_each(services, self._estimate)
        return [found[service] for service in services]

    async def _costs_of(self, service: str) -> list[CostSnapshot]:
        rows = await self._exchange.read("/cost-snapshots", list[CostSnapshot], service=service, limit=MOST_ROWS)
        return sorted(rows, key=lambda row: row.hour, reverse=True)

    async def _newest_deploys(self, limit: int, service: str | None = None) -> list[Deploy]:
        return await self._exchange.read("/deploys", list[Deploy], service=service, limit=limit)

    async def _ask_deploy(self, deploy_id: str) -> Deploy | None:
        try:
            return await self._exchange.read_anew(f"/deploys/{segment(deploy_id)}", Deploy)
        except NotFound:
            return None

    async def _estimate(self, service: str) -> CostEstimate:
        return await self._exchange.ask("/cost-estimate", CostEstimate, EstimateBody(service=service))


def _lies_in(span: CostSpan, row: CostSnapshot) -> bool:
    return (span.since is None or row.hour >= span.since) and (span.until is None or row.hour < span.until)


def _no_estimate(service: str) -> CostEstimate:
    return CostEstimate(service=service, has_data=False, message=f"No costs are known of {service!r}")
