"""What executions were asked for from, and the executions that were asked for from it."""

from __future__ import annotations

import strawberry

from adapters.cloudlink.models import Regression
from adapters.cloudsigma.models import Execution
from adapters.origins import Origin, OriginKind
from adapters.sigil.models import Scan, Threat
from resolvers.context import Info


async def origin_of_execution(root: strawberry.Parent[Execution], info: Info) -> Scan | Threat | Regression | None:
    """Give what an execution was asked for from; None where it was nothing, or is gone."""
    loaders = info.context.loaders
    origin = await loaders.origin_by_arn.load(root.arn)
    if origin is None:
        return None
    match origin.kind:
        case OriginKind.PACKAGE_SCAN:
            return await loaders.scan_by_id.load(origin.key)
        case OriginKind.THREAT:
            return await loaders.threat_by_id.load(origin.key)
        case OriginKind.REGRESSION:
            return await loaders.regression_by_id.load(origin.key)


async def executions_of_scan(root: strawberry.Parent[Scan], info: Info) -> list[Execution]:
    """Give the executions that the caller may see of those asked for from a scan."""
    return await _executions(info, Origin(OriginKind.PACKAGE_SCAN, root.id))


async def executions_of_threat(root: strawberry.Parent[Threat], info: Info) -> list[Execution]:
    """Give the executions that the caller may see of those asked for from a threat."""
    return await _executions(info, Origin(OriginKind.THREAT, root.id))


async def executions_of_regression(root: strawberry.Parent[Regression], info: Info) -> list[Execution]:
    """Give the executions that the caller may see of those asked for from a regression."""
    return await _executions(info, Origin(OriginKind.REGRESSION, root.id))


async def _executions(info: Info, origin: Origin) -> list[Execution]:
    loaders = info.context.loaders
    found = await loaders.execution_by_arn.load_many(await loaders.arns_by_origin.load(origin))
    return [execution for execution in found if execution is not None]
