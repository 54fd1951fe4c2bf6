"""What the history keeps of a thing: enough to count it, nothing that says whose it is or what it holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from adapters.cloudlink.models import CostRecord, CostSnapshot, Regression, RegressionStatus
from adapters.cloudsigma.models import Execution, ExecutionStatus
from adapters.packages import package_of
from adapters.sigil.models import Scan, ScanStatus

LARGEST = 2**31 - 1
LARGEST_AMOUNT = 1e15
"""Of USD or percent: as many as there may be can be summed up without an overflow."""
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LONGEST_CODE = 64
LONGEST_NAME = 256
EXECUTION_STANDINGS = {ExecutionStatus.RUNNING: 0, ExecutionStatus.SUCCEEDED: 1, ExecutionStatus.FAILED: 1}
SCAN_STANDINGS = {ScanStatus.QUEUED: 0, ScanStatus.RUNNING: 1, ScanStatus.COMPLETED: 2, ScanStatus.FAILED: 2}
REGRESSION_STANDINGS = {RegressionStatus.OPEN: 0, RegressionStatus.ACKNOWLEDGED: 1, RegressionStatus.RESOLVED: 2}


Identity = tuple[str | int, ...]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the history: `hour` counts hours since 1970, a text is empty and a number None for what is unknown."""

    tenant: str
    hour: int

    @property
    def identity(self) -> Identity:
        """Which thing of its kind it is: the natural key of its row."""
        raise NotImplementedError


class StandingFact(Fact, frozen=True, kw_only=True):
    """What becomes of a thing that its service names by `key`: its `standing` never falls."""

    key: str
    standing: int
    status: str

    @property
    def identity(self) -> Identity:
        """Whose it is, and its service's name of it."""
        return self.tenant, self.key


class ExecutionFact(StandingFact, frozen=True, kw_only=True):
    """An execution; `duration_ms` is how long it was worked on."""

    input_type: str = ""
    error_code: str = ""
    rules: int | None = None
    ttps: int | None = None
    duration_ms: int | None = None


class ScanFact(StandingFact, frozen=True, kw_only=True):
    """A scan of a package."""

    verdict: str = ""
    ecosystem: str = ""
    score: int | None = None
    duration_ms: int | None = None


class RegressionFact(StandingFact, frozen=True, kw_only=True):
    """A regression."""

    service: str
    confidence: str = ""
    environment: str = ""
    change_pct: float
    monthly_impact_usd: float


class CostFact(Fact, frozen=True, kw_only=True):
    """What a service cost in an hour, of one credential."""

    service: str
    credential_id: str = ""
    provider: str = ""
    cost_usd: float

    @property
    def identity(self) -> Identity:
        """Whose it is, and what was paid for when."""
        return self.tenant, self.service, self.hour, self.credential_id


F = TypeVar("F", bound=Fact)


def merged(known: F, seen: F) -> F:
    """Give what is known after something was seen: what has come further counts, and keeps what only the other says."""
    if known == seen:
        return known
    later, earlier = (known, seen) if _standing(known) > _standing(seen) else (seen, known)
    kept = {name: value for name in later.__struct_fields__ if (value := getattr(earlier, name)) not in (None, "")}
    missing = {name: value for name, value in kept.items() if getattr(later, name) in (None, "")}
    return msgspec.structs.replace(later, **missing) if missing else later


def execution_fact(tenant: str, execution: Execution) -> ExecutionFact:
    """Say what is kept of an execution."""
    return ExecutionFact(
        tenant=tenant,
        key=_text(execution.arn, 200),
        hour=hour_of(execution.started_at),
        standing=EXECUTION_STANDINGS[execution.status],
        status=execution.status.value,
        input_type=execution.input_type.value if execution.input_type else "",
        error_code=error_code(execution.error_code),
        rules=_number(execution.rules_generated) or None,
        ttps=_number(execution.ttps_extracted) or None,
        duration_ms=_number(execution.processing_time_ms),
    )


def scan_fact(tenant: str, scan: Scan) -> ScanFact:
    """Say what is kept of a scan."""
    return ScanFact(
        tenant=tenant,
        key=_text(scan.id, 64),
        hour=hour_of(scan.created_at),
        standing=SCAN_STANDINGS[scan.status],
        status=scan.status.value,
        verdict=scan.verdict.value if scan.verdict else "",
        ecosystem=_text(scan.ecosystem or package_of(scan.target).ecosystem, 16),
        score=_number(scan.score),
        duration_ms=_number(scan.duration_ms),
    )


def regression_fact(tenant: str, regression: Regression) -> RegressionFact:
    """Say what is kept of a regression."""
    return RegressionFact(
        tenant=tenant,
        key=_text(regression.id, 64),
        hour=hour_of(regression.detected_at),
        standing=REGRESSION_STANDINGS[regression.status],
        status=regression.status.value,
        service=_text(regression.service, LONGEST_NAME),
        confidence=_text(regression.confidence, 16),
        environment=_text(regression.environment, 128),
        change_pct=amount(regression.change_pct),
        monthly_impact_usd=amount(regression.monthly_impact_usd),
    )


def cost_fact(tenant: str, cost: CostSnapshot | CostRecord) -> CostFact:
    """Say what is kept of an hour's cost; only what is pushed in names the provider."""
    return CostFact(
        tenant=tenant,
        service=_text(cost.service, LONGEST_NAME),
        hour=hour_of(cost.hour),
        credential_id=_text(cost.credential_id, 64),
        provider=_text(cost.provider, 32) if isinstance(cost, CostRecord) else "",
        cost_usd=amount(cost.cost_usd),
    )


def error_code(code: str | None) -> str:
    """Give a code that is short enough to group by; an upstream may put a whole sentence in its place."""
    return _text(code, LONGEST_CODE)


def amount(value: float) -> float:
    """Keep an amount within what can be summed up."""
    return max(-LARGEST_AMOUNT, min(value, LARGEST_AMOUNT))


def hour_of(moment: datetime) -> int:
    """Count the hours since 1970, the first one for what is earlier; a moment without a zone is in UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp()) // 3600)


def _standing(fact: Fact) -> int:
    return fact.standing if isinstance(fact, StandingFact) else 0


def _number(value: Any) -> int | None:
    """Keep a number within what every database takes."""
    return None if value is None else max(0, min(int(value), LARGEST))


def _text(value: str | None, most: int) -> str:
    """Keep a text within what every database takes."""
    if not value:
        return ""
    kept = value[:most]
    return kept if kept.isascii() and "\x00" not in kept else UNSTORABLE.sub("\ufffd", kept)
