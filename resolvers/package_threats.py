"""How scans of packages and what is known of packages find each other."""

from __future__ import annotations

from adapters.packages import PackageName, package_of
from adapters.sigil.models import Scan, Threat
from adapters.sigil.versions import concerns
from resolvers.context import Context


def package_of_scan(scan: Scan) -> PackageName:
    """Give a scan's package, from the target where the service does not say it."""
    named = package_of(scan.target)
    return PackageName(scan.ecosystem or named.ecosystem, scan.package_name or named.name)


async def threats_to_scanned(context: Context, scan: Scan) -> list[Threat]:
    """Give the known threats of a scan's package that name its version, or all versions."""
    known = await context.loaders.threats_by_package.load(package_of_scan(scan))
    return [threat for threat in known if concerns(threat, scan.package_version)]


async def scans_of_threatening(context: Context, threat: Threat) -> list[Scan]:
    """Give the tenant's scans of the package that a threat names, newest first."""
    return await context.loaders.scans_by_package.load(PackageName(threat.ecosystem, threat.package_name))
