"""Loaders over Sigil's port."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.packages import PackageName
from adapters.sigil.models import PolicyResult, Scan, Threat
from adapters.sigil.port import Sigil
from resolvers.port_loader import PortLoader


class ScanByIdLoader(PortLoader[Sigil, str, Scan | None]):
    """Scans of packages by id."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Scan | None]:
        """Ask for all at once."""
        return await self._port.scans_by_id(self._principal, keys)


class ScansByPackageLoader(PortLoader[Sigil, PackageName, list[Scan]]):
    """The newest scans of packages, by package."""

    async def batch_load_fn(self, keys: Sequence[PackageName]) -> list[list[Scan]]:
        """Ask for all at once."""
        return await self._port.scans_of_packages(self._principal, keys)


class ThreatByIdLoader(PortLoader[Sigil, str, Threat | None]):
    """Known threats by id."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Threat | None]:
        """Ask for all at once."""
        return await self._port.threats_by_id(self._principal, keys)


class ThreatsByPackageLoader(PortLoader[Sigil, PackageName, list[Threat]]):
    """Known threats by package."""

    async def batch_load_fn(self, keys: Sequence[PackageName]) -> list[list[Threat]]:
        """Ask for all at once."""
        return await self._port.threats_of_packages(self._principal, keys)


class ThreatsByIndicatorLoader(PortLoader[Sigil, str, list[Threat]]):
    """The newest known threats by an indicator that goes with them."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[list[Threat]]:
        """Ask for all at once."""
        return await self._port.threats_of_indicators(self._principal, keys)


class PolicyResultByScanLoader(PortLoader[Sigil, tuple[str, str], PolicyResult | None]):
    """Results of named policies, by scan id and policy."""

    async def batch_load_fn(self, keys: Sequence[tuple[str, str]]) -> list[PolicyResult | None]:
        """Ask once for each policy."""
        results: dict[tuple[str, str], PolicyResult | None] = {}
        for policy in dict.fromkeys(policy for _, policy in keys):
            scan_ids = [scan_id for scan_id, named in keys if named == policy]
            found = await self._port.evaluate(self._principal, scan_ids, policy)
            results.update(zip(((scan_id, policy) for scan_id in scan_ids), found, strict=True))
        return [results[key] for key in keys]
