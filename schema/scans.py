"""Scans of Sigil, what they find, and what is known of packages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from adapters import paging
from adapters.confidence import Confidence
from adapters.events import watching
from adapters.sigil import models
from adapters.sigil.models import PhaseName, ScanStatus, Severity, Verdict
from resolvers import origins, scan_kinds, scans
from resolvers.cursor import Cursor
from schema.cache_control import CacheControl
from schema.node import Conflict, InvalidInput, LimitExceeded, Node, NotAllowed, NotFound, PageInfo
from schema.view import edge, plain, view

if TYPE_CHECKING:
    from schema.executions import Execution
    from schema.regressions import Deploy


@strawberry.interface(description="A look for trouble: in a package, or in a cloud account.")
class Scan(Node):
    """A look for trouble."""

    status: ScanStatus = plain("What has become of it.")
    started_at: datetime = plain("When it was asked for.", source="created_at")
    finished_at: datetime | None = plain("When it ended.")
    duration_ms: int | None = plain("How long it took, in milliseconds.")
    error: str | None = edge(scans.error_of_scan, "Why it failed, as a sentence.")


@view(models.Finding, "Something that a phase found.")
class Finding:
    """Something that a phase found."""

    rule: str = plain("The rule that matched.")
    phase: PhaseName = plain("The phase it belongs to.")
    severity: Severity = plain("How grave it is.")
    confidence: Confidence = plain("How sure it is.")
    file: str = plain("The file within the package.")
    line: int | None = plain("The line, from 1.")
    snippet: str | None = plain("The offending code, at most 500 characters.")
    description: str = plain("What it means.")


@view(scans.ScanPhase, "A phase of a scan.")
class ScanPhase:
    """A phase of a scan."""

    name: PhaseName = plain("The phase.")
    score: int = plain("What it adds to the scan's score.")
    findings: list[Finding] = plain("What it found.")


@view(models.PolicyViolation, "A rule of a policy that a scan breaks.")
class PolicyViolation:
    """A rule of a policy that a scan breaks."""

    rule: str = plain("The rule of the policy.")
    message: str = plain("How it is broken.")
    severity: Severity | None = plain("How grave that is.")


@view(models.PolicyResult, "Whether a scan passes a policy.")
class PolicyResult:
    """Whether a scan passes a policy."""

    policy: str = plain("The policy's name.")
    passed: bool = plain("Whether it passes.")
    violations: list[PolicyViolation] = plain("Why not.")


@view(models.Threat, "A package known to be malicious.", CacheControl(max_age=60))
class Threat(Node):
    """A package known to be malicious."""

    id: strawberry.ID = edge(scans.threat_global_id, "The global id, for `node`.")
    package_name: str = plain("The package.")
    ecosystem: str = plain("Where it was published: `npm` or `pypi`.")
    versions: list[str] = plain("The malicious versions; none means all.")
    threat_type: str = plain("What kind of threat it is.")
    severity: Severity = plain("How grave it is.")
    description: str = plain("What is known.")
    indicators: list[str] = plain("Indicators that go with it.")
    references: list[str] = plain("Where to read on.")
    reported_at: datetime | None = plain("When it was reported.")
    scans: list[Annotated[PackageScan, strawberry.lazy("schema.scans")]] = edge(
        scans.scans_of_threat, "The caller's scans of the package, newest first."
    )
    executions: list[Annotated[Execution, strawberry.lazy("schema.executions")]] = edge(
        origins.executions_of_threat, "The caller's executions that were asked for from it: the rules that catch it."
    )


@view(models.Scan, "A scan of a package for supply-chain attacks.")
class PackageScan(Scan):
    """A scan of a package for supply-chain attacks."""

    id: strawberry.ID = edge(scans.scan_global_id, "The global id, for `node`.")
    scan_id: str = plain("The service's own id.", source="id")
    target: str = plain("What was asked for, e.g. `npm:express@4.18.2`.")
    ecosystem: str = edge(scans.ecosystem_of_scan, "Where it is published: `npm` or `pypi`.")
    package_name: str = edge(scans.name_of_scan, "The package.")
    package_version: str | None = plain("The version that was scanned.")
    score: int | None = plain("The sum of the phases' scores, from 0.")
    verdict: Verdict | None = plain("What the score means.")
    phases: list[ScanPhase] = edge(scans.phases_of_scan, "The phases that are done.")
    findings: list[Finding] = edge(scans.findings_of_scan, "What all phases found, gravest first.")
    evaluate: PolicyResult = edge(scans.evaluate_scan, "Whether it passes a policy.")
    threats: list[Threat] = edge(scans.threats_of_scan, "The known threats that this version is.")
    deploys: list[Annotated[Deploy, strawberry.lazy("schema.regressions")]] = edge(
        scans.deploys_of_scan, "The caller's deploys that shipped this version, newest first."
    )
    executions: list[Annotated[Execution, strawberry.lazy("schema.executions")]] = edge(
        origins.executions_of_scan, "The caller's executions that were asked for from it: the rules that catch it."
    )


@view(models.TeamMember, "A member of the caller's team.", CacheControl(max_age=60))
class TeamMember:
    """A member of the caller's team."""

    id: strawberry.ID = plain("The member's id.")
    email: str = plain("The member's address.")
    name: str = plain("The member's name.")
    role: str = plain("`owner`, `admin` or `member`.")
    created_at: datetime = plain("Since when.")
    scans_total: int = edge(scans.member_scans_total, "How many scans the member has asked for.")
    last_scan_at: datetime | None = edge(scans.member_last_scan, "When the member asked for a scan last.")


@view(paging.Edge, "A scan and where it stands.")
class ScanEdge:
    """A scan and where it stands."""

    node: Scan = plain("The scan.")
    cursor: str = plain("Where it stands, for `after` and `before`.")


@view(paging.Page, "A page of scans, newest first.")
class ScanConnection:
    """A page of scans, newest first."""

    edges: list[ScanEdge] = plain("The scans, with cursors.")
    nodes: list[Scan] = plain("The scans.")
    page_info: PageInfo = plain("What lies around them.")
    total_count: int | None = plain("How many there are in all.")


@view(paging.Edge, "A threat and where it stands.")
class ThreatEdge:
    """A threat and where it stands."""

    node: Threat = plain("The threat.")
    cursor: str = plain("Where it stands, for `after` and `before`.")


@view(paging.Page, "A page of threats, newest first.")
class ThreatConnection:
    """A page of threats, newest first."""

    edges: list[ThreatEdge] = plain("The threats, with cursors.")
    nodes: list[Threat] = plain("The threats.")
    page_info: PageInfo = plain("What lies around them.")
    total_count: int | None = plain("How many there are in all.")


@view(watching.Observation, "A state of a scan, pushed.")
class ScanEvent:
    """A state of a scan, pushed."""

    cursor: Cursor = plain("Hand it back as `after` to miss nothing.")
    at: datetime = plain("When the state was reached.")
    scan: Scan = plain("The scan as it is now.", source="state")
    previous_status: ScanStatus | None = edge(
        scan_kinds.previous_scan_status, "The status that this stream told before."
    )


@strawberry.input(description="What to scan.")
class SubmitScanInput:
    """What to scan."""

    target: str = strawberry.field(description="`npm:NAME[@VERSION]` or `pypi:NAME[==VERSION]`.")
    policy: str | None = strawberry.field(default="default", description="The policy to hold it against.")
    force: bool | None = strawberry.field(default=False, description="Scan again, although there is a result.")


SubmitScanResult = Annotated[
    PackageScan | InvalidInput | LimitExceeded | NotAllowed | NotFound | Conflict,
    strawberry.union("SubmitScanResult", description="The scan, or why there is none."),
]
