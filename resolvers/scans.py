"""Scans of packages: the queries, the mutation, and the edges to findings, policies and threats."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
import strawberry
from strawberry import argument

from adapters.cloudlink.models import Deploy
from adapters.cloudsigma.models import Ioc
from adapters.errors import Conflict, Refused
from adapters.paging import Page
from adapters.sigil.models import (
    Finding,
    PhaseName,
    PolicyResult,
    Scan,
    Severity,
    TeamMember,
    Threat,
    Verdict,
)
from adapters.sigil.port import ScanFilter, ThreatFilter
from resolvers.context import Info
from resolvers.moments import in_utc
from resolvers.nodes import global_id
from resolvers.package_threats import package_of_scan, scans_of_threatening, threats_to_scanned
from resolvers.problems import Problem, answered
from resolvers.shipped_packages import deploys_of_scanned
from resolvers.window import After, Before, First, Last, window_of

SEVERITIES = tuple(Severity)
PAGE_SIZE = 20


class FindingOfPhase(Finding, frozen=True, kw_only=True):
    """A finding that knows its phase."""

    phase: PhaseName


class ScanPhase(msgspec.Struct, frozen=True):
    """A phase with its name."""

    name: PhaseName
    score: int
    findings: list[FindingOfPhase]


async def package_scan(info: Info, scan_id: Annotated[str, argument(description="The scan's id.")]) -> Scan | None:
    """Find a scan of the tenant's."""
    return await info.context.loaders.scan_by_id.load(scan_id)


async def package_scans(
    info: Info,
    first: First = PAGE_SIZE,
    after: After = None,
    last: Last = None,
    before: Before = None,
    verdict: Annotated[Verdict | None, argument(description="Only those with this verdict.")] = None,
    target: Annotated[str | None, argument(description="Only those whose target holds this text.")] = None,
    from_: Annotated[datetime | None, argument(name="from", description="Only those asked for since.")] = None,
    to: Annotated[datetime | None, argument(description="Only those asked for until.")] = None,
) -> Page[Scan]:
    """List the tenant's scans of packages, newest first."""
    window = window_of(info, PAGE_SIZE, first=first, after=after, last=last, before=before)
    wanted = ScanFilter(verdict=verdict, target=target, since=in_utc(from_), until=in_utc(to))
    return await info.context.services.sigil.scans(info.context.principal, window, wanted)


async def threats(
    info: Info,
    first: First = PAGE_SIZE,
    after: After = None,
    last: Last = None,
    before: Before = None,
    search: Annotated[str | None, argument(description="Part of an id, a name or a description.")] = None,
    severity: Annotated[Severity | None, argument(description="Only threats of this severity.")] = None,
    ecosystem: Annotated[str | None, argument(description="Only this ecosystem: `npm` or `pypi`.")] = None,
) -> Page[Threat]:
    """List known threats, newest first."""
    window = window_of(info, PAGE_SIZE, first=first, after=after, last=last, before=before)
    wanted = ThreatFilter(search=search, severity=severity, ecosystem=ecosystem)
    return await info.context.services.sigil.threats(info.context.principal, window, wanted)


async def team_members(info: Info) -> list[TeamMember]:
    """List the team of the tenant."""
    return await info.context.services.sigil.team_members(info.context.principal)


async def submit_scan(info: Info, *, target: str, policy: str | None, force: bool | None) -> Scan | Problem:
    """Start a scan, or say why not."""
    submitted = info.context.services.sigil.submit(
        info.context.principal, target, policy or "default", force=bool(force)
    )
    return await answered(info, submitted, Refused)


def scan_global_id(root: strawberry.Parent[Scan]) -> strawberry.ID:
    """Give the global id."""
    return global_id("PackageScan", root.id)


def threat_global_id(root: strawberry.Parent[Threat]) -> strawberry.ID:
    """Give the global id."""
    return global_id("Threat", root.id)


def error_of_scan(root: strawberry.Parent[Scan]) -> str | None:
    """Give why a scan failed, as a sentence."""
    return root.error.message if root.error else None


def ecosystem_of_scan(root: strawberry.Parent[Scan]) -> str:
    """Give the ecosystem, from the target where the service does not say it."""
    return package_of_scan(root).ecosystem


def name_of_scan(root: strawberry.Parent[Scan]) -> str:
    """Give the package's name, from the target where the service does not say it."""
    return package_of_scan(root).name


def phases_of_scan(root: strawberry.Parent[Scan]) -> list[ScanPhase]:
    """Give the phases that are done, in the order of the wire."""
    return [
        ScanPhase(name, root.phases[name].score, _findings(root, name)) for name in PhaseName if name in root.phases
    ]


def findings_of_scan(
    root: strawberry.Parent[Scan],
    min_severity: Annotated[Severity | None, argument(description="Only findings at least this grave.")] = None,
) -> list[FindingOfPhase]:
    """Give the findings of all phases, gravest first."""
    least = SEVERITIES.index(min_severity) if min_severity is not None else 0
    found = [finding for name in PhaseName for finding in _findings(root, name)]
    wanted = [finding for finding in found if SEVERITIES.index(finding.severity) >= least]
    return sorted(wanted, key=lambda finding: -SEVERITIES.index(finding.severity))


async def evaluate_scan(
    root: strawberry.Parent[Scan],
    info: Info,
    policy: Annotated[str | None, argument(description="The policy's name.")] = "default",
) -> PolicyResult:
    """Hold a scan against a policy."""
    result = await info.context.loaders.policy_result_by_scan.load((root.id, policy or "default"))
    if result is None:
        raise Conflict("validation_error", f"The scan {root.id!r} is not completed: evaluate it when it is")
    return result


async def threats_of_scan(root: strawberry.Parent[Scan], info: Info) -> list[Threat]:
    """Give the known threats that a scan met: those of its package that name its version, or all versions."""
    return await threats_to_scanned(info.context, root)


async def scans_of_threat(root: strawberry.Parent[Threat], info: Info) -> list[Scan]:
    """Give the tenant's scans of the package that a threat names."""
    return await scans_of_threatening(info.context, root)


async def deploys_of_scan(root: strawberry.Parent[Scan], info: Info) -> list[Deploy]:
    """Give the deploys that shipped the version that was scanned."""
    return await deploys_of_scanned(info.context, root)


async def threats_of_indicator(root: strawberry.Parent[Ioc], info: Info) -> list[Threat]:
    """Give the known threats that name an indicator."""
    return await info.context.loaders.threats_by_indicator.load(root.value)


def member_scans_total(root: strawberry.Parent[TeamMember]) -> int:
    """Give how many scans a member has asked for."""
    return root.scans.total


def member_last_scan(root: strawberry.Parent[TeamMember]) -> datetime | None:
    """Give when a member asked for a scan last."""
    return root.scans.last_scan_at


def _findings(scan: Scan, name: PhaseName) -> list[FindingOfPhase]:
    found = scan.phases[name].findings if name in scan.phases else ()
    return [FindingOfPhase(**msgspec.structs.asdict(finding), phase=name) for finding in found]
