"""Analytics of the caller's tenant: how executions, scans, regressions and costs are grouped and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import strawberry
from strawberry import argument
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField

from adapters.errors import InvalidInput
from adapters.history.answers import Answer, ExecutionPoint, RegressionPoint, ScanPoint, SpendPoint
from adapters.history.grouping import PERCENTILES
from adapters.history.ranges import TimeBucket
from adapters.history.requests import Asked
from resolvers.context import Info
from resolvers.moments import in_utc
from resolvers.problems import graph_field

MOST_VALUES = 100
RANKS = frozenset(f"p{percent}" for percent in PERCENTILES)

From = Annotated[
    datetime | None,
    argument(
        name="from",
        description="Since when, in UTC where it names no zone, rounded down to the hour or the day; "
        "30 days before `to` if left out.",
    ),
]
To = Annotated[datetime | None, argument(description="Until when, rounded up to the hour or the day; now if left out.")]
Bucket = Annotated[TimeBucket | None, argument(description="What times are grouped by; null puts all in one bucket.")]


class TenantAnalytics(msgspec.Struct, frozen=True):
    """Whose analytics are asked for."""

    tenant: str


def analytics(info: Info) -> TenantAnalytics:
    """Give the analytics of the caller's tenant."""
    return TenantAnalytics(info.context.principal.tenant)


async def executions(root: TenantAnalytics, info: Info, asked: Asked) -> Answer[ExecutionPoint]:
    """Give figures of executions."""
    return await info.context.services.analytics.executions(root.tenant, asked)


async def package_scans(root: TenantAnalytics, info: Info, asked: Asked) -> Answer[ScanPoint]:
    """Give figures of scans of packages."""
    return await info.context.services.analytics.package_scans(root.tenant, asked)


async def regressions(root: TenantAnalytics, info: Info, asked: Asked) -> Answer[RegressionPoint]:
    """Give figures of regressions."""
    return await info.context.services.analytics.regressions(root.tenant, asked)


async def spend(root: TenantAnalytics, info: Info, asked: Asked) -> Answer[SpendPoint]:
    """Give figures of hourly costs."""
    return await info.context.services.analytics.spend(root.tenant, asked)


def points(root: strawberry.Parent[Answer[Any]]) -> Sequence[Any]:
    """Give the points of an answer."""
    return root.points


def asked_of(
    info: Info,
    since: datetime | None,
    until: datetime | None,
    bucket: TimeBucket | None,
    group_by: Sequence[StrEnum],
    only: Mapping[str, Sequence[str] | None],
) -> Asked:
    """Say what is asked: values are those of the wire, and percentiles are only reckoned where they are selected.

    Raises InvalidInput for a filter of more than a hundred values.
    """
    wanted = {name: [str(value) for value in values] for name, values in only.items() if values is not None}
    for name, values in wanted.items():
        if len(values) > MOST_VALUES:
            field = f"filter.{graph_field(name)}"
            raise InvalidInput(
                "ValidationError", f"{field} has {len(values)} values: give at most {MOST_VALUES}", field
            )
    return Asked(
        since=in_utc(since),
        until=in_utc(until),
        bucket=bucket,
        group_by=tuple(dimension.value for dimension in group_by),
        only=wanted,
        percentiles=_selects(info.selected_fields, RANKS),
    )


def _selects(selected: Iterable[Any], names: frozenset[str]) -> bool:
    """Say whether one of these fields is selected, however deep."""
    for field in selected:
        if isinstance(field, SelectedField) and field.name in names:
            return True
        if isinstance(field, SelectedField | InlineFragment | FragmentSpread) and _selects(field.selections, names):
            return True
    return False
