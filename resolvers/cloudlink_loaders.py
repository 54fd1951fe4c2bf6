"""Loaders over CloudLink's port."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.cloudlink.account import Action, CloudScan, Credential, Resource
from adapters.cloudlink.models import Anomaly, Budget, BudgetAlert, CostEstimate, CostSnapshot, Deploy, Regression
from adapters.cloudlink.port import CloudLink, CostSpan, RegressionFilter
from adapters.packages import PackageName
from adapters.paging import Window
from resolvers.port_loader import PortLoader

NEWEST_REGRESSIONS = 100
"""How many regressions of all services together are looked at."""


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


class DeploysByPackageLoader(PortLoader[CloudLink, PackageName, list[Deploy]]):
    """The newest deploys by a package that they shipped."""

    async def batch_load_fn(self, keys: Sequence[PackageName]) -> list[list[Deploy]]:
        """Ask for all at once."""
        return await self._port.deploys_of_packages(self._principal, keys)


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
        newest = Window(NEWEST_REGRESSIONS, counted=False)
        pages = [await self._port.regressions(self._principal, newest, wanted) for wanted in keys]
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
