"""The limits that a scan meets: the plan, scans a month by plan, and how many may wait at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.errors import LimitExceeded, NotAllowed
from adapters.principal import Principal
from adapters.sigil.local.records import UNFINISHED
from adapters.store.sigil import scans

SCANS_PER_MONTH: Mapping[str, int | None] = MappingProxyType({"pro": 500, "team": 5_000, "enterprise": None})
"""By plan; None is no limit, and a plan that is not named has no scans."""
UNFINISHED_OF_A_TENANT = 500
UNFINISHED_AT_ONCE = 5_000
"""Scans of all tenants that are queued or run: so many take some 60 MB."""


def require_plan(principal: Principal, *, team: bool = False) -> None:
    """Raise NotAllowed unless a caller's plan holds Sigil, or what only teams have; no plan bars nothing."""
    plans = set(SCANS_PER_MONTH) - ({"pro"} if team else set())
    if principal.tier is not None and principal.tier not in plans:
        raise NotAllowed("plan_required", f"This needs the plan {'Team' if team else 'Pro'} or a higher one")


async def admit(connection: AsyncConnection, principal: Principal) -> None:
    """Let a scan start or raise LimitExceeded; in one transaction with recording it, so that none slips by."""
    await _require_room(connection, principal)
    limit = SCANS_PER_MONTH[principal.tier] if principal.tier is not None else None
    if limit is None:
        return
    now = datetime.now(UTC)
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if await _count(connection, scans.c.tenant == principal.tenant, scans.c.created_at >= start) >= limit:
        next_month = (start + timedelta(days=32)).replace(day=1)
        wait = math.ceil((next_month - now).total_seconds())
        message = f"The month's {limit:,} scans are used up. Retry after {wait} seconds."
        raise LimitExceeded("rate_limit_exceeded", message, limit, wait)


async def _require_room(connection: AsyncConnection, principal: Principal) -> None:
    mine = func.count().filter(scans.c.tenant == principal.tenant)
    query = select(func.count(), mine).where(scans.c.status.in_(UNFINISHED))
    of_all, of_the_tenant = (await connection.execute(query)).one()
    if of_the_tenant >= UNFINISHED_OF_A_TENANT:
        whose, limit = "of your tenant", UNFINISHED_OF_A_TENANT
    elif of_all >= UNFINISHED_AT_ONCE:
        whose, limit = "of all tenants", UNFINISHED_AT_ONCE
    else:
        return
    message = f"{limit:,} scans {whose} are running or queued, the most at once: try again when some have ended"
    raise LimitExceeded("rate_limit_exceeded", message, limit, 10)


async def _count(connection: AsyncConnection, *wanted: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(scans).where(*wanted)
    return int((await connection.execute(query)).scalar_one())
