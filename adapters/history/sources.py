"""Where the figures of each subject come from: the history's tables, and what the embedded CloudLink keeps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, func, literal, select, type_coerce, union_all

from adapters.history.bins import NO_BIN
from adapters.history.grouping import Amount, Rows
from adapters.history.ranges import Span
from adapters.store import cloudlink, history
from adapters.store.types import Key

ONE: ColumnElement[int] = literal(1)


def _has(column: ColumnElement[Any]) -> ColumnElement[int]:
    return case((column.is_(None), 0), else_=1)


def _amount(column: ColumnElement[Any]) -> Amount:
    """Sum a column, of the rows that have it."""
    return Amount(func.coalesce(column, 0), _has(column))


def executions() -> Rows:
    """Read executions, each a row: exact, by the hour."""
    table = history.executions.c
    return Rows(
        table=history.executions,
        time=table.hour,
        per_day=False,
        dimensions={name: table[name] for name in ("status", "input_type", "error_code")},
        things=ONE,
        amounts={
            "rules": Amount(func.coalesce(table.rules, 0), ONE),
            "ttps": Amount(func.coalesce(table.ttps, 0), ONE),
            "duration_ms": _amount(table.duration_ms),
        },
        ranked=table.duration_ms,
    )


def execution_days() -> Rows:
    """Read executions counted by day: durations are ranked by their bins."""
    table = history.execution_days.c
    timed = case((table.duration_bin == NO_BIN, 0), else_=table.executions)
    return Rows(
        table=history.execution_days,
        time=table.day,
        per_day=True,
        dimensions={name: table[name] for name in ("status", "input_type", "error_code")},
        things=table.executions,
        amounts={
            "rules": Amount(table.rules, table.executions),
            "ttps": Amount(table.ttps, table.executions),
            "duration_ms": Amount(table.duration_ms, timed),
        },
        ranked=func.nullif(table.duration_bin, NO_BIN),
        in_bins=True,
    )


def scans() -> Rows:
    """Read scans of packages."""
    table = history.scans.c
    return Rows(
        table=history.scans,
        time=table.hour,
        per_day=False,
        dimensions={name: table[name] for name in ("status", "verdict", "ecosystem")},
        things=ONE,
        amounts={"score": _amount(table.score), "duration_ms": _amount(table.duration_ms)},
        ranked=table.duration_ms,
    )


def regressions() -> Rows:
    """Read regressions."""
    table = history.regressions.c
    return Rows(
        table=history.regressions,
        time=table.hour,
        per_day=False,
        dimensions={name: table[name] for name in ("service", "status", "confidence", "environment")},
        things=ONE,
        amounts={
            "change_pct": Amount(table.change_pct, ONE),
            "monthly_impact_usd": Amount(table.monthly_impact_usd, ONE),
        },
        ranked=table.monthly_impact_usd,
    )


def spend(tenant: str, span: Span) -> Rows:
    """Read hours of services, of either kind of CloudLink: where both know an hour, the embedded one's counts."""
    table = _costs(tenant, span)
    return Rows(
        table=table,
        time=table.c.hour,
        per_day=False,
        dimensions={name: type_coerce(table.c[name], Key) for name in ("service", "provider", "credential")},
        things=ONE,
        amounts={"cost_usd": Amount(table.c.cost_usd, ONE)},
        ranked=table.c.cost_usd,
    )


def _costs(tenant: str, span: Span) -> FromClause:
    kept, seen, named = cloudlink.costs, history.costs, cloudlink.services
    provider = func.coalesce(named.c.provider, "").label("provider")
    embedded = (
        select(kept.c.tenant, kept.c.hour, kept.c.service, kept.c.credential_id.label("credential"), provider)
        .add_columns(kept.c.cost_usd)
        .join_from(kept, named, and_(named.c.tenant == kept.c.tenant, named.c.name == kept.c.service), isouter=True)
    )
    keys = ("tenant", "service", "hour", "credential_id")
    known = select(kept.c.hour).where(*(kept.c[key] == seen.c[key] for key in keys)).exists()
    shown = select(seen.c.tenant, seen.c.hour, seen.c.service, seen.c.credential_id, seen.c.provider, seen.c.cost_usd)
    within = [
        query.where(table.c.tenant == tenant, table.c.hour >= span.first_hour, table.c.hour < span.end_hour)
        for query, table in ((embedded, kept), (shown.where(~known), seen))
    ]
    return union_all(*within).subquery("costs")
