"""Hourly costs in the store: taken in once per credential, service and hour, and read as rows, series and sums."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import RowMapping, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.local.feeds import COUNTER
from adapters.cloudlink.local.hours import AHEAD, FIRST_MOMENT, first_hour_from, hour_number, hour_start
from adapters.cloudlink.local.series import CostSeries
from adapters.cloudlink.local.storable import UNSTORABLE
from adapters.cloudlink.models import CostRecord, CostSnapshot
from adapters.cloudlink.port import CostSpan
from adapters.errors import InvalidInput
from adapters.store.cloudlink import costs, services
from adapters.store.database import Database
from adapters.store.metadata import next_value

ROWS_OF_A_SPAN = 2_000
SERVICES_AT_ONCE = 100
"""Of how many services rows are read in one query."""
SNAPSHOTS = uuid.UUID("6f1c3a52-0d43-4f5e-9a53-0c3c8a1b7d10")
"""Namespace of snapshot ids, which follow from what a snapshot is of."""
MOST_SERVICES = 10_000
"""How many services a tenant may have by what is pushed in."""
MOST_USD = 1e12
LONGEST_NAME = 256
PROVIDER = re.compile(r"[\w .&()-]{1,32}")
ACCOUNT = re.compile(r"[!-~]{0,64}")


class HourlyCost(msgspec.Struct, frozen=True):
    """What a service cost in an hour, by its number; `credential_id` is empty for costs that were pushed in."""

    service: str
    hour: int
    cost_usd: float
    credential_id: str = ""


class CostRecords:
    """Reads and writes hourly costs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ingest(self, connection: AsyncConnection, tenant: str, records: Iterable[CostRecord]) -> int:
        """Write hours, in place of what is known of them, and say how many; InvalidInput has to end the transaction."""
        now = datetime.now(UTC)
        rows: dict[tuple[str, int, str], HourlyCost] = {}
        providers: dict[str, str] = {}
        for number, record in enumerate(records):
            _check(record, number, now)
            cost = HourlyCost(record.service, hour_number(record.hour), record.cost_usd, record.credential_id or "")
            rows[cost.service, cost.hour, cost.credential_id] = cost
            providers[record.service] = record.provider
        await self.write(connection, tenant, list(rows.values()), providers)
        await _refuse_too_many(connection, tenant)
        return len(rows)

    async def write(
        self, connection: AsyncConnection, tenant: str, rows: Sequence[HourlyCost], providers: Mapping[str, str]
    ) -> None:
        """Write checked hours, each once, in place of what is known of them; `providers` names each service's cloud."""
        if not rows:
            return
        recorded_at = int(datetime.now(UTC).timestamp())
        insert = (postgresql.insert if self._database.is_postgres else sqlite.insert)(costs)
        upsert = insert.on_conflict_do_update(
            index_elements=[costs.c.tenant, costs.c.service, costs.c.hour, costs.c.credential_id],
            set_={"cost_usd": insert.excluded.cost_usd, "recorded_at": insert.excluded.recorded_at},
        )
        await connection.execute(
            upsert,
            [
                {
                    "tenant": tenant,
                    "service": row.service,
                    "hour": row.hour,
                    "credential_id": row.credential_id,
                    "cost_usd": row.cost_usd,
                    "recorded_at": recorded_at,
                }
                for row in rows
            ],
        )
        last_hours: dict[str, int] = {}
        for row in rows:
            last_hours[row.service] = max(last_hours.get(row.service, 0), row.hour)
        await self._touch(connection, tenant, last_hours, providers)

    async def service_names(self, tenant: str) -> list[str]:
        """Name the tenant's services."""
        query = select(services.c.name).where(services.c.tenant == tenant).order_by(services.c.name)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def last_hours(self, tenant: str, names: Sequence[str]) -> dict[str, int]:
        """Give the last known hour of each of these services that costs are known of."""
        query = select(services.c.name, services.c.last_hour)
        query = query.where(services.c.tenant == tenant, services.c.name.in_(set(names)))
        async with self._database.read() as connection:
            return {row.name: row.last_hour for row in await connection.execute(query)}

    async def tenants(self) -> list[str]:
        """Name the tenants that costs are known of."""
        async with self._database.read() as connection:
            return list((await connection.execute(select(services.c.tenant).distinct())).scalars())

    async def snapshots(self, tenant: str, service: str | None, limit: int) -> list[CostSnapshot]:
        """Give rows, newest hour first."""
        query = select(costs).where(costs.c.tenant == tenant)
        if service is not None:
            query = query.where(costs.c.service == service)
        query = query.order_by(costs.c.hour.desc(), costs.c.service, costs.c.credential_id).limit(limit)
        async with self._database.read() as connection:
            return [_snapshot(row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's name

    async def in_spans(self, tenant: str, spans: Sequence[CostSpan]) -> list[list[CostSnapshot]]:
        """Give the rows of each span, newest hour first, at most 2,000 a span."""
        services_by_hours: dict[tuple[datetime | None, datetime | None], list[str]] = {}
        for span in dict.fromkeys(spans):
            services_by_hours.setdefault((span.since, span.until), []).append(span.service)
        found: dict[CostSpan, list[CostSnapshot]] = {}
        for (since, until), names in services_by_hours.items():
            for start in range(0, len(names), SERVICES_AT_ONCE):
                for row in await self._between(tenant, names[start : start + SERVICES_AT_ONCE], since, until):
                    found.setdefault(CostSpan(row.service, since, until), []).append(row)
        return [found.get(span, []) for span in spans]

    async def series(self, tenant: str, names: Sequence[str], first_hour: int, end_hour: int) -> dict[str, CostSeries]:
        """Give the hourly sums of services within a range of hours; a service without any is left out."""
        import numpy as np

        total = func.sum(costs.c.cost_usd).label("usd")
        query = select(costs.c.service, costs.c.hour, total).where(
            costs.c.tenant == tenant,
            costs.c.service.in_(set(names)),
            costs.c.hour >= first_hour,
            costs.c.hour < end_hour,
        )
        query = query.group_by(costs.c.service, costs.c.hour).order_by(costs.c.service, costs.c.hour)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        found: dict[str, list[tuple[int, float]]] = {}
        for name, hour, usd in rows:
            found.setdefault(name, []).append((hour, usd))
        arranged = {}
        for name, known in found.items():
            start = known[0][0]
            usd = np.full(known[-1][0] - start + 1, np.nan)
            usd[np.array([hour for hour, _ in known]) - start] = [value for _, value in known]
            arranged[name] = CostSeries(name, start, usd)
        return arranged

    async def spent(self, tenant: str, first_hour: int, end_hour: int) -> dict[str, float]:
        """Give what each service has cost within a range of hours."""
        query = select(costs.c.service, func.sum(costs.c.cost_usd))
        query = query.where(costs.c.tenant == tenant, costs.c.hour >= first_hour, costs.c.hour < end_hour)
        async with self._database.read() as connection:
            rows = await connection.execute(query.group_by(costs.c.service))
            return {service: usd for service, usd in rows}  # noqa: C416 - dict() does not see that rows are pairs

    async def _between(
        self, tenant: str, names: Sequence[str], since: datetime | None, until: datetime | None
    ) -> list[CostSnapshot]:
        """Give the rows of services whose hours begin within a time, newest hour first, at most 2,000 a service."""
        newest = (costs.c.hour.desc(), costs.c.credential_id)
        rank = func.row_number().over(partition_by=costs.c.service, order_by=newest)
        ranked = select(costs, rank.label("rank")).where(costs.c.tenant == tenant, costs.c.service.in_(names))
        if since is not None:
            ranked = ranked.where(costs.c.hour >= first_hour_from(since))
        if until is not None:
            ranked = ranked.where(costs.c.hour < first_hour_from(until))
        rows = ranked.subquery()
        query = select(rows).where(rows.c.rank <= ROWS_OF_A_SPAN).order_by(rows.c.service, rows.c.rank)
        async with self._database.read() as connection:
            return [_snapshot(row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's name

    async def _touch(
        self, connection: AsyncConnection, tenant: str, last_hours: Mapping[str, int], providers: Mapping[str, str]
    ) -> None:
        revision = await next_value(connection, COUNTER)
        insert = (postgresql.insert if self._database.is_postgres else sqlite.insert)(services)
        newer = func.greatest if self._database.is_postgres else func.max
        upsert = insert.on_conflict_do_update(
            index_elements=[services.c.tenant, services.c.name],
            set_={
                "last_hour": newer(services.c.last_hour, insert.excluded.last_hour),
                "revision": insert.excluded.revision,
            },
        )
        rows = [
            {"tenant": tenant, "name": name, "provider": providers[name], "last_hour": hour, "revision": revision}
            for name, hour in sorted(last_hours.items())
        ]
        await connection.execute(upsert, rows)


def _check(record: CostRecord, number: int, now: datetime) -> None:
    field = f"records.{number}"
    if not record.service.strip() or len(record.service) > LONGEST_NAME or UNSTORABLE.search(record.service):
        message = f"{field}.service is {record.service[:40]!r}: give a name of 1 to {LONGEST_NAME} characters"
        raise InvalidInput("validation_error", message, f"{field}.service")
    if not PROVIDER.fullmatch(record.provider):
        message = f"{field}.provider is {record.provider[:40]!r}: give a name such as aws, gcp or azure"
        raise InvalidInput("validation_error", message, f"{field}.provider")
    if record.credential_id is not None and not ACCOUNT.fullmatch(record.credential_id):
        message = f"{field}.credential_id is {record.credential_id[:40]!r}: give the id of a credential or an account"
        raise InvalidInput("validation_error", message, f"{field}.credential_id")
    if not math.isfinite(record.cost_usd) or abs(record.cost_usd) > MOST_USD:
        message = f"{field}.cost_usd is {record.cost_usd}: give an amount of USD, negative for a credit"
        raise InvalidInput("validation_error", message, f"{field}.cost_usd")
    if not FIRST_MOMENT <= record.hour <= now + AHEAD:
        message = f"{field}.hour is {record.hour.isoformat()}: give an hour from 2000 until now"
        raise InvalidInput("validation_error", message, f"{field}.hour")


async def _refuse_too_many(connection: AsyncConnection, tenant: str) -> None:
    counted = select(func.count()).select_from(services).where(services.c.tenant == tenant)
    if (await connection.execute(counted)).scalar_one() > MOST_SERVICES:
        message = f"records come to more than {MOST_SERVICES:,} services: sum costs up under fewer names"
        raise InvalidInput("validation_error", message, "records")


def _snapshot(row: RowMapping) -> CostSnapshot:
    hour = row["hour"]
    key = "\x00".join(str(row[name]) for name in ("tenant", "credential_id", "service", "hour"))
    return CostSnapshot(
        id=str(uuid.uuid5(SNAPSHOTS, key)),
        tenant_id=row["tenant"],
        service=row["service"],
        hour=hour_start(hour),
        cost_usd=row["cost_usd"],
        recorded_at=datetime.fromtimestamp(row["recorded_at"], UTC),
        credential_id=row["credential_id"] or None,
    )
