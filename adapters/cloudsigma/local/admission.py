"""The documented limits: executions a minute and a day, rules a month, by tier."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.cloudsigma.models import ExecutionStatus, Usage
from adapters.errors import LimitExceeded
from adapters.principal import Principal
from adapters.store.cloudsigma import executions

EXECUTIONS_PER_MINUTE = 5
EXECUTIONS_PER_DAY = 250
RUNNING_AT_ONCE = 500
UNLIMITED = -1
RULES_PER_MONTH = {"free": 20, "pro": UNLIMITED, "team": UNLIMITED, "enterprise": UNLIMITED}


async def admit(connection: AsyncConnection, principal: Principal) -> None:
    """Let an execution start or raise LimitExceeded; in one transaction with recording it, so that none slips by."""
    running = await _count(connection, executions.c.status == ExecutionStatus.RUNNING.value)
    if running >= RUNNING_AT_ONCE:
        raise LimitExceeded(
            "RateLimitExceeded", f"{running} executions are running already: try again when some have ended",
            RUNNING_AT_ONCE, 10,
        )  # fmt: skip
    if principal.tier is None:
        return
    now = datetime.now(UTC)
    mine = executions.c.owner == principal.id
    last_minute = await _count(connection, mine, executions.c.started_at > now - timedelta(minutes=1))
    if last_minute >= EXECUTIONS_PER_MINUTE:
        oldest = await _oldest_since(connection, principal, now - timedelta(minutes=1))
        wait = _seconds_until(oldest + timedelta(minutes=1), now)
        raise LimitExceeded(
            "RateLimitExceeded", f"At most {EXECUTIONS_PER_MINUTE} executions a minute: try again in {wait} s",
            EXECUTIONS_PER_MINUTE, wait,
        )  # fmt: skip
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    with_this_key = (executions.c.api_key == principal.key, executions.c.started_at >= today)
    if principal.key is not None and await _count(connection, *with_this_key) >= EXECUTIONS_PER_DAY:
        wait = _seconds_until(today + timedelta(days=1), now)
        raise LimitExceeded(
            "DailyLimitExceeded", f"At most {EXECUTIONS_PER_DAY} executions a day: try again after midnight UTC",
            EXECUTIONS_PER_DAY, wait,
        )  # fmt: skip
    if await remaining_rules(connection, principal) == 0:
        raise monthly_limit_reached(principal)


def monthly_limit_reached(principal: Principal) -> LimitExceeded:
    """Say that the month's rules are used up, and when the next month begins."""
    now = datetime.now(UTC)
    next_month = (month_start(now) + timedelta(days=32)).replace(day=1)
    limit = RULES_PER_MONTH[principal.tier or "enterprise"]
    message = "Monthly rule generation limit reached"
    return LimitExceeded("TierLimitExceeded", message, limit, _seconds_until(next_month, now))


async def remaining_rules(connection: AsyncConnection, principal: Principal) -> int | None:
    """Say how many rules are left this month; None where no limit applies."""
    usage = await usage_of(connection, principal)
    return None if usage.limit == UNLIMITED else max(0, usage.limit - usage.used)


async def usage_of(connection: AsyncConnection, principal: Principal) -> Usage:
    """Count the rules of this month, UTC."""
    start = month_start(datetime.now(UTC))
    total = select(func.coalesce(func.sum(executions.c.rules_generated), 0))
    total = total.where(executions.c.owner == principal.id, executions.c.started_at >= start)
    used = int((await connection.execute(total)).scalar_one())
    tier = principal.tier or "enterprise"
    return Usage(used=used, limit=RULES_PER_MONTH[tier], tier=tier, period_start=start)


def month_start(now: datetime) -> datetime:
    """Give the first moment of a moment's month."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _seconds_until(moment: datetime, now: datetime) -> int:
    return max(1, math.ceil((moment - now).total_seconds()))


async def _count(connection: AsyncConnection, *wanted: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(executions).where(*wanted)
    return int((await connection.execute(query)).scalar_one())


async def _oldest_since(connection: AsyncConnection, principal: Principal, moment: datetime) -> datetime:
    query = select(func.min(executions.c.started_at))
    query = query.where(executions.c.owner == principal.id, executions.c.started_at > moment)
    oldest: datetime = (await connection.execute(query)).scalar_one()
    return oldest
