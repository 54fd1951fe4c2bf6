"""Assessments in the store: one for each service, of the costs of one revision; new anomalies go to the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import and_, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.local.journal import SCHEDULE, Entry, Journal
from adapters.cloudlink.models import Anomaly, Assessment
from adapters.store.cloudlink import anomalies, services
from adapters.store.database import Database

ENGINE = "composite-1"
"""Names the detector's arithmetic: another one judges otherwise."""
SEVERITIES = ("critical", "high", "medium")
"""From the gravest on."""
TOLD_AGAIN = timedelta(hours=24)
"""After it, an anomaly that lasts is news again; before, only one that became graver or turned."""


class KnownAssessment(msgspec.Struct, frozen=True):
    """A service, the revision of its costs, its last known hour, and what was said of it; None where that is old."""

    service: str
    revision: int
    last_hour: int
    assessment: Assessment | None


class AssessmentRecords:
    """Reads and writes assessments; `engine` marks them, to tell them from another arithmetic's."""

    def __init__(self, database: Database, journal: Journal, engine: str = ENGINE) -> None:
        self._database = database
        self._journal = journal
        self._engine = engine

    async def of_tenant(self, tenant: str, names: Sequence[str] | None = None) -> list[KnownAssessment]:
        """Give what is known of all the tenant's services, or of those named, in the order of their names."""
        known = and_(
            anomalies.c.tenant == services.c.tenant,
            anomalies.c.service == services.c.name,
            anomalies.c.revision == services.c.revision,
            anomalies.c.engine == self._engine,
        )
        query = select(services.c.name, services.c.revision, services.c.last_hour, anomalies.c.assessment)
        query = query.select_from(services.outerjoin(anomalies, known)).where(services.c.tenant == tenant)
        if names is not None:
            query = query.where(services.c.name.in_(set(names)))
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(services.c.name))).all()
        return [
            KnownAssessment(row.name, row.revision, row.last_hour, row.assessment and _assessment(row.assessment))
            for row in rows
        ]

    async def keep(self, tenant: str, assessed: Mapping[str, Assessment], revisions: Mapping[str, int]) -> None:
        """Keep what is said of services whose costs had these revisions, and write new anomalies to the journal."""
        if not assessed:
            return
        rows = [
            {
                "tenant": tenant,
                "service": service,
                "revision": revisions[service],
                "engine": self._engine,
                "assessment": msgspec.json.encode(assessment),
            }
            for service, assessment in sorted(assessed.items())
        ]
        async with self._database.write() as connection:
            before = await self._before(connection, tenant, list(assessed))
            for service in await self._put(connection, rows):
                anomaly = anomaly_of(assessed[service])
                if anomaly is not None and is_news(anomaly, before.get(service)):
                    await self._journal.write(connection, tenant, _entry(anomaly), anomaly)

    async def _before(self, connection: AsyncConnection, tenant: str, names: Sequence[str]) -> dict[str, Anomaly]:
        """Give the anomalies that were known, their rows locked until the transaction ends."""
        query = select(anomalies.c.service, anomalies.c.assessment)
        query = query.where(anomalies.c.tenant == tenant, anomalies.c.service.in_(names))
        rows = (await connection.execute(query.order_by(anomalies.c.service).with_for_update())).all()
        found = {row.service: anomaly_of(_assessment(row.assessment)) for row in rows}
        return {service: anomaly for service, anomaly in found.items() if anomaly is not None}

    async def _put(self, connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Write rows where they are newer, and name those services: another process may have been first."""
        insert = (postgresql.insert if self._database.is_postgres else sqlite.insert)(anomalies).values(list(rows))
        newer = insert.excluded.revision > anomalies.c.revision
        other = and_(insert.excluded.revision == anomalies.c.revision, insert.excluded.engine != anomalies.c.engine)
        upsert = insert.on_conflict_do_update(
            index_elements=[anomalies.c.tenant, anomalies.c.service],
            set_={name: insert.excluded[name] for name in ("revision", "engine", "assessment")},
            where=or_(newer, other),
        )
        return sorted((await connection.execute(upsert.returning(anomalies.c.service))).scalars())


def anomaly_of(assessment: Assessment) -> Anomaly | None:
    """Give the anomaly that an assessment tells of; None where the hour fits."""
    if not assessment.is_anomaly:
        return None
    return msgspec.convert(msgspec.to_builtins(assessment), Anomaly)


def is_news(anomaly: Anomaly, before: Anomaly | None) -> bool:
    """Say whether an anomaly is worth telling of after one that was known of the same service."""
    if before is None or before.hour is None or anomaly.hour is None:
        return True
    graver = SEVERITIES.index(anomaly.severity) < SEVERITIES.index(before.severity)
    return graver or anomaly.direction != before.direction or anomaly.hour - before.hour >= TOLD_AGAIN


def _assessment(stored: bytes) -> Assessment:
    return msgspec.json.decode(stored, type=Assessment)


def _entry(anomaly: Anomaly) -> Entry:
    detail = f"{anomaly.direction} of {anomaly.change_pct:+.0f} %: {anomaly.actual_usd:.4g} USD in the hour"
    return Entry(
        event_type="anomaly.detected",
        actor=SCHEDULE,
        resource_id=anomaly.service,
        status=anomaly.severity,
        detail=f"{detail} of {anomaly.hour:%Y-%m-%d %H:%M}, {anomaly.expected_usd:.4g} expected",
    )
