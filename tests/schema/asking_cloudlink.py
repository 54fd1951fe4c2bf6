"""Operations on CloudLink that several tests of the graph begin with, and streams that are followed step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.graph_client import GraphClient

SECONDS = 30
HOUR = timedelta(hours=1)
EC2 = "Amazon EC2"

INGEST = "mutation($records: [CostRecordInput!]!) { ingestCosts(records: $records) }"
DEPLOY = """
mutation($input: RecordDeployInput!) {
  recordDeploy(input: $input) {
    __typename
    ... on Deploy { id deployId version environment commitSha packages metadata deployedAt service { name } }
    ... on Problem { code message }
    ... on InvalidInput { field }
  }
}
"""
DETECT = """
mutation {
  detectRegressions { ... on Detection { regressionsDetected deploysAnalyzed regressions { id regressionId } } }
}
"""
BUDGET = """
mutation($input: CreateBudgetInput!) {
  createBudget(input: $input) {
    __typename
    ... on Budget { id budgetId name scope alertThresholds enabled service { name } }
    ... on Problem { code message }
    ... on InvalidInput { field }
  }
}
"""

ROLE = {"cloud": "aws", "label": "production", "roleArn": "arn:aws:iam::123456789012:role/reader"}
ADD = """
mutation($input: AddCredentialInput!) {
  addCredential(input: $input) {
    __typename
    ... on Credential { id cloud label credentialType hint createdAt lastVerifiedAt }
    ... on Problem { code message }
    ... on InvalidInput { field }
  }
}
"""


def this_hour() -> datetime:
    """Give the beginning of the hour that is now."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def record(service: str, hour: datetime, usd: float) -> dict[str, Any]:
    """Give the input of one hour's cost."""
    return {"provider": "aws", "service": service, "costUsd": usd, "hour": hour.isoformat()}


def risen(service: str, deployed_at: datetime, before: float = 10.0, after: float = 20.0) -> list[dict[str, Any]]:
    """Give ten days of costs that rise at a deploy, which lies hours ago."""
    hours = [this_hour() - number * HOUR for number in range(240)]
    return [record(service, hour, after if hour >= deployed_at else before) for hour in hours]


async def deployed(client: GraphClient, service: str = EC2, **given: Any) -> str:
    """Record a deploy, and give its id."""
    answer = (await client.execute(DEPLOY, input={"service": service, **given}))["recordDeploy"]
    assert answer["__typename"] == "Deploy", answer
    return str(answer["deployId"])


async def regressed(client: GraphClient, service: str = EC2, **given: Any) -> str:
    """Record costs that rise at a deploy, detect that, and give the regression's id."""
    at = this_hour() - 5 * HOUR
    await client.execute(INGEST, records=risen(service, at))
    await deployed(client, service, deployedAt=at.isoformat(), **given)
    (regression,) = (await client.execute(DETECT))["detectRegressions"]["regressions"]
    return str(regression["regressionId"])


async def budgeted(client: GraphClient, limit: float = 100.0, **given: Any) -> str:
    """Set a budget, and give its id."""
    wanted = {"name": "Cloud", "monthlyLimitUsd": limit, **given}
    answer = (await client.execute(BUDGET, input=wanted))["createBudget"]
    assert answer["__typename"] == "Budget", answer
    return str(answer["budgetId"])


async def followed(
    client: GraphClient, query: str, *steps: Callable[[], Awaitable[Any]], **variables: Any
) -> list[dict[str, Any]]:
    """Follow a stream with one field: after each event the next step is taken, after the last the stream is left."""
    seen: list[dict[str, Any]] = []
    remaining = iter(steps)
    async with asyncio.timeout(SECONDS):
        async for payload in client.subscribe(query, **variables):
            (event,) = payload["data"].values()
            seen.append(event)
            step = next(remaining, None)
            if step is None:
                break
            await step()
    return seen
