"""Analytics of a tenant: figures of what the history holds, as the database groups it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Row

from adapters.cloudlink.models import RegressionStatus
from adapters.cloudsigma.models import ExecutionStatus, InputType
from adapters.errors import InvalidInput
from adapters.history import sources
from adapters.history.answers import (
    Answer,
    Distribution,
    ExecutionPoint,
    Measure,
    RegressionPoint,
    ScanPoint,
    SpendPoint,
)
from adapters.history.bins import duration_of
from adapters.history.grouping import MOST_POINTS, PERCENTILES, Question, Rows, figures
from adapters.history.ranges import HOURS, Span, TimeBucket, moment_of, span_of
from adapters.history.recorder import Recorder
from adapters.history.requests import Asked
from adapters.sigil.models import ScanStatus, Verdict
from adapters.store.database import Database

P = TypeVar("P")


class Analytics:
    """Answers for a tenant; what was seen a moment ago is counted, too. All raise InvalidInput."""

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self._database = database
        self._recorder = recorder

    async def executions(self, tenant: str, asked: Asked) -> Answer[ExecutionPoint]:
        """Give figures of executions; by day and longer, percentiles are those of bins."""
        is_exact = asked.bucket is TimeBucket.HOUR
        rows = sources.executions() if is_exact else sources.execution_days()
        return await self._answer(tenant, asked, lambda _: rows, _execution if is_exact else _binned_execution)

    async def package_scans(self, tenant: str, asked: Asked) -> Answer[ScanPoint]:
        """Give figures of scans of packages."""
        return await self._answer(tenant, asked, lambda _: sources.scans(), _scan)

    async def regressions(self, tenant: str, asked: Asked) -> Answer[RegressionPoint]:
        """Give figures of regressions."""
        return await self._answer(tenant, asked, lambda _: sources.regressions(), _regression)

    async def spend(self, tenant: str, asked: Asked) -> Answer[SpendPoint]:
        """Give figures of hourly costs."""
        return await self._answer(tenant, asked, lambda span: sources.spend(tenant, span), _spend)

    async def _answer(
        self, tenant: str, asked: Asked, rows_of: Callable[[Span], Rows], point: Callable[[datetime, Row[Any]], P]
    ) -> Answer[P]:
        span = span_of(asked.since, asked.until, asked.bucket)
        await self._recorder.settle()
        question = Question(
            tenant=tenant, span=span, group_by=asked.group_by, only=asked.only, percentiles=asked.percentiles
        )
        async with self._database.read() as connection:
            found = (await connection.execute(figures(rows_of(span), question))).all()
        if len(found) > MOST_POINTS:
            message = (
                f"groupBy and bucket make over {MOST_POINTS:,} points: group by less, by longer buckets or less time"
            )
            raise InvalidInput("ValidationError", message, "groupBy")
        points = await asyncio.to_thread(lambda: [point(_start(span, row.bucket), row) for row in found])
        return Answer(since=span.since, until=span.until, bucket=span.bucket, points=points)


def _start(span: Span, bucket: int) -> datetime:
    if span.bucket is None:
        return span.since
    return moment_of(bucket if span.bucket is TimeBucket.HOUR else bucket * HOURS)


def _execution(start: datetime, row: Row[Any]) -> ExecutionPoint:
    return _execution_point(start, row, _distribution(row, "duration_ms"))


def _binned_execution(start: datetime, row: Row[Any]) -> ExecutionPoint:
    return _execution_point(start, row, _distribution(row, "duration_ms", duration_of))


def _execution_point(start: datetime, row: Row[Any], duration: Distribution) -> ExecutionPoint:
    status, input_type = _text(row, "status"), _text(row, "input_type")
    return ExecutionPoint(
        bucket_start=start,
        count=row.things,
        status=ExecutionStatus(status) if status else None,
        input_type=InputType(input_type) if input_type else None,
        error_code=_text(row, "error_code"),
        rules_generated=_measure(row, "rules"),
        ttps_extracted=_measure(row, "ttps"),
        processing_time_ms=duration,
    )


def _scan(start: datetime, row: Row[Any]) -> ScanPoint:
    status, verdict = _text(row, "status"), _text(row, "verdict")
    return ScanPoint(
        bucket_start=start,
        count=row.things,
        status=ScanStatus(status) if status else None,
        verdict=Verdict(verdict) if verdict else None,
        ecosystem=_text(row, "ecosystem"),
        score=_measure(row, "score"),
        duration_ms=_distribution(row, "duration_ms"),
    )


def _regression(start: datetime, row: Row[Any]) -> RegressionPoint:
    status = _text(row, "status")
    return RegressionPoint(
        bucket_start=start,
        count=row.things,
        service=_text(row, "service"),
        status=RegressionStatus(status) if status else None,
        confidence=_text(row, "confidence"),
        environment=_text(row, "environment"),
        change_pct=_measure(row, "change_pct"),
        monthly_impact_usd=_distribution(row, "monthly_impact_usd"),
    )


def _spend(start: datetime, row: Row[Any]) -> SpendPoint:
    return SpendPoint(
        bucket_start=start,
        count=row.things,
        service=_text(row, "service"),
        provider=_text(row, "provider"),
        credential=_text(row, "credential"),
        cost_usd=_distribution(row, "cost_usd"),
    )


def _text(row: Row[Any], dimension: str) -> str | None:
    """Give a dimension's value; None where it is not grouped by, or not known."""
    return getattr(row, dimension, None) or None


def _measure(row: Row[Any], name: str) -> Measure:
    return Measure(count=getattr(row, f"{name}_things"), sum=getattr(row, name))


def _distribution(row: Row[Any], name: str, value_of: Callable[[Any], float] = float) -> Distribution:
    ranks = {f"p{percent}": getattr(row, f"p{percent}", None) for percent in PERCENTILES}
    found = {rank: value_of(value) for rank, value in ranks.items() if value is not None}
    return Distribution(count=getattr(row, f"{name}_things"), sum=getattr(row, name), **found)
