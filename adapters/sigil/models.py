"""Sigil's wire shapes as typed models; unknown fields are ignored when they are decoded."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from adapters.confidence import Confidence


class ScanStatus(StrEnum):
    """What has become of a scan."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Verdict(StrEnum):
    """What a score means, from harmless to hostile."""

    CLEAN = "clean"
    LOW_RISK = "low_risk"
    MEDIUM_RISK = "medium_risk"
    HIGH_RISK = "high_risk"
    CRITICAL_RISK = "critical_risk"


class PhaseName(StrEnum):
    """The six phases of a scan, in the order of the wire."""

    INSTALL_HOOKS = "install_hooks"
    CODE_PATTERNS = "code_patterns"
    NETWORK_EXFIL = "network_exfil"
    CREDENTIALS = "credentials"
    OBFUSCATION = "obfuscation"
    PROVENANCE = "provenance"


class Severity(StrEnum):
    """How grave a finding is."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something a phase found: `line` counts from 1, `snippet` holds at most 500 characters of the offending code.

    `weight` is what the finding adds to its phase's score.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    file: str
    description: str
    line: int | None = None
    snippet: str | None = None
    weight: float = 0.0


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A phase's result."""

    score: int = 0
    findings: tuple[Finding, ...] = ()


class ScanError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a scan failed."""

    code: str
    message: str


class PolicyViolation(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of a policy that a scan breaks."""

    rule: str
    message: str
    severity: Severity | None = None
    actual: str | None = None
    expected: str | None = None


class PolicyResult(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a scan passes a policy; `policy` is its name."""

    policy: str
    passed: bool
    result: str
    violations: tuple[PolicyViolation, ...] = ()
    evaluated_at: datetime | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a scan must keep to; names of packages may hold globs and, after `@` or `==`, version ranges."""

    name: str
    max_score: int | None = None
    max_severity: Severity | None = None
    blocked_packages: tuple[str, ...] = ()
    allowed_packages: tuple[str, ...] = ()
    phase_limits: dict[PhaseName, int] = {}
    require_phases: tuple[PhaseName, ...] = ()


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan of a package; until it is completed, `score` and `verdict` are None and phases come as they end."""

    id: str
    status: ScanStatus
    target: str
    created_at: datetime
    score: int | None = None
    verdict: Verdict | None = None
    phases: dict[PhaseName, Phase] = {}
    duration_ms: int | None = None
    finished_at: datetime | None = None
    ecosystem: str | None = None
    package_name: str | None = None
    package_version: str | None = None
    known_threats: tuple[str, ...] = ()
    error: ScanError | None = None
    policy_result: PolicyResult | None = None

    @property
    def finished(self) -> bool:
        """Whether the status is terminal."""
        return self.status in (ScanStatus.COMPLETED, ScanStatus.FAILED)


class Threat(msgspec.Struct, frozen=True, kw_only=True):
    """A package known to be malicious; no `versions` means all of them."""

    id: str
    package_name: str
    ecosystem: str
    threat_type: str
    severity: Severity
    description: str
    source: str
    versions: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    reported_at: datetime | None = None


class MemberScans(msgspec.Struct, frozen=True, kw_only=True):
    """A member's scan activity."""

    total: int = 0
    last_30_days: int = 0
    last_scan_at: datetime | None = None


class TeamMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the team; `role` is owner, admin or member."""

    id: str
    email: str
    name: str
    role: str
    created_at: datetime
    scans: MemberScans = MemberScans()
