"""What analytics answer: points in time, each with the figures of a group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from adapters.cloudlink.models import RegressionStatus
from adapters.cloudsigma.models import ExecutionStatus, InputType
from adapters.history.ranges import TimeBucket
from adapters.sigil.models import ScanStatus, Verdict

P = TypeVar("P")


class ExecutionDimension(StrEnum):
    """What executions are grouped by; the value names the column."""

    STATUS = "status"
    INPUT_TYPE = "input_type"
    ERROR_CODE = "error_code"


class ScanDimension(StrEnum):
    """What scans are grouped by."""

    STATUS = "status"
    VERDICT = "verdict"
    ECOSYSTEM = "ecosystem"


class RegressionDimension(StrEnum):
    """What regressions are grouped by."""

    SERVICE = "service"
    STATUS = "status"
    CONFIDENCE = "confidence"
    ENVIRONMENT = "environment"


class SpendDimension(StrEnum):
    """What spend is grouped by."""

    SERVICE = "service"
    PROVIDER = "provider"
    CREDENTIAL = "credential"


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of a figure over the `count` things that have it."""

    count: int
    sum: float

    @property
    def average(self) -> float | None:
        """The mean of the things that have it."""
        return self.sum / self.count if self.count else None


class Distribution(Measure, frozen=True, kw_only=True):
    """A measure with percentiles; they are None where they were not asked for, or there is nothing to rank."""

    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a group in the bucket that begins at `bucket_start`."""

    bucket_start: datetime
    count: int


class ExecutionPoint(Point, frozen=True, kw_only=True):
    """Figures of executions; a dimension is None where it is not grouped by, or not known."""

    status: ExecutionStatus | None = None
    input_type: InputType | None = None
    error_code: str | None = None
    rules_generated: Measure
    ttps_extracted: Measure
    processing_time_ms: Distribution


class ScanPoint(Point, frozen=True, kw_only=True):
    """Figures of scans of packages."""

    status: ScanStatus | None = None
    verdict: Verdict | None = None
    ecosystem: str | None = None
    score: Measure
    duration_ms: Distribution


class RegressionPoint(Point, frozen=True, kw_only=True):
    """Figures of regressions."""

    service: str | None = None
    status: RegressionStatus | None = None
    confidence: str | None = None
    environment: str | None = None
    change_pct: Measure
    monthly_impact_usd: Distribution


class SpendPoint(Point, frozen=True, kw_only=True):
    """Figures of hourly costs."""

    service: str | None = None
    provider: str | None = None
    credential: str | None = None
    cost_usd: Distribution


class Answer(msgspec.Struct, Generic[P], frozen=True, kw_only=True):
    """The points of a time that was rounded out to whole hours or days."""

    since: datetime
    until: datetime
    bucket: TimeBucket | None
    points: Sequence[P]
