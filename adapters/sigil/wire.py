"""Requests and answers on Sigil's documented paths, as `rest.py` reads and `server.py` writes them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

import msgspec

from adapters.sigil.models import Finding, Phase, PhaseName, Policy, PolicyResult, Scan, ScanError, ScanStatus, Verdict

T = TypeVar("T")

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone: one without can't be compared."""


class PhaseStatus(StrEnum):
    """Whether a phase has ended."""

    PENDING = "pending"
    COMPLETED = "completed"


class ScanBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of POST /v1/scans; `force` scans anew what was scanned before."""

    target: str
    policy: str = "default"
    force: bool = False


class PhaseAnswer(Phase, frozen=True, kw_only=True):
    """A phase; all six are always there, those that have not ended yet as pending."""

    status: PhaseStatus = PhaseStatus.PENDING


class PhaseShape(msgspec.Struct, frozen=True, kw_only=True):
    """A phase as it is read; an upstream may not say whether it has ended."""

    score: int = 0
    findings: tuple[Finding, ...] = ()
    status: PhaseStatus | None = None


class ScanShape(msgspec.Struct, frozen=True, kw_only=True):
    """A scan as it is read; phases of other names than ours are left out."""

    id: str
    status: ScanStatus
    target: str
    created_at: Moment
    score: int | None = None
    verdict: Verdict | None = None
    phases: dict[str, PhaseShape] = {}
    duration_ms: int | None = None
    finished_at: Moment | None = None
    ecosystem: str | None = None
    package_name: str | None = None
    package_version: str | None = None
    known_threats: tuple[str, ...] = ()
    error: ScanError | None = None
    policy_result: PolicyResult | None = None


class ScanAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A scan."""

    id: str
    status: ScanStatus
    target: str
    score: int | None
    verdict: Verdict | None
    phases: dict[PhaseName, PhaseAnswer]
    duration_ms: int | None
    created_at: datetime
    finished_at: datetime | None
    ecosystem: str | None
    package_name: str | None
    package_version: str | None
    known_threats: tuple[str, ...]
    error: ScanError | None
    policy_result: PolicyResult | None


class EvaluateBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of POST /v1/policies/evaluate: one of `scan_id` and `scan`."""

    policy: str | Policy
    scan_id: str | None = None
    scan: ScanShape | None = None


class Numbered(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page by its number, from 1."""

    items: list[T]
    total: int
    page: int = 1
    per_page: int = 20


class Team(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """GET /v1/team/members."""

    items: list[T]
    total: int = 0


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What an error answer says; `status` is HTTP's."""

    code: str
    message: str = ""
    status: int = 0


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope of an error."""

    error: Problem


def answer_of(scan: Scan) -> ScanAnswer:
    """Write a scan as the wire has it."""
    done = {
        name: PhaseAnswer(score=phase.score, findings=phase.findings, status=PhaseStatus.COMPLETED)
        for name, phase in scan.phases.items()
    }
    fields = {name: getattr(scan, name) for name in ScanAnswer.__struct_fields__}
    return ScanAnswer(**fields | {"phases": {name: done.get(name, PhaseAnswer()) for name in PhaseName}})
