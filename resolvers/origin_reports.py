"""What is known of a scan, a threat or a regression, over all services, as the report that rules are made from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from adapters.errors import InvalidInput, NotFound
from adapters.origins import Origin, OriginKind
from adapters.sigil.models import Scan, Severity, Threat
from adapters.sigil.versions import concerns
from resolvers.context import Context
from resolvers.package_threats import package_of_scan, scans_of_threatening, threats_to_scanned
from resolvers.report_text import Passage, on_deploys, on_regression, on_scan, on_threat, report_of
from resolvers.shipped_packages import deploys_of_scanned, scans_of_targets, threats_to_targets

MOST_DEPLOYS = 10
"""How many of the deploys that shipped a package are told of."""


async def report_from(context: Context, origin: Origin) -> str:
    """Write the report; raises NotFound, and InvalidInput where there is nothing that a rule could be made from."""
    match origin.kind:
        case OriginKind.PACKAGE_SCAN:
            return await _from_scan(context, origin.key)
        case OriginKind.THREAT:
            return await _from_threat(context, origin.key)
        case OriginKind.REGRESSION:
            return await _from_regression(context, origin.key)


async def _from_scan(context: Context, scan_id: str) -> str:
    scan = await context.loaders.scan_by_id.load(scan_id)
    if scan is None:
        raise NotFound("NotFound", f"There is no package scan {scan_id[:80]!r}")
    if not scan.finished:
        raise _empty(f"The scan {scan.id!r} is {scan.status.value}: ask for rules when it is completed")
    threats = await threats_to_scanned(context, scan)
    if not threats and not _found_anything(scan):
        raise _empty(f"The scan {scan.id!r} found nothing that a rule could be made from, and no threat is known")
    shipping = await deploys_of_scanned(context, scan)
    return report_of([*_on_packages(threats, [scan]), *on_deploys(shipping[:MOST_DEPLOYS])])


async def _from_threat(context: Context, threat_id: str) -> str:
    threat = await context.loaders.threat_by_id.load(threat_id)
    if threat is None:
        raise NotFound("NotFound", f"There is no threat {threat_id[:80]!r}")
    scans = await scans_of_threatening(context, threat)
    return report_of(_on_packages([threat], [scan for scan in scans if concerns(threat, scan.package_version)]))


async def _from_regression(context: Context, regression_id: str) -> str:
    regression = await context.loaders.regression_by_id.load(regression_id)
    if regression is None:
        raise NotFound("NotFound", f"There is no regression {regression_id[:80]!r}")
    deploy = await context.loaders.deploy_by_id.load(regression.deploy_id) if regression.deploy_id else None
    if deploy is None or not deploy.packages:
        raise _empty(f"The deploy of the regression {regression.id!r} names no packages: record what it ships")
    scans, threats = await asyncio.gather(
        scans_of_targets(context, deploy.packages), threats_to_targets(context, deploy.packages)
    )
    if not threats and not any(map(_found_anything, scans)):
        cure = "scan them with submitScan" if not scans else "their scans found nothing that a rule could be made from"
        raise _empty(f"No threat is known of the packages of the regression {regression.id!r}: {cure}")
    return report_of([*on_regression(regression, deploy), *_on_packages(threats, scans)])


def _on_packages(threats: Iterable[Threat], scans: Sequence[Scan]) -> Iterator[Passage]:
    for threat in threats:
        yield from on_threat(threat)
    newest = {(scan.target, scan.package_version): scan for scan in reversed(scans) if _found_anything(scan)}
    for scan in newest.values():
        package = package_of_scan(scan)
        yield from on_scan(scan, f"{package.ecosystem} {package.name}")


def _found_anything(scan: Scan) -> bool:
    """Say whether a finding is more than a remark."""
    findings = (finding for phase in scan.phases.values() for finding in phase.findings)
    return any(finding.severity is not Severity.INFO for finding in findings)


def _empty(message: str) -> InvalidInput:
    return InvalidInput("ValidationError", message)
