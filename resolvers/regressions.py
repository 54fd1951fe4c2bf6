"""Deploys and the regressions they cause: queries, mutations, the stream, and the edges to services and scans."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import msgspec
import strawberry
from strawberry import argument

from adapters import errors
from adapters.cloudlink.models import Deploy, Detection, NewDeploy, Regression, RegressionStatus
from adapters.cloudlink.port import RegressionFilter
from adapters.events.watching import Observation
from adapters.paging import Page
from adapters.sigil.models import Scan
from resolvers.context import Info
from resolvers.cursor import Cursor
from resolvers.moments import in_utc
from resolvers.nodes import global_id, natural_key
from resolvers.problems import Problem, answered, problem_of
from resolvers.shipped_packages import check_targets, scans_of_targets
from resolvers.window import After, Before, First, Last, window_of

MOST = 100

OfService = Annotated[str | None, argument(description="Only those of this service, by its name.")]
RegressionId = Annotated[strawberry.ID, argument(description="The regression's own id, or its global one.")]


async def regression(
    info: Info, regression_id: Annotated[str, argument(description="The regression's own id.")]
) -> Regression | None:
    """Find a regression of the tenant's."""
    return await info.context.loaders.regression_by_id.load(regression_id)


async def regressions(
    info: Info,
    first: First = MOST,
    after: After = None,
    last: Last = None,
    before: Before = None,
    status: Annotated[RegressionStatus | None, argument(description="Only those of this status.")] = None,
    service: OfService = None,
) -> Page[Regression]:
    """List the tenant's regressions, newest first."""
    window = window_of(info, MOST, first=first, after=after, last=last, before=before)
    wanted = RegressionFilter(status=status, service=service)
    return await info.context.services.cloudlink.regressions(info.context.principal, window, wanted)


async def deploys(
    info: Info,
    first: First = MOST,
    after: After = None,
    last: Last = None,
    before: Before = None,
    service: OfService = None,
) -> Page[Deploy]:
    """List the tenant's deploys, newest first."""
    window = window_of(info, MOST, first=first, after=after, last=last, before=before)
    return await info.context.services.cloudlink.deploys(info.context.principal, window, service)


async def deploy(info: Info, deploy_id: Annotated[str, argument(description="The deploy's own id.")]) -> Deploy | None:
    """Find a deploy of the tenant's."""
    return await info.context.loaders.deploy_by_id.load(deploy_id)


async def record_deploy(
    info: Info, wanted: NewDeploy, *, metadata: object, packages: Sequence[str] | None, commit_sha: str | None
) -> Deploy | Problem:
    """Record a deploy with what it shipped, or say why not."""
    try:
        noted = _metadata(metadata, packages, commit_sha)
    except errors.InvalidInput as refusal:
        return problem_of(refusal)
    complete = msgspec.structs.replace(wanted, metadata=noted, deployed_at=in_utc(wanted.deployed_at))
    recorded = info.context.services.cloudlink.record_deploy(info.context.principal, complete)
    return await answered(info, recorded, errors.InvalidInput, errors.LimitExceeded, errors.NotAllowed)


async def detect_regressions(info: Info) -> Detection | Problem:
    """Judge the deploys that are not judged yet, or say why not."""
    detection = info.context.services.cloudlink.detect_regressions(info.context.principal)
    return await answered(info, detection, errors.LimitExceeded, errors.NotAllowed)


async def acknowledge_regression(info: Info, regression_id: RegressionId) -> Regression | Problem:
    """Take note of an open regression, or say why not."""
    key = natural_key("Regression", regression_id)
    acknowledged = info.context.services.cloudlink.acknowledge_regression(info.context.principal, key)
    return await answered(info, acknowledged, errors.NotFound, errors.Conflict, errors.NotAllowed, errors.LimitExceeded)


async def resolve_regression(info: Info, regression_id: RegressionId) -> Regression | Problem:
    """Close a regression, or say why not."""
    key = natural_key("Regression", regression_id)
    resolved = info.context.services.cloudlink.resolve_regression(info.context.principal, key)
    return await answered(info, resolved, errors.NotFound, errors.Conflict, errors.NotAllowed, errors.LimitExceeded)


async def regression_updates(
    info: Info,
    after: Annotated[Cursor | None, argument(description="The cursor of the last event seen.")] = None,
    service: OfService = None,
) -> AsyncIterator[Observation[Regression]]:
    """Push the states of the tenant's newest regressions and every change of any."""
    async for change in info.context.services.cloudlink.watch_regressions(info.context.principal, after):
        if service in (None, change.state.service):
            info.context.renew_loaders()
            yield change


def regression_global_id(root: strawberry.Parent[Regression]) -> strawberry.ID:
    """Give the global id."""
    return global_id("Regression", root.id)


def deploy_global_id(root: strawberry.Parent[Deploy]) -> strawberry.ID:
    """Give the global id."""
    return global_id("Deploy", root.id)


async def deploy_of_regression(root: strawberry.Parent[Regression], info: Info) -> Deploy | None:
    """Give the deploy that caused a regression."""
    return await info.context.loaders.deploy_by_id.load(root.deploy_id) if root.deploy_id else None


async def regressions_of_deploy(root: strawberry.Parent[Deploy], info: Info) -> list[Regression]:
    """Give the regressions that a deploy caused."""
    return await info.context.loaders.regressions_by_deploy.load(root.id)


async def package_scans_of_deploy(root: strawberry.Parent[Deploy], info: Info) -> list[Scan]:
    """Give the scans of what a deploy shipped, worst verdict first."""
    return await scans_of_targets(info.context, root.packages)


async def package_scans_of_regression(root: strawberry.Parent[Regression], info: Info) -> list[Scan]:
    """Give the scans of what the deploy of a regression shipped, worst verdict first."""
    shipping = await deploy_of_regression(root, info)
    return await scans_of_targets(info.context, shipping.packages) if shipping is not None else []


def previous_regression_status(root: strawberry.Parent[Observation[Regression]]) -> RegressionStatus | None:
    """Give the status that this stream told before."""
    return root.previous.status if root.previous else None


def _metadata(metadata: object, packages: Sequence[str] | None, commit_sha: str | None) -> dict[str, Any]:
    """Add what has a field of its own to what is given as an object; raises InvalidInput."""
    if metadata is not None and not isinstance(metadata, dict):
        raise errors.InvalidInput("validation_error", "metadata is no JSON object: give one", "metadata")
    check_targets(packages or ())
    named = {"packages": None if packages is None else list(packages), "commit_sha": commit_sha}
    return (metadata or {}) | {name: value for name, value in named.items() if value is not None}
