"""Loaders: they live as long as one operation, belong to one principal, and ask a port once for many keys."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

from adapters.principal import Principal
from adapters.services import Service, Services
from resolvers.cloudlink_loaders import (
    ActionByIdLoader,
    AlertByIdLoader,
    AlertsByBudgetLoader,
    AnomalyByServiceLoader,
    BudgetsByTenantLoader,
    CloudScanByIdLoader,
    CostsBySpanLoader,
    CredentialsByTenantLoader,
    DeployByIdLoader,
    DeploysByPackageLoader,
    DeploysByServiceLoader,
    EstimateByServiceLoader,
    RegressionByIdLoader,
    RegressionsByDeployLoader,
    RegressionsByFilterLoader,
    RegressionsByServiceLoader,
    ResourceByIdLoader,
    ServicesByTenantLoader,
)
from resolvers.cloudsigma_loaders import (
    ExecutionByArnLoader,
    OutputByArnLoader,
)
from resolvers.origin_loaders import ArnsByOriginLoader, OriginByArnLoader
from resolvers.port_loader import PortLoader
from resolvers.sigil_loaders import (
    PolicyResultByScanLoader,
    ScanByIdLoader,
    ScansByPackageLoader,
    ThreatByIdLoader,
    ThreatsByIndicatorLoader,
    ThreatsByPackageLoader,
)

Kind = TypeVar("Kind", bound=PortLoader[Any, Any, Any])


ORIGINS = "origins"
"""What the gateway keeps stands beside the services."""


def _over(port: str, kind: type[Kind]) -> cached_property[Kind]:
    """Make a loader over a port when it is first asked for: most operations need few of them."""

    def make(loaders: Loaders) -> Kind:
        return kind(getattr(loaders.services, port), loaders.principal)

    return cached_property(make)


class Loaders:
    """The loaders of one operation."""

    def __init__(self, services: Services, principal: Principal) -> None:
        self.services = services
        self.principal = principal

    execution_by_arn = _over(Service.CLOUDSIGMA, ExecutionByArnLoader)
    output_by_arn = _over(Service.CLOUDSIGMA, OutputByArnLoader)
    origin_by_arn = _over(ORIGINS, OriginByArnLoader)
    arns_by_origin = _over(ORIGINS, ArnsByOriginLoader)
    scan_by_id = _over(Service.SIGIL, ScanByIdLoader)
    scans_by_package = _over(Service.SIGIL, ScansByPackageLoader)
    threat_by_id = _over(Service.SIGIL, ThreatByIdLoader)
    threats_by_package = _over(Service.SIGIL, ThreatsByPackageLoader)
    threats_by_indicator = _over(Service.SIGIL, ThreatsByIndicatorLoader)
    policy_result_by_scan = _over(Service.SIGIL, PolicyResultByScanLoader)
    services_by_tenant = _over(Service.CLOUDLINK, ServicesByTenantLoader)
    costs_by_span = _over(Service.CLOUDLINK, CostsBySpanLoader)
    deploy_by_id = _over(Service.CLOUDLINK, DeployByIdLoader)
    deploys_by_package = _over(Service.CLOUDLINK, DeploysByPackageLoader)
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
