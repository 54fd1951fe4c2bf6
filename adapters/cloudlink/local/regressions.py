"""Regressions in the store: opened once per deploy and service, taken note of, closed; watchers are told of each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.local.feeds import COUNTER
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.cloudlink.local.regression.judgement import Judgement
from adapters.cloudlink.models import Regression, RegressionStatus
from adapters.cloudlink.port import RegressionFilter
from adapters.errors import Conflict, NotFound
from adapters.events.feed import Change, ChangeFeed, Writing
from adapters.events.watching import STATES_AT_ONCE
from adapters.paging import Page, Position, Window, cut
from adapters.principal import Principal
from adapters.store.cloudlink import deploys, regressions
from adapters.store.database import Database
from adapters.store.keyset import Keyset
from adapters.store.metadata import next_value

REGRESSIONS_OF_A_SERVICE = 100
LIST = Keyset(regressions.c.detected_at, regressions.c.id)


class RegressionRecords:
    """Reads and writes regressions."""

    def __init__(self, database: Database, feed: ChangeFeed[Regression], journal: Journal) -> None:
        self._database = database
        self._feed = feed
        self._journal = journal

    async def open(
        self, writing: Writing[Regression], tenant: str, actor: str, deploy_id: str, service: str, judgement: Judgement
    ) -> Regression:
        """Record what a deploy was found to have caused."""
        now = datetime.now(UTC)
        row = {
            "id": str(uuid.uuid4()),
            "tenant": tenant,
            "deploy_id": deploy_id,
            "service": service,
            "baseline_cost": judgement.baseline_usd,
            "post_cost": judgement.post_usd,
            "change_pct": judgement.change_pct,
            "monthly_impact": judgement.monthly_impact_usd,
            "confidence": judgement.confidence.value,
            "confidence_score": judgement.confidence_score,
            "status": RegressionStatus.OPEN.value,
            "detected_at": now,
            "version": await next_value(writing.connection, COUNTER),
            "changed_at": now,
        }
        await writing.connection.execute(insert(regressions).values(row))
        return await self._tell(writing, tenant, str(row["id"]), "regression.detected", actor)

    async def acknowledge(self, principal: Principal, regression_id: str) -> Regression:
        """Take note of an open regression; raises NotFound, and Conflict where it is not open."""
        async with self._feed.write(self._database) as writing:
            version = await next_value(writing.connection, COUNTER)
            known = await self._one(writing.connection, principal.tenant, regression_id)
            if known.status is not RegressionStatus.OPEN:
                message = f"The regression {regression_id} is {known.status.value}: only an open one is acknowledged"
                raise Conflict("conflict", message)
            await self._move(writing.connection, known.id, version, RegressionStatus.ACKNOWLEDGED)
            return await self._tell(writing, principal.tenant, known.id, "regression.acknowledged", principal.name)

    async def resolve(self, principal: Principal, regression_id: str) -> Regression:
        """Close a regression, if it is not closed already; raises NotFound."""
        async with self._feed.write(self._database) as writing:
            version = await next_value(writing.connection, COUNTER)
            known = await self._one(writing.connection, principal.tenant, regression_id)
            if known.status is RegressionStatus.RESOLVED:
                return known
            await self._move(writing.connection, known.id, version, RegressionStatus.RESOLVED)
            return await self._tell(writing, principal.tenant, known.id, "regression.resolved", principal.name)

    async def page(self, tenant: str, window: Window, wanted: RegressionFilter) -> Page[Regression]:
        """Give a page of the tenant's regressions, newest first."""
        conditions = [regressions.c.tenant == tenant, *_conditions(wanted)]
        query = LIST.within(_regressions().where(*conditions), window)
        async with self._database.read() as connection:
            found = [_regression(row) for row in await connection.execute(query)]
            around = await LIST.around(connection, conditions, window)
        return cut(found, _position, window, around)

    async def by_id(self, tenant: str, ids: Sequence[str]) -> list[Regression | None]:
        """Give the tenant's regressions by id, in that order."""
        found = await self._found(_regressions().where(regressions.c.tenant == tenant, regressions.c.id.in_(set(ids))))
        known = {regression.id: regression for regression in found}
        return [known.get(regression_id) for regression_id in ids]

    async def of_deploys(self, tenant: str, deploy_ids: Sequence[str]) -> list[list[Regression]]:
        """Give the tenant's regressions of each deploy, in that order."""
        wanted = (regressions.c.tenant == tenant, regressions.c.deploy_id.in_(set(deploy_ids)))
        found: dict[str | None, list[Regression]] = {}
        for regression in await self._found(_regressions().where(*wanted).order_by(*LIST.newest_first)):
            found.setdefault(regression.deploy_id, []).append(regression)
        return [found.get(deploy_id, []) for deploy_id in deploy_ids]

    async def of_services(self, tenant: str, names: Sequence[str]) -> list[list[Regression]]:
        """Give the tenant's newest hundred regressions of each service, in that order."""
        rank = func.row_number().over(partition_by=regressions.c.service, order_by=LIST.newest_first)
        wanted = (regressions.c.tenant == tenant, regressions.c.service.in_(set(names)))
        ranked = select(regressions.c.id, rank.label("rank")).where(*wanted).subquery()
        newest = select(ranked.c.id).where(ranked.c.rank <= REGRESSIONS_OF_A_SERVICE)
        found: dict[str, list[Regression]] = {}
        for regression in await self._found(
            _regressions().where(regressions.c.id.in_(newest)).order_by(*LIST.newest_first)
        ):
            found.setdefault(regression.service, []).append(regression)
        return [found.get(name, []) for name in names]

    async def changed_since(self, audience: str, version: int, key: str | None = None) -> list[Change[Regression]]:
        """Give the present state of what changed after a version, oldest change first, at most 500."""
        query = _regressions().where(regressions.c.tenant == audience, regressions.c.version > version)
        if key is not None:
            query = query.where(regressions.c.id == key)
        return await self._changes(query.order_by(regressions.c.version).limit(STATES_AT_ONCE))

    async def recent(self, audience: str, count: int) -> list[Change[Regression]]:
        """Give the regressions that were detected last, oldest change first."""
        newest = select(regressions.c.id).where(regressions.c.tenant == audience)
        newest = newest.order_by(*LIST.newest_first).limit(count)
        query = _regressions().where(regressions.c.id.in_(newest))
        return await self._changes(query.order_by(regressions.c.version))

    async def _found(self, query: Select[Any]) -> list[Regression]:
        async with self._database.read() as connection:
            return [_regression(row) for row in await connection.execute(query)]

    async def _changes(self, query: Select[Any]) -> list[Change[Regression]]:
        async with self._database.read() as connection:
            return [_change(row) for row in await connection.execute(query)]

    async def _one(self, connection: AsyncConnection, tenant: str, regression_id: str) -> Regression:
        query = _regressions().where(regressions.c.tenant == tenant, regressions.c.id == regression_id)
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise NotFound("not_found", f"There is no regression {regression_id[:80]!r}")
        return _regression(row)

    async def _move(
        self, connection: AsyncConnection, regression_id: str, version: int, status: RegressionStatus
    ) -> None:
        moved = update(regressions).where(regressions.c.id == regression_id)
        moved = moved.values(status=status.value, version=version, changed_at=datetime.now(UTC))
        await connection.execute(moved)

    async def _tell(
        self, writing: Writing[Regression], tenant: str, regression_id: str, event_type: str, actor: str
    ) -> Regression:
        """Tell watchers, the audit trail and webhooks of a change."""
        query = _regressions().where(regressions.c.tenant == tenant, regressions.c.id == regression_id)
        change = _change((await writing.connection.execute(query)).one())
        await writing.tell(change)
        regression = change.state
        before, after = regression.baseline_usd_per_hour, regression.post_deploy_usd_per_hour
        entry = Entry(
            event_type=event_type,
            actor=actor,
            resource_id=regression.id,
            status=regression.status.value,
            detail=f"{regression.service}: {before:.4g} to {after:.4g} USD an hour",
        )
        await self._journal.write(writing.connection, tenant, entry, regression)
        return regression


def _regressions() -> Select[Any]:
    of_deploy = (
        deploys.c.version.label("deploy_version"),
        deploys.c.environment,
        deploys.c.deployed_at,
        deploys.c.source,
        deploys.c.metadata.label("deploy_metadata"),
    )
    return select(regressions, *of_deploy).join(deploys, deploys.c.id == regressions.c.deploy_id)


def _change(row: Row[Any]) -> Change[Regression]:
    return Change(audience=row.tenant, key=row.id, version=row.version, at=row.changed_at, state=_regression(row))


def _regression(row: Row[Any]) -> Regression:
    return Regression(
        id=row.id,
        deploy_id=row.deploy_id,
        service=row.service,
        baseline_usd_per_hour=row.baseline_cost,
        post_deploy_usd_per_hour=row.post_cost,
        change_pct=row.change_pct,
        monthly_impact_usd=row.monthly_impact,
        detected_at=row.detected_at,
        status=RegressionStatus(row.status),
        confidence=row.confidence,
        confidence_score=row.confidence_score,
        version=row.deploy_version,
        environment=row.environment,
        deployed_at=row.deployed_at,
        source=row.source,
        deploy_metadata=msgspec.json.decode(row.deploy_metadata),
    )


def _conditions(wanted: RegressionFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.status is not None:
        conditions.append(regressions.c.status == wanted.status.value)
    if wanted.service is not None:
        conditions.append(regressions.c.service == wanted.service)
    return conditions


def _position(regression: Regression) -> Position:
    return Position(regression.detected_at, regression.id)
