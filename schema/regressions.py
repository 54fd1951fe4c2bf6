"""Deploys of CloudLink, and the regressions of cost that they cause."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from adapters import paging
from adapters.cloudlink import models
from adapters.cloudlink.models import RegressionStatus
from adapters.events import watching
from resolvers import budgets, costs, origins, regressions
from resolvers.cursor import Cursor
from schema.costs import CloudService
from schema.node import Conflict, InvalidInput, LimitExceeded, Node, NotAllowed, NotFound, PageInfo
from schema.scans import PackageScan
from schema.view import edge, plain, view

if TYPE_CHECKING:
    from schema.budgets import Budget
    from schema.executions import Execution


@view(models.Regression, "A rise of a service's hourly cost after a deploy.")
class Regression(Node):
    """A rise of a service's hourly cost after a deploy."""

    id: strawberry.ID = edge(regressions.regression_global_id, "The global id, for `node`.")
    regression_id: str = plain("The service's own id.", source="id")
    status: RegressionStatus = plain("What has become of it.")
    service: CloudService = edge(costs.service_of, "The service that costs more.")
    deploy: Annotated[Deploy, strawberry.lazy("schema.regressions")] | None = edge(
        regressions.deploy_of_regression, "The deploy that caused it."
    )
    baseline_usd_per_hour: float = plain("What an hour would have cost without the deploy, in USD.")
    post_deploy_usd_per_hour: float = plain("What an hour costs since, in USD.")
    change_pct: float = plain("The rise in percent.")
    monthly_impact_usd: float = plain("The rise over 720 hours, in USD.")
    confidence: str = plain("How sure it is: `high`, `medium` or `low`.")
    detected_at: datetime = plain("When it was found.")
    budgets: list[Annotated[Budget, strawberry.lazy("schema.budgets")]] = edge(
        budgets.budgets_of_regression, "The budgets that it uses up: those of its service, and those of everything."
    )
    package_scans: list[PackageScan] = edge(
        regressions.package_scans_of_regression, "The scans of the packages its deploy shipped, worst verdict first."
    )
    executions: list[Annotated[Execution, strawberry.lazy("schema.executions")]] = edge(
        origins.executions_of_regression,
        "The caller's executions that were asked for from it: the rules that catch what it shipped.",
    )


@view(models.Deploy, "A deploy of a service.")
class Deploy(Node):
    """A deploy of a service."""

    id: strawberry.ID = edge(regressions.deploy_global_id, "The global id, for `node`.")
    deploy_id: str = plain("The service's own id.", source="id")
    service: CloudService = edge(costs.service_of, "The service that was deployed.")
    version: str | None = plain("What was deployed.")
    environment: str = plain("Where to, e.g. `production`.")
    source: str | None = plain("What reported it, e.g. the CI system.")
    commit_sha: str | None = plain("The commit that was deployed.")
    deployed_at: datetime = plain("When it was deployed.")
    metadata: JSON = plain("What else was recorded.")
    packages: list[str] = plain("The packages that it shipped, as Sigil's targets.")
    package_scans: list[PackageScan] = edge(
        regressions.package_scans_of_deploy, "The scans of these packages, worst verdict first."
    )
    regressions: list[Regression] = edge(regressions.regressions_of_deploy, "The regressions that it caused.")


@view(paging.Edge, "A regression and where it stands.")
class RegressionEdge:
    """A regression and where it stands."""

    node: Regression = plain("The regression.")
    cursor: str = plain("Where it stands, for `after` and `before`.")


@view(paging.Page, "A page of regressions, newest first.")
class RegressionConnection:
    """A page of regressions, newest first."""

    edges: list[RegressionEdge] = plain("The regressions, with cursors.")
    nodes: list[Regression] = plain("The regressions.")
    page_info: PageInfo = plain("What lies around them.")
    total_count: int | None = plain("How many there are in all.")


@view(paging.Edge, "A deploy and where it stands.")
class DeployEdge:
    """A deploy and where it stands."""

    node: Deploy = plain("The deploy.")
    cursor: str = plain("Where it stands, for `after` and `before`.")


@view(paging.Page, "A page of deploys, newest first.")
class DeployConnection:
    """A page of deploys, newest first."""

    edges: list[DeployEdge] = plain("The deploys, with cursors.")
    nodes: list[Deploy] = plain("The deploys.")
    page_info: PageInfo = plain("What lies around them.")
    total_count: int | None = plain("How many there are in all.")


@view(models.Detection, "What a look for regressions came to.")
class Detection:
    """What a look for regressions came to."""

    regressions_detected: int = plain("How many were found.")
    deploys_analyzed: int = plain("How many deploys were judged.")
    regressions: list[Regression] = plain("The regressions that were found.")


@view(watching.Observation, "A state of a regression, pushed.")
class RegressionEvent:
    """A state of a regression, pushed."""

    cursor: Cursor = plain("Hand it back as `after` to miss nothing.")
    at: datetime = plain("When the state was reached.")
    regression: Regression = plain("The regression as it is now.", source="state")
    previous_status: RegressionStatus | None = edge(
        regressions.previous_regression_status, "The status that this stream told before."
    )


@strawberry.input(description="A deploy, to hold later costs against.")
class RecordDeployInput:
    """A deploy."""

    service: str = strawberry.field(description="The service, named as its costs name it, e.g. `Amazon EC2`.")
    version: str | None = strawberry.field(default=None, description="What is deployed.")
    environment: str | None = strawberry.field(default="production", description="Where to.")
    source: str | None = strawberry.field(default=None, description="What reports it, e.g. the CI system.")
    deployed_at: datetime | None = strawberry.field(
        default=None, description="When, in UTC where it names no zone; now if left out."
    )
    packages: list[str] | None = strawberry.field(
        default=None, description="The packages it ships, as `npm:NAME@VERSION` or `pypi:NAME==VERSION`."
    )
    commit_sha: str | None = strawberry.field(default=None, description="The commit that is deployed.")
    metadata: JSON | None = strawberry.field(default=None, description="Anything else, as an object.")


DeployResult = Annotated[
    Deploy | InvalidInput | LimitExceeded | NotAllowed,
    strawberry.union("DeployResult", description="The deploy, or why there is none."),
]
DetectResult = Annotated[
    Detection | LimitExceeded | NotAllowed,
    strawberry.union("DetectResult", description="What was found, or why nothing was looked for."),
]
RegressionResult = Annotated[
    Regression | NotFound | Conflict | NotAllowed | LimitExceeded,
    strawberry.union("RegressionResult", description="The regression as it is now, or why it stays as it was."),
]
