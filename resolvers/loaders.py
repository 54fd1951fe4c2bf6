"""Loaders: they live as long as one operation, belong to one principal, and ask a port once for many keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

from adapters.cloudlink.account import Action, CloudScan, Credential, Resource
from adapters.cloudlink.models import Anomaly, Budget, BudgetAlert, CostEstimate, CostSnapshot, Deploy, Regression
from adapters.cloudlink.port import CloudLink, CostSpan, RegressionFilter
from adapters.cloudsigma.models import Execution, Output
from adapters.cloudsigma.port import CloudSigma
from adapters.principal import Principal
from adapters.services import Service, Services
from adapters.sigil.models import PolicyResult, Scan, Threat
from adapters.sigil.port import PackageName, Sigil

Port = TypeVar("Port")
Key = TypeVar("Key")
Found = TypeVar("Found")


NEWEST_REGRESSIONS = 100
"""How many regressions of all services together are looked at."""


class PortLoader(DataLoader[Key, Found], Generic[Port, Key, Found]):
    """A loader that asks a service's port as one principal."""

    def __init__(self, port: Port, principal: Principal) -> None:
        super().__init__()
        self._port = port
        self._principal = principal


Kind = TypeVar("Kind", bound=PortLoader[Any, Any, Any])


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

    max_batch_size = 400  # a list of deploys may name any number, and a database reads only so long a condition

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


class ServicesByTenantLoader(PortLoader[CloudLink, str, list[str]]):
    """Names of the services that costs are known of; the caller's tenant is the only key."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[list[str]]:
        """Ask once."""
        return [await self._port.services(self._principal)] * len(keys)


class CostsBySpanLoader(PortLoader[CloudLink, CostSpan, list[CostSnapshot]]):
    """Hourly costs by service and hours."""

    async def batch_load_fn(self, keys: Sequence[CostSpan]) -> list[list[CostSnapshot]]:
        """Ask for all at once."""
        return await self._port.costs(self._principal, keys)


class DeployByIdLoader(PortLoader[CloudLink, str, Deploy | None]):
    """Deploys by id."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Deploy | None]:
        """Ask for all at once."""
        return await self._port.deploys_by_id(self._principal, keys)


class DeploysByServiceLoader(PortLoader[CloudLink, tuple[str, int], list[Deploy]]):
    """The newest deploys, by service and how many."""

    async def batch_load_fn(self, keys: Sequence[tuple[str, int]]) -> list[list[Deploy]]:
        """Ask once for each number, which the operation gives."""
        found: dict[tuple[str, int], list[Deploy]] = {}
        for first in dict.fromkeys(first for _, first in keys):
            services = [service for service, wanted in keys if wanted == first]
            deploys = await self._port.deploys_of_services(self._principal, services, first)
            found.update(zip(((service, first) for service in services), deploys, strict=True))
        return [found[key] for key in keys]


class RegressionByIdLoader(PortLoader[CloudLink, str, Regression | None]):
    """Regressions by id."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Regression | None]:
        """Ask for all at once."""
        return await self._port.regressions_by_id(self._principal, keys)


class RegressionsByDeployLoader(PortLoader[CloudLink, str, list[Regression]]):
    """Regressions by the id of the deploy that caused them."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[list[Regression]]:
        """Ask for all at once."""
        return await self._port.regressions_of_deploys(self._principal, keys)


class RegressionsByServiceLoader(PortLoader[CloudLink, str, list[Regression]]):
    """The newest regressions by service."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[list[Regression]]:
        """Ask for all at once."""
        return await self._port.regressions_of_services(self._principal, keys)


class RegressionsByFilterLoader(PortLoader[CloudLink, RegressionFilter, list[Regression]]):
    """The newest hundred regressions that fit a filter."""

    async def batch_load_fn(self, keys: Sequence[RegressionFilter]) -> list[list[Regression]]:
        """Ask once for each filter, which the operation gives."""
        pages = [await self._port.regressions(self._principal, NEWEST_REGRESSIONS, None, wanted) for wanted in keys]
        return [list(page.nodes) for page in pages]


class AnomalyByServiceLoader(PortLoader[CloudLink, str, Anomaly | None]):
    """Anomalies by service."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Anomaly | None]:
        """Ask for all at once."""
        return await self._port.anomalies_of_services(self._principal, keys)


class EstimateByServiceLoader(PortLoader[CloudLink, str, CostEstimate]):
    """Estimates by service."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[CostEstimate]:
        """Ask for all at once."""
        return await self._port.estimates_of_services(self._principal, keys)


class BudgetsByTenantLoader(PortLoader[CloudLink, str, list[Budget]]):
    """All budgets; the caller's tenant is the only key."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[list[Budget]]:
        """Ask once."""
        return [await self._port.budgets(self._principal)] * len(keys)


class AlertByIdLoader(PortLoader[CloudLink, str, BudgetAlert | None]):
    """Alerts by id."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[BudgetAlert | None]:
        """Ask for all at once."""
        return await self._port.alerts_by_id(self._principal, keys)


class AlertsByBudgetLoader(PortLoader[CloudLink, tuple[str, int], list[BudgetAlert]]):
    """The newest alerts, by the id of the budget and how many."""

    async def batch_load_fn(self, keys: Sequence[tuple[str, int]]) -> list[list[BudgetAlert]]:
        """Ask once for each number, which the operation gives."""
        found: dict[tuple[str, int], list[BudgetAlert]] = {}
        for first in dict.fromkeys(first for _, first in keys):
            budget_ids = [budget_id for budget_id, wanted in keys if wanted == first]
            alerts = await self._port.alerts_of_budgets(self._principal, budget_ids, first)
            found.update(zip(((budget_id, first) for budget_id in budget_ids), alerts, strict=True))
        return [found[key] for key in keys]


class CredentialsByTenantLoader(PortLoader[CloudLink, str, list[Credential]]):
    """All credentials; the caller's tenant is the only key."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[list[Credential]]:
        """Ask once."""
        return [await self._port.credentials(self._principal)] * len(keys)


class ResourceByIdLoader(PortLoader[CloudLink, str, Resource | None]):
    """Resources of cloud accounts by id."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Resource | None]:
        """Ask for all at once."""
        return await self._port.resources_by_id(self._principal, keys)


class CloudScanByIdLoader(PortLoader[CloudLink, str, CloudScan | None]):
    """Scans of cloud accounts by id."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[CloudScan | None]:
        """Ask for all at once."""
        return await self._port.scans_by_id(self._principal, keys)


class ActionByIdLoader(PortLoader[CloudLink, str, Action | None]):
    """Actions by id."""

    async def batch_load_fn(self, keys: Sequence[str]) -> list[Action | None]:
        """Ask for all at once."""
        return await self._port.actions_by_id(self._principal, keys)


def _over(service: Service, kind: type[Kind]) -> cached_property[Kind]:
    """Make a loader over a service when it is first asked for: most operations need few of them."""

    def make(loaders: Loaders) -> Kind:
        return kind(getattr(loaders.services, service.value), loaders.principal)

    return cached_property(make)


class Loaders:
    """The loaders of one operation."""

    def __init__(self, services: Services, principal: Principal) -> None:
        self.services = services
        self.principal = principal

    execution_by_arn = _over(Service.CLOUDSIGMA, ExecutionByArnLoader)
    output_by_arn = _over(Service.CLOUDSIGMA, OutputByArnLoader)
    scan_by_id = _over(Service.SIGIL, ScanByIdLoader)
    scans_by_package = _over(Service.SIGIL, ScansByPackageLoader)
    threat_by_id = _over(Service.SIGIL, ThreatByIdLoader)
    threats_by_package = _over(Service.SIGIL, ThreatsByPackageLoader)
    policy_result_by_scan = _over(Service.SIGIL, PolicyResultByScanLoader)
    services_by_tenant = _over(Service.CLOUDLINK, ServicesByTenantLoader)
    costs_by_span = _over(Service.CLOUDLINK, CostsBySpanLoader)
    deploy_by_id = _over(Service.CLOUDLINK, DeployByIdLoader)
    deploys_by_service = _over(Service.CLOUDLINK, DeploysByServiceLoader)
    regression_by_id = _over(Service.CLOUDLINK, RegressionByIdLoader)
    regressions_by_deploy = _over(Service.CLOUDLINK, RegressionsByDeployLoader)
    regressions_by_service = _over(Service.CLOUDLINK, RegressionsByServiceLoader)
    regressions_by_filter = _over(Service.CLOUDLINK, RegressionsByFilterLoader)
    anomaly_by_service = _over(Service.CLOUDLINK, AnomalyByServiceLoader)
    estimate_by_service = _over(Service.CLOUDLINK, EstimateByServiceLoader)
    budgets_by_tenant = _over(Service.CLOUDLINK, BudgetsByTenantLoader)
    alert_by_id = _over(Service.CLOUDLINK, AlertByIdLoader)
    alerts_by_budget = _over(Service.CLOUDLINK, AlertsByBudgetLoader)
    credentials_by_tenant = _over(Service.CLOUDLINK, CredentialsByTenantLoader)
    resource_by_id = _over(Service.CLOUDLINK, ResourceByIdLoader)
    cloud_scan_by_id = _over(Service.CLOUDLINK, CloudScanByIdLoader)
    action_by_id = _over(Service.CLOUDLINK, ActionByIdLoader)
