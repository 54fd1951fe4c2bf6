"""Alerts of budgets: each threshold that the month's spend crosses is told once a month."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudlink.local.budgets import Clock, budgets_of, spend_of, utc_now
from adapters.cloudlink.local.feeds import COUNTER, Feeds
from adapters.cloudlink.local.journal import Entry, Journal
from adapters.cloudlink.local.spending import Month, Spend, Spending, month_of
from adapters.cloudlink.models import Budget, BudgetAlert, BudgetCheck
from adapters.events.feed import Change, Writing
from adapters.events.watching import STATES_AT_ONCE
from adapters.store.cloudlink import budget_alerts
from adapters.store.database import Database
from adapters.store.metadata import next_value

ROUNDING = 1e-9
"""The share by which a sum of many hours may fall short of the round figure that it stands for."""


class BudgetAlertRecords:
    """Checks budgets, and reads the alerts that came of it; watchers are told of every alert."""

    def __init__(
        self, database: Database, feeds: Feeds, spending: Spending, journal: Journal, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._feeds = feeds
        self._spending = spending
        self._journal = journal
        self._clock = clock

    async def check(self, tenant: str, actor: str) -> BudgetCheck:
        """Hold the month's spend against every enabled budget.

        Costs are only summed up where a threshold is left to cross, so this may follow every change of costs.
        """
        month = month_of(self._clock())
        async with self._database.read() as connection:
            watched = await _enabled(connection, tenant)
            left = await _left(connection, watched, month)
        spent = await self._spending.until_now(tenant, month) if left else {}
        of_services = {service: Spend(usd) for service, usd in spent.items()}
        alerts: list[BudgetAlert] = []
        if any(_is_crossed(budget, threshold, of_services) for budget, threshold in left):
            alerts = await self._fire(tenant, actor, month, of_services)
        return BudgetCheck(alerts_fired=len(alerts), budgets_checked=len(watched), alerts=tuple(alerts))

    async def newest(self, tenant: str, first: int, budget_id: str | None = None) -> list[BudgetAlert]:
        """Give the tenant's newest alerts, of one budget or of all."""
        query = select(budget_alerts).where(budget_alerts.c.tenant == tenant)
        if budget_id is not None:
            query = query.where(budget_alerts.c.budget_id == budget_id)
        found = await self._changes(query.order_by(budget_alerts.c.version.desc()).limit(first))
        return [change.state for change in found]

    async def by_id(self, tenant: str, ids: Sequence[str]) -> list[BudgetAlert | None]:
        """Give the tenant's alerts by id, in that order."""
        query = select(budget_alerts).where(budget_alerts.c.tenant == tenant, budget_alerts.c.id.in_(set(ids)))
        known = {change.key: change.state for change in await self._changes(query)}
        return [known.get(alert_id) for alert_id in ids]

    async def of_budgets(self, tenant: str, budget_ids: Sequence[str], first: int) -> list[list[BudgetAlert]]:
        """Give the newest alerts of each budget, in that order."""
        order = budget_alerts.c.version.desc()
        rank = func.row_number().over(partition_by=budget_alerts.c.budget_id, order_by=order).label("rank")
        ranked = select(budget_alerts.c.id, rank).where(
            budget_alerts.c.tenant == tenant, budget_alerts.c.budget_id.in_(set(budget_ids))
        )
        newest = ranked.subquery()
        wanted = budget_alerts.c.id.in_(select(newest.c.id).where(newest.c.rank <= first))
        found: dict[str, list[BudgetAlert]] = {}
        for change in await self._changes(select(budget_alerts).where(wanted).order_by(order)):
            found.setdefault(change.state.budget_id, []).append(change.state)
        return [found.get(budget_id, []) for budget_id in budget_ids]

    async def changed_since(self, audience: str, version: int, key: str | None = None) -> list[Change[BudgetAlert]]:
        """Give the alerts after a version, oldest first, at most 500."""
        query = select(budget_alerts).where(budget_alerts.c.tenant == audience, budget_alerts.c.version > version)
        if key is not None:
            query = query.where(budget_alerts.c.id == key)
        return await self._changes(query.order_by(budget_alerts.c.version).limit(STATES_AT_ONCE))

    async def recent(self, audience: str, count: int) -> list[Change[BudgetAlert]]:
        """Give the newest alerts, oldest first."""
        query = select(budget_alerts).where(budget_alerts.c.tenant == audience)
        found = await self._changes(query.order_by(budget_alerts.c.version.desc()).limit(count))
        return found[::-1]

    async def _fire(self, tenant: str, actor: str, month: Month, of_services: dict[str, Spend]) -> list[BudgetAlert]:
        """Write the alerts, of what is left at this moment: another check may be at it, and budgets may change."""
        alerts = []
        async with self._feeds.alerts.write(self._database) as writing:
            for budget, threshold in await _left(writing.connection, await _enabled(writing.connection, tenant), month):
                if _is_crossed(budget, threshold, of_services):
                    alert = _alert(budget, threshold, spend_of(budget, of_services), self._clock())
                    await self._write(writing, tenant, month, alert)
                    await self._note(writing.connection, tenant, actor, budget, alert)
                    alerts.append(alert)
        return alerts

    async def _write(self, writing: Writing[BudgetAlert], tenant: str, month: Month, alert: BudgetAlert) -> None:
        version = await next_value(writing.connection, COUNTER)
        row = {
            "id": alert.id,
            "tenant": tenant,
            "budget_id": alert.budget_id,
            "month": month.name,
            "threshold_pct": alert.threshold_pct,
            "spend_usd": alert.spend_usd,
            "limit_usd": alert.limit_usd,
            "triggered_at": alert.triggered_at,
            "version": version,
        }
        await writing.connection.execute(insert(budget_alerts).values(row))
        await writing.tell(Change(audience=tenant, key=alert.id, version=version, at=alert.triggered_at, state=alert))

    async def _note(
        self, connection: AsyncConnection, tenant: str, actor: str, budget: Budget, alert: BudgetAlert
    ) -> None:
        spent = f"{alert.spend_usd:.2f} of {alert.limit_usd:.2f} USD"
        entry = Entry(
            event_type="budget.threshold",
            actor=actor,
            resource_id=budget.id,
            status=f"{alert.threshold_pct} %",
            detail=f"{budget.name}: {spent}",
        )
        await self._journal.write(connection, tenant, entry, payload=alert)

    async def _changes(self, query: Select[Any]) -> list[Change[BudgetAlert]]:
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Change(
                audience=row.tenant,
                key=row.id,
                version=row.version,
                at=row.triggered_at,
                state=BudgetAlert(
                    id=row.id,
                    budget_id=row.budget_id,
                    threshold_pct=row.threshold_pct,
                    spend_usd=row.spend_usd,
                    limit_usd=row.limit_usd,
                    triggered_at=row.triggered_at,
                ),
            )
            for row in rows
        ]


async def _enabled(connection: AsyncConnection, tenant: str) -> list[Budget]:
    return [budget for budget in await budgets_of(connection, tenant) if budget.enabled]


async def _left(connection: AsyncConnection, watched: Iterable[Budget], month: Month) -> list[tuple[Budget, int]]:
    """Give the thresholds that have not been told of in the month, lowest first."""
    ids = {budget.id for budget in watched}
    query = select(budget_alerts.c.budget_id, budget_alerts.c.threshold_pct)
    query = query.where(budget_alerts.c.budget_id.in_(ids), budget_alerts.c.month == month.name)
    told = {(row.budget_id, row.threshold_pct) for row in await connection.execute(query)}
    return [
        (budget, threshold)
        for budget in watched
        for threshold in budget.alert_thresholds
        if (budget.id, threshold) not in told
    ]


def _is_crossed(budget: Budget, threshold: int, of_services: dict[str, Spend]) -> bool:
    due = budget.monthly_limit_usd * threshold / 100
    return spend_of(budget, of_services).usd >= due * (1 - ROUNDING)


def _alert(budget: Budget, threshold: int, spend: Spend, now: datetime) -> BudgetAlert:
    return BudgetAlert(
        id=str(uuid.uuid4()),
        budget_id=budget.id,
        threshold_pct=threshold,
        spend_usd=spend.usd,
        limit_usd=budget.monthly_limit_usd,
        triggered_at=now,
    )
