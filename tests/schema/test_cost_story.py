"""A day with CloudLink as one script of operations, over every adapter: what is asked, what is pushed, what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.aws_server import AwsServer
from tests.cloud_account import populate
from tests.graph_client import GraphClient
from tests.schema.asking_cloudlink import (
    BUDGET,
    DEPLOY,
    DETECT,
    EC2,
    HOUR,
    INGEST,
    record,
    risen,
    this_hour,
)

SECONDS = 90
S3 = "Amazon S3"
REGRESSIONS = "subscription { regressionUpdates { previousStatus regression { regressionId status changePct } } }"
ALERTS = "subscription { budgetAlerts { alert { thresholdPct spendUsd limitUsd budget { name } } } }"
ACTIONS = "subscription { actionUpdates { previousStatus action { actionId actionType status lastError } } }"
SCAN = "subscription($scanId: String!) { scanStatus(scanId: $scanId) { scan { status error } } }"
ADD = """
mutation($input: AddCredentialInput!) {
  addCredential(input: $input) { __typename ... on Credential { id hint } ... on Problem { message } }
}
"""
START = """
mutation {
  startCloudScan { ... on CloudScans { credentialsScanned scans { scanId status } } ... on Problem { message } }
}
"""
AUDIT = "{ auditLog(first: 100) { nodes { eventType actor actionType status detail } } }"


def changing(name: str, key: str) -> str:
    """Write the mutation that changes one thing by its id."""
    return (
        f"mutation($id: ID!) {{ {name}({key}: $id)"
        " { __typename ... on Regression { status } ... on Action { status } ... on Problem { message } } }"
    ).replace("... on Action { status } " if "egression" in name else "... on Regression { status } ", "")


class Followed:
    """What a subscription has pushed so far."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    def take(self, event: dict[str, Any]) -> None:
        self.seen.append(event)
        self._news.set()

    async def until(self, wanted: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until what was pushed is as wanted."""
        async with asyncio.timeout(SECONDS):
            while not wanted(self.seen):
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def following(client: GraphClient, query: str) -> AsyncIterator[Followed]:
    """Follow a subscription beside what goes on."""
    followed = Followed()

    async def follow() -> None:
        async for payload in client.subscribe(query):
            assert "errors" not in payload, payload
            (event,) = payload["data"].values()
            followed.take(event)

    task = asyncio.create_task(follow())
    try:
        yield followed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_deploy_that_costs_is_pushed_and_handled(client: GraphClient) -> None:
    """History and a deploy come in, detection pushes the regression, and every step after it is pushed too."""
    at = this_hour() - 5 * HOUR
    async with following(client, REGRESSIONS) as pushed:
        await client.execute(INGEST, records=risen(EC2, at, before=10, after=15))
        await client.execute(DEPLOY, input={"service": EC2, "version": "2.0", "deployedAt": at.isoformat()})
        detection = (await client.execute(DETECT))["detectRegressions"]
        assert (detection["regressionsDetected"], detection["deploysAnalyzed"]) == (1, 1)
        await pushed.until(lambda seen: len(seen) == 1)
        regression = pushed.seen[0]["regression"]
        assert regression["status"] == "OPEN"
        assert 49 < regression["changePct"] < 51
        for name, status in (("acknowledgeRegression", "ACKNOWLEDGED"), ("resolveRegression", "RESOLVED")):
            answer = await client.execute(changing(name, "regressionId"), id=regression["regressionId"])
            assert answer[name] == {"__typename": "Regression", "status": status}
            await pushed.until(lambda seen, status=status: seen[-1]["regression"]["status"] == status)  # type: ignore[misc]
    told = [(event["previousStatus"], event["regression"]["status"]) for event in pushed.seen]
    assert told == [(None, "OPEN"), ("OPEN", "ACKNOWLEDGED"), ("ACKNOWLEDGED", "RESOLVED")]
    kinds = [event["eventType"] for event in (await client.execute(AUDIT))["auditLog"]["nodes"]]
    assert set(kinds) >= {
        "deploy.recorded",
        "regression.detected",
        "regression.acknowledged",
        "regression.resolved",
    }


async def test_each_threshold_of_a_budget_is_pushed_once(client: GraphClient) -> None:
    """At 50, 80 and 100 per cent, however often costs come in above it."""
    wanted = {"name": "Storage", "monthlyLimitUsd": 100, "scope": "SERVICE", "service": S3}
    await client.execute(BUDGET, input=wanted)
    async with following(client, ALERTS) as pushed:
        for count, usd in ((0, 10), (1, 55), (2, 85), (3, 120), (3, 130)):
            await client.execute(INGEST, records=[record(S3, this_hour(), usd)])
            await pushed.until(lambda seen, count=count: len(seen) >= count)  # type: ignore[misc]
        await client.execute("mutation { checkBudgets { alertsFired } }")
        await asyncio.sleep(2)
    assert [event["alert"]["thresholdPct"] for event in pushed.seen] == [50, 80, 100]
    assert [event["alert"]["spendUsd"] for event in pushed.seen] == [55, 85, 120]
    assert {event["alert"]["budget"]["name"] for event in pushed.seen} == {"Storage"}
    kinds = [event["eventType"] for event in (await client.execute(AUDIT))["auditLog"]["nodes"]]
    assert kinds.count("budget.threshold") == 3


TOLD = {
    "credential.added",
    "scan.finished",
    "action.created",
    "action.approved",
    "action.rejected",
    "action.completed",
}


async def test_actions_are_approved_and_rejected(client: GraphClient, running_aws: AwsServer) -> None:
    """A scan proposes them; one is approved and runs dry, one is rejected, and the audit trail has it all."""
    owner, credential = await running_aws.new_account()
    await populate(owner)
    given = {
        "cloud": "aws",
        "label": "production",
        "roleArn": credential.role_arn,
        "externalId": credential.external_id,
        "accessKeyId": credential.access_key_id,
        "secretAccessKey": credential.secret_access_key,
        "regions": list(credential.regions),
    }
    added = await client.execute(ADD, input=given)
    assert added["addCredential"]["__typename"] == "Credential", added
    async with following(client, ACTIONS) as pushed:
        (scan,) = (await client.execute(START))["startCloudScan"]["scans"]
        async with asyncio.timeout(SECONDS):
            events = [event async for event in client.subscribe(SCAN, scanId=scan["scanId"])]
        assert events[-1]["data"]["scanStatus"]["scan"] == {"status": "COMPLETED", "error": None}
        await pushed.until(lambda seen: len({event["action"]["actionId"] for event in seen}) >= 2)
        first, second = sorted({event["action"]["actionId"] for event in pushed.seen})[:2]
        await client.execute(changing("approveAction", "actionId"), id=first)
        await client.execute(changing("rejectAction", "actionId"), id=second)
        again = await client.execute(changing("approveAction", "actionId"), id=second)
        assert again["approveAction"]["__typename"] == "Conflict"
        ends = {first: "SUCCESS", second: "FAILED"}
        await pushed.until(lambda seen: ends.items() <= {_id(event): _status(event) for event in seen}.items())
    rejected = [event["action"] for event in pushed.seen if _id(event) == second]
    assert rejected[-1]["lastError"] == "rejected"
    trail = (await client.execute(AUDIT))["auditLog"]["nodes"]
    assert {event["eventType"] for event in trail} >= TOLD
    done = next(event for event in trail if event["eventType"] == "action.completed" and event["status"] == "SUCCESS")
    assert "dry run" in done["detail"].lower()


def _id(event: dict[str, Any]) -> str:
    return str(event["action"]["actionId"])


def _status(event: dict[str, Any]) -> str:
    return str(event["action"]["status"])
