"""The packages that a deploy ships, as Sigil's targets, and the scans of them and threats to them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from adapters.cloudlink.models import Deploy
from adapters.cloudlink.shipping import shipped
from adapters.errors import InvalidInput
from adapters.packages import ECOSYSTEMS, canonical, canonical_package_of, package_of, version_in
from adapters.sigil.models import Scan, Threat, Verdict
from adapters.sigil.versions import BadRange, concerns, in_range
from resolvers.context import Context
from resolvers.package_threats import package_of_scan

VERDICTS = tuple(Verdict)
EXACT = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*")
"""A version of npm as lock files write it, which needs no reading as a range."""


def check_targets(targets: Sequence[str]) -> None:
    """Raise InvalidInput for the first that is no target."""
    for number, target in enumerate(targets):
        if not _is_target(target):
            field = f"packages.{number}"
            cure = "write npm:express@4.18.2 or pypi:requests==2.32.3"
            raise InvalidInput("validation_error", f"{field} is {target[:80]!r}: {cure}", field)


async def scans_of_targets(context: Context, targets: Sequence[str]) -> list[Scan]:
    """Give the tenant's scans of what the targets name, worst verdict first; those without one come last."""
    named = [target for target in dict.fromkeys(targets) if _is_target(target)]
    loader = context.loaders.scans_by_package
    found = await asyncio.gather(*(loader.load(canonical_package_of(target)) for target in named))
    scans = {
        scan.id: scan
        for target, of_package in zip(named, found, strict=True)
        for scan in of_package
        if _is_of(scan, target)
    }
    newest_first = sorted(scans.values(), key=lambda scan: scan.created_at, reverse=True)
    return sorted(newest_first, key=_rank, reverse=True)


async def threats_to_targets(context: Context, targets: Sequence[str]) -> list[Threat]:
    """Give the known threats to what the targets name: those of the very version, or of all versions."""
    named = [target for target in dict.fromkeys(targets) if _is_target(target)]
    loader = context.loaders.threats_by_package
    found = await asyncio.gather(*(loader.load(canonical_package_of(target)) for target in named))
    threats = {
        threat.id: threat
        for target, of_package in zip(named, found, strict=True)
        for threat in of_package
        if concerns(threat, version_in(target).lstrip("=") or None)
    }
    return list(threats.values())


async def deploys_of_scanned(context: Context, scan: Scan) -> list[Deploy]:
    """Give the tenant's deploys that shipped the version that was scanned, newest first."""
    package = canonical(package_of_scan(scan))
    shipping = await context.loaders.deploys_by_package.load(package)
    return [
        deploy
        for deploy in shipping
        if any(named == package and _is_of(scan, target) for target, named in shipped(deploy.packages).items())
    ]


def _is_target(text: str) -> bool:
    return package_of(text).ecosystem in ECOSYSTEMS


def _is_of(scan: Scan, target: str) -> bool:
    """Say whether a scan of the target's package is of its version, or of any where it names none."""
    package = package_of(target)
    wanted = version_in(target)
    if not wanted or scan.target == target:
        return True
    if scan.package_version is None or (package.ecosystem == "npm" and EXACT.fullmatch(wanted)):
        return scan.package_version == wanted
    try:
        return in_range(package.ecosystem, scan.package_version, wanted)
    except BadRange:
        return False


def _rank(scan: Scan) -> int:
    return VERDICTS.index(scan.verdict) if scan.verdict is not None else -1
