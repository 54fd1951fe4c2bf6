"""Loaders: they live as long as one operation, belong to one principal, and ask a port once for many keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from aiodataloader import DataLoader

from adapters.cloudsigma.models import Execution, Output
from adapters.cloudsigma.port import CloudSigma
from adapters.principal import Principal
from adapters.services import Services
from adapters.sigil.models import PolicyResult, Scan, Threat
from adapters.sigil.port import PackageName, Sigil

Port = TypeVar("Port")
Key = TypeVar("Key")
Found = TypeVar("Found")


class PortLoader(DataLoader[Key, Found], Generic[Port, Key, Found]):
    """A loader that asks a service's port as one principal."""

    def __init__(self, port: Port, principal: Principal) -> None:
        super().__init__()
        self._port = port
        self._principal = principal


class ExecutionByArnLoader(PortLoader[CloudSigma, str, Execution | None]):
    """Executions by ARN."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Execution | None]:
        """Ask for all at once."""
        return await self._port.executions_by_arn(self._principal, keys)


class OutputByArnLoader(PortLoader[CloudSigma, str, Output | None]):
    """What executions produced, by ARN."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Output | None]:
        """Ask for all at once."""
        return await self._port.outputs_by_arn(self._principal, keys)


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


class Loaders:
    """The loaders of one operation."""

    def __init__(self, services: Services, principal: Principal) -> None:
        self.execution_by_arn = ExecutionByArnLoader(services.cloudsigma, principal)
        self.output_by_arn = OutputByArnLoader(services.cloudsigma, principal)
        self.scan_by_id = ScanByIdLoader(services.sigil, principal)
        self.scans_by_package = ScansByPackageLoader(services.sigil, principal)
        self.threat_by_id = ThreatByIdLoader(services.sigil, principal)
        self.threats_by_package = ThreatsByPackageLoader(services.sigil, principal)
        self.policy_result_by_scan = PolicyResultByScanLoader(services.sigil, principal)
