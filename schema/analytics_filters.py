"""What analytics are filtered by."""

from __future__ import annotations

import strawberry

from adapters.cloudlink.models import RegressionStatus
from adapters.cloudsigma.models import ExecutionStatus, InputType
from adapters.sigil.models import ScanStatus, Verdict


@strawberry.input(description="Which executions count: those that have one of the values given, of each that is given.")
class ExecutionFilter:
    """Which executions count."""

    status: list[ExecutionStatus] | None = strawberry.field(default=None, description="What has become of them.")
    input_type: list[InputType] | None = strawberry.field(default=None, description="What they were given.")
    error_code: list[str] | None = strawberry.field(default=None, description="Why they failed, at most 100 codes.")


@strawberry.input(description="Which scans count: those that have one of the values given, of each that is given.")
class PackageScanFilter:
    """Which scans count."""

    status: list[ScanStatus] | None = strawberry.field(default=None, description="What has become of them.")
    verdict: list[Verdict] | None = strawberry.field(default=None, description="What their scores mean.")
    ecosystem: list[str] | None = strawberry.field(default=None, description="Whose packages they are.")


@strawberry.input(
    description="Which regressions count: those that have one of the values given, of each that is given."
)
class RegressionAnalyticsFilter:
    """Which regressions count."""

    service: list[str] | None = strawberry.field(default=None, description="Whose cost rose, at most 100 names.")
    status: list[RegressionStatus] | None = strawberry.field(default=None, description="What has become of them.")
    confidence: list[str] | None = strawberry.field(default=None, description="`high`, `medium` and `low`.")
    environment: list[str] | None = strawberry.field(
        default=None, description="Where the deploy went, at most 100 names."
    )


@strawberry.input(description="Which costs count: those that have one of the values given, of each that is given.")
class SpendFilter:
    """Which costs count."""

    service: list[str] | None = strawberry.field(default=None, description="What was paid for, at most 100 names.")
    provider: list[str] | None = strawberry.field(default=None, description="Whose services, at most 100 names.")
    credential: list[str] | None = strawberry.field(default=None, description="Which credentials, at most 100 ids.")
