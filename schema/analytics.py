"""Analytics: figures of executions, package scans, regressions and spend, by time and by what they have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import argument

from adapters.cloudlink.models import RegressionStatus
from adapters.cloudsigma.models import ExecutionStatus, InputType
from adapters.history import answers
from adapters.history.answers import ExecutionDimension, RegressionDimension, ScanDimension, SpendDimension
from adapters.history.ranges import TimeBucket
from adapters.sigil.models import ScanStatus, Verdict
from resolvers import analytics
from resolvers.analytics import Bucket, From, TenantAnalytics, To, asked_of, points
from resolvers.context import Info
from schema.analytics_filters import ExecutionFilter, PackageScanFilter, RegressionAnalyticsFilter, SpendFilter
from schema.cache_control import CacheControl
from schema.cost import Cost
from schema.view import edge, plain, view

BUCKET_START = "When the bucket begins, in UTC; weeks begin on Monday."
DIMENSION = "none where it is not grouped by, or not known."


POINTS = "A point for each bucket and group that there is anything of, oldest bucket first; at most 10,000."
GROUP_BY = "What they are grouped by besides; by nothing else if left out."
READING = Cost(weight="1000")
"""A question may have the database look at a million things."""
KEPT = CacheControl(max_age=60)


@strawberry.type(description="The time that figures are of.")
class Span:
    """The time that figures are of."""

    since: datetime = plain("Since when: `from`, rounded down.")
    until: datetime = plain("Until when: `to`, rounded up.")
    bucket: TimeBucket | None = plain("What times are grouped by.")


@view(answers.Measure, "The sum of a figure over the things that have it.", KEPT)
class Measure:
    """The sum of a figure over the things that have it."""

    count: int = plain("How many things have it.")
    sum: float = plain("The sum.")
    average: float | None = plain("The mean; none where nothing has it.")


@view(
    answers.Distribution,
    "A measure with percentiles: a percentile is the least value that so much of all is not above. "
    "They are exact, but for those of executions by day and longer, which are at most 5 % off.",
    KEPT,
)
class Distribution(Measure):
    """A measure with percentiles."""

    p50: float | None = plain("What half is not above: the median.")
    p90: float | None = plain("What 90 % are not above.")
    p95: float | None = plain("What 95 % are not above.")
    p99: float | None = plain("What 99 % are not above.")


@view(answers.ExecutionPoint, "Figures of the executions of a group that were started in a bucket of time.", KEPT)
class ExecutionPoint:
    """Figures of executions."""

    bucket_start: datetime = plain(BUCKET_START)
    status: ExecutionStatus | None = plain(f"What has become of them; {DIMENSION}")
    input_type: InputType | None = plain(f"What they were given; {DIMENSION}")
    error_code: str | None = plain(f"Why they failed; {DIMENSION}")
    count: int = plain("How many there are.")
    rules_generated: Measure = plain("The rules that they produced.")
    ttps_extracted: Measure = plain("The techniques that they found.")
    processing_time_ms: Distribution = plain("How long they were worked on, in milliseconds, of those that told.")


@view(answers.Answer, "Figures of executions over time.", KEPT)
class ExecutionAnalytics(Span):
    """Figures of executions over time."""

    points: list[ExecutionPoint] = edge(points, POINTS, assumed_size=100)


@view(answers.ScanPoint, "Figures of the scans of packages of a group that were asked for in a bucket of time.", KEPT)
class PackageScanPoint:
    """Figures of scans of packages."""

    bucket_start: datetime = plain(BUCKET_START)
    status: ScanStatus | None = plain(f"What has become of them; {DIMENSION}")
    verdict: Verdict | None = plain(f"What their scores mean; {DIMENSION}")
    ecosystem: str | None = plain(f"Whose packages they are, `npm` or `pypi`; {DIMENSION}")
    count: int = plain("How many there are.")
    score: Measure = plain("The points that they came to, of those that are completed.")
    duration_ms: Distribution = plain("How long they took, in milliseconds, of those that told.")


@view(answers.Answer, "Figures of scans of packages over time.", KEPT)
class PackageScanAnalytics(Span):
    """Figures of scans of packages over time."""

    points: list[PackageScanPoint] = edge(points, POINTS, assumed_size=100)


@view(answers.RegressionPoint, "Figures of the regressions of a group that were detected in a bucket of time.", KEPT)
class RegressionPoint:
    """Figures of regressions."""

    bucket_start: datetime = plain(BUCKET_START)
    service: str | None = plain(f"Whose cost rose, by the service's name; {DIMENSION}")
    status: RegressionStatus | None = plain(f"What has become of them; {DIMENSION}")
    confidence: str | None = plain(f"How sure they are, `high`, `medium` or `low`; {DIMENSION}")
    environment: str | None = plain(f"Where the deploy went; {DIMENSION}")
    count: int = plain("How many there are.")
    change_pct: Measure = plain("How far the hourly cost rose, in percent.")
    monthly_impact_usd: Distribution = plain("What the rises come to over 720 hours, in USD.")


@view(answers.Answer, "Figures of regressions over time.", KEPT)
class RegressionAnalytics(Span):
    """Figures of regressions over time."""

    points: list[RegressionPoint] = edge(points, POINTS, assumed_size=100)


@view(answers.SpendPoint, "Figures of the hourly costs of a group in a bucket of time.", KEPT)
class SpendPoint:
    """Figures of hourly costs."""

    bucket_start: datetime = plain(BUCKET_START)
    service: str | None = plain(f"What was paid for, by the service's name; {DIMENSION}")
    provider: str | None = plain(f"Whose service it is, e.g. `aws`; {DIMENSION}")
    credential: str | None = plain(f"The credential or account that paid; {DIMENSION}")
    count: int = plain("How many hours of services and credentials there are.")
    cost_usd: Distribution = plain("What they cost, in USD: the sum is the spend, the rest is by the hour.")


@view(answers.Answer, "Figures of hourly costs over time.", KEPT)
class SpendAnalytics(Span):
    """Figures of hourly costs over time."""

    points: list[SpendPoint] = edge(points, POINTS, assumed_size=100)


async def _executions(
    root: strawberry.Parent[TenantAnalytics],
    info: Info,
    from_: From = None,
    to: To = None,
    bucket: Bucket = TimeBucket.DAY,
    group_by: Annotated[list[ExecutionDimension] | None, argument(description=GROUP_BY)] = None,
    filter: Annotated[ExecutionFilter | None, argument(description="Which executions count.")] = None,  # noqa: A002 - the graph's name
) -> Any:
    only = vars(filter) if filter is not None else {}
    return await analytics.executions(root, info, asked_of(info, from_, to, bucket, group_by or (), only))


async def _package_scans(
    root: strawberry.Parent[TenantAnalytics],
    info: Info,
    from_: From = None,
    to: To = None,
    bucket: Bucket = TimeBucket.DAY,
    group_by: Annotated[list[ScanDimension] | None, argument(description=GROUP_BY)] = None,
    filter: Annotated[PackageScanFilter | None, argument(description="Which scans count.")] = None,  # noqa: A002 - the graph's name
) -> Any:
    only = vars(filter) if filter is not None else {}
    return await analytics.package_scans(root, info, asked_of(info, from_, to, bucket, group_by or (), only))


async def _regressions(
    root: strawberry.Parent[TenantAnalytics],
    info: Info,
    from_: From = None,
    to: To = None,
    bucket: Bucket = TimeBucket.DAY,
    group_by: Annotated[list[RegressionDimension] | None, argument(description=GROUP_BY)] = None,
    filter: Annotated[RegressionAnalyticsFilter | None, argument(description="Which regressions count.")] = None,  # noqa: A002 - the graph's name
) -> Any:
    only = vars(filter) if filter is not None else {}
    return await analytics.regressions(root, info, asked_of(info, from_, to, bucket, group_by or (), only))


async def _spend(
    root: strawberry.Parent[TenantAnalytics],
    info: Info,
    from_: From = None,
    to: To = None,
    bucket: Bucket = TimeBucket.DAY,
    group_by: Annotated[list[SpendDimension] | None, argument(description=GROUP_BY)] = None,
    filter: Annotated[SpendFilter | None, argument(description="Which costs count.")] = None,  # noqa: A002 - the graph's name
) -> Any:
    only = vars(filter) if filter is not None else {}
    return await analytics.spend(root, info, asked_of(info, from_, to, bucket, group_by or (), only))


@view(
    TenantAnalytics,
    "Figures of what the caller's tenant did, from the gateway's own history: it holds what the gateway has seen, also "
    "what upstreams have forgotten. A bucket in which there is nothing has no point; times are UTC.",
    KEPT,
)
class Analytics:
    """Figures of what the caller's tenant did."""

    executions: ExecutionAnalytics = edge(_executions, "Executions by when they were started.", READING)
    package_scans: PackageScanAnalytics = edge(
        _package_scans, "Scans of packages by when they were asked for.", READING
    )
    regressions: RegressionAnalytics = edge(_regressions, "Regressions by when they were detected.", READING)
    spend: SpendAnalytics = edge(_spend, "Hourly costs of cloud services by their hour.", READING)
