"""What a month costs: what is spent of it, and what its end will come to if the last week goes on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from adapters.cloudlink.local.costs import CostRecords
from adapters.cloudlink.local.hours import hour_number
from adapters.store.cloudlink import costs, services
from adapters.store.database import Database

WEEK = 168
"""Hours of a week."""
DECEMBER = 12
KEPT = 500
"""Of how many tenants what was summed up is kept."""


@dataclass(frozen=True)
class Month:
    """A calendar month in UTC: `name` is written as 2026-11, the hours are numbers, the end exclusive."""

    name: str
    first_hour: int
    end_hour: int


@dataclass(frozen=True)
class Spend:
    """USD of a month until now, and until its end; the latter is None where the last week is unknown."""

    usd: float = 0.0
    projected_usd: float | None = None


@dataclass(frozen=True)
class _Known:
    """What a service cost in the last known week, and in the part of it that the month's end begins anew."""

    first_hour: int
    week_usd: float
    part_usd: float


@dataclass(frozen=True)
class _Rest:
    """The month's hours that are not known yet: so many times the week that ends at `known_end`, and a part of it."""

    known_end: int
    hours: int
    weeks: int
    part: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Latest:
    """The revision of a tenant's costs, and the newest hour that they reach."""

    revision: int
    hour: int


class Spending:
    """Reads what months cost."""

    def __init__(self, database: Database, costs: CostRecords) -> None:
        self._database = database
        self._costs = costs
        self._kept: OrderedDict[str, tuple[tuple[_Latest, int], dict[str, Spend]]] = OrderedDict()

    async def until_now(self, tenant: str, month: Month) -> dict[str, float]:
        """Give what each service has cost in a month."""
        return await self._costs.spent(tenant, month.first_hour, month.end_hour)

    async def of_month(self, tenant: str, now: datetime) -> Mapping[str, Spend]:
        """Give what each service has cost in the month, and what it will have cost at the end.

        The hours to come cost what the same hours of the week cost last, so nights and weekends count as what they are.
        Those of a service that began within the last known week cost its mean. Costs are summed up once a change.
        """
        latest = await self._latest(tenant)
        if latest is None:
            return {}
        state = (latest, hour_number(now))
        if tenant not in self._kept or self._kept[tenant][0] != state:
            self._kept[tenant] = (state, await self._sum_up(tenant, latest.hour + 1, now))
        self._kept.move_to_end(tenant)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[tenant][1]

    async def _latest(self, tenant: str) -> _Latest | None:
        newest = select(func.max(services.c.revision), func.max(services.c.last_hour))
        async with self._database.read() as connection:
            revision, hour = (await connection.execute(newest.where(services.c.tenant == tenant))).one()
        return None if revision is None else _Latest(revision, hour)

    async def _sum_up(self, tenant: str, end: int, now: datetime) -> dict[str, Spend]:
        month = month_of(now)
        spent = await self.until_now(tenant, month)
        rest = _rest(month, end) if end >= hour_number(now) - WEEK else None
        known = await self._last_week(tenant, rest) if rest else {}
        return {
            service: Spend(usd, _projected(usd, known.get(service), rest) if rest else None)
            for service, usd in {**dict.fromkeys(known, 0.0), **spent}.items()
        }

    async def _last_week(self, tenant: str, rest: _Rest) -> Mapping[str, _Known]:
        # One week more is read, which tells a service that rests at times from one that has just begun.
        since = rest.known_end - 2 * WEEK
        query = select(
            costs.c.service,
            func.min(costs.c.hour).label("first_hour"),
            _usd((rest.known_end - WEEK, rest.known_end)).label("week_usd"),
            _usd(*rest.part).label("part_usd"),
        )
        query = query.where(costs.c.tenant == tenant, costs.c.hour >= since, costs.c.hour < rest.known_end)
        async with self._database.read() as connection:
            rows = await connection.execute(query.group_by(costs.c.service))
            return {row.service: _Known(row.first_hour, row.week_usd, row.part_usd) for row in rows}


def month_of(moment: datetime) -> Month:
    """Give the month that a moment lies in."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (
        first.replace(year=first.year + 1, month=1) if first.month == DECEMBER else first.replace(month=first.month + 1)
    )
    return Month(f"{first:%Y-%m}", hour_number(first), hour_number(following))


def _rest(month: Month, end: int) -> _Rest:
    known_end = min(end, month.end_hour)
    begins = max(known_end, month.first_hour)
    weeks, part = divmod(month.end_hour - begins, WEEK)
    start = known_end - WEEK + (begins - known_end) % WEEK
    wrapped = max(0, start + part - known_end)
    ranges = ((start, min(start + part, known_end)), (known_end - WEEK, known_end - WEEK + wrapped))
    return _Rest(known_end, month.end_hour - begins, weeks, ranges)


def _projected(spent: float, known: _Known | None, rest: _Rest) -> float:
    if known is None:
        return spent
    week = rest.known_end - WEEK
    if known.first_hour <= week:
        return spent + rest.weeks * known.week_usd + known.part_usd
    return spent + rest.hours * known.week_usd / (rest.known_end - known.first_hour)


def _usd(*ranges: tuple[int, int]) -> ColumnElement[float]:
    within = or_(*(and_(costs.c.hour >= first, costs.c.hour < end) for first, end in ranges))
    return func.sum(case((within, costs.c.cost_usd), else_=0.0))
