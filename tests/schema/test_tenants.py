"""What is another tenant's is as what does not exist, wherever the graph takes an id: the table is held against it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLArgument, GraphQLInputField, GraphQLInputObjectType, build_schema, get_named_type

from gateway.assembly import Assembly
from tests.aws_server import AwsServer
from tests.graph_client import GraphClient
from tests.running import PROJECT, new_principal
from tests.schema.conftest import ClientFor, serving
from tests.schema.owning import UNKNOWN, Owned, own_everything

SDL = build_schema((PROJECT / "schema" / "schema.graphql").read_text())
IDENTIFIER = re.compile(r"(^id|Id|^ids|Ids|^arn)$")
PUBLIC = {
    "Mutation.addCredential.input.accessKeyId": "names a key at AWS",
    "Mutation.addCredential.input.externalId": "names a condition at AWS",
    "Mutation.generateRules.input.cveId": "a CVE's id is everybody's",
    "Mutation.generateRules.input.fromThreat": "threats are told to everybody",
    "Query.node.id": "asked for each type of node",
    "Query.nodes.ids": "asked for each type of node",
}
PUBLIC_NODES = {"Threat": "threats are told to everybody"}
SILENCE_SECONDS = 1.0
"""How long a stream may take to tell its present state; one that has none says nothing at all."""

PROBLEM = "__typename ... on Problem { code message }"


@dataclass(frozen=True)
class Case:
    """An operation on what `$id` names; `what` says which of a tenant's things that is."""

    what: str
    document: str


READS = {
    "Query.budget.budgetId": Case("budget", "query($id: String!) { budget(budgetId: $id) { name } }"),
    "Query.budgetAlerts.budgetId": Case(
        "budget", "query($id: String!) { budgetAlerts(budgetId: $id) { thresholdPct } }"
    ),
    "Query.cloudService.name": Case("service", "query($id: String!) { cloudService(name: $id) { costs { costUsd } } }"),
    "Query.deploy.deployId": Case("deploy", "query($id: String!) { deploy(deployId: $id) { environment } }"),
    "Query.deploys.service": Case("service", "query($id: String!) { deploys(service: $id) { nodes { id } } }"),
    "Query.execution.arn": Case("execution", "query($id: String!) { execution(arn: $id) { startedAt } }"),
    "Query.packageScan.scanId": Case("package scan", "query($id: String!) { packageScan(scanId: $id) { target } }"),
    "Query.regression.regressionId": Case(
        "regression", "query($id: String!) { regression(regressionId: $id) { status } }"
    ),
    "Query.regressions.service": Case("service", "query($id: String!) { regressions(service: $id) { nodes { id } } }"),
}
WRITES = {
    "Mutation.acknowledgeRegression.regressionId": Case(
        "regression", f"mutation($id: ID!) {{ acknowledgeRegression(regressionId: $id) {{ {PROBLEM} }} }}"
    ),
    "Mutation.approveAction.actionId": Case(
        "action", f"mutation($id: ID!) {{ approveAction(actionId: $id) {{ {PROBLEM} }} }}"
    ),
    "Mutation.deleteBudget.budgetId": Case("budget", "mutation($id: ID!) { deleteBudget(budgetId: $id) }"),
    "Mutation.generateRules.input.fromRegression": Case(
        "regression", f"mutation($id: ID!) {{ generateRules(input: {{ fromRegression: $id }}) {{ {PROBLEM} }} }}"
    ),
    "Mutation.generateRules.input.fromScan": Case(
        "package scan", f"mutation($id: ID!) {{ generateRules(input: {{ fromScan: $id }}) {{ {PROBLEM} }} }}"
    ),
    "Mutation.ingestCosts.records.credentialId": Case(
        "credential",
        'mutation($id: ID!) { ingestCosts(records: { credentialId: $id, provider: "aws", service: "Amazon EC2",'
        ' costUsd: 1e9, hour: "2026-01-01T00:00:00Z" }) }',
    ),
    "Mutation.rejectAction.actionId": Case(
        "action", f"mutation($id: ID!) {{ rejectAction(actionId: $id) {{ {PROBLEM} }} }}"
    ),
    "Mutation.removeCredential.credentialId": Case(
        "credential", "mutation($id: ID!) { removeCredential(credentialId: $id) }"
    ),
    "Mutation.removeWebhook.webhookId": Case("webhook", "mutation($id: ID!) { removeWebhook(webhookId: $id) }"),
    "Mutation.resolveRegression.regressionId": Case(
        "regression", f"mutation($id: ID!) {{ resolveRegression(regressionId: $id) {{ {PROBLEM} }} }}"
    ),
    "Mutation.updateBudget.input.budgetId": Case(
        "budget", f"mutation($id: ID!) {{ updateBudget(input: {{ budgetId: $id, enabled: false }}) {{ {PROBLEM} }} }}"
    ),
}
STREAMS = {
    "Subscription.budgetAlerts.budgetId": Case(
        "budget", "subscription($id: String!) { budgetAlerts(budgetId: $id) { cursor alert { thresholdPct } } }"
    ),
    "Subscription.executionStatus.arn": Case(
        "execution", "subscription($id: String!) { executionStatus(arn: $id) { execution { startedAt } } }"
    ),
    "Subscription.regressionUpdates.service": Case(
        "service", "subscription($id: String!) { regressionUpdates(service: $id) { regression { status } } }"
    ),
    "Subscription.scanStatus.scanId": Case(
        "scan", "subscription($id: String!) { scanStatus(scanId: $id) { scan { startedAt } } }"
    ),
}
CASES = {**READS, **WRITES, **STREAMS}
OVERVIEW = """
{
  regressions { nodes { id regressionId status } }
  deploys { nodes { id } }
  cloudServices { name costs { costUsd } }
  anomalies { zScore }
  budgets { id enabled alerts { id } }
  budgetAlerts { id }
  resources { resourceId }
  credentials { id }
  actions { id status }
  webhooks { id }
  scans { nodes { id } }
  executions { nodes { id } }
  packageScans { nodes { id } }
  auditLog { nodes { id } }
  stats { resourcesCount actionsByStatus lastScan { id } }
}
"""


@dataclass(frozen=True)
class Tenants:
    """The one who owns everything, and one who owns nothing."""

    owned: Owned
    owner: GraphClient
    stranger: GraphClient
    client_for: ClientFor


@pytest.fixture(scope="module")
async def tenants(assembly: Assembly, running_aws: AwsServer) -> AsyncIterator[Tenants]:
    """Two tenants of one gateway over the embedded services."""
    async with serving(assembly) as client_for:
        owner = client_for(new_principal())
        owned = await own_everything(owner, running_aws)
        await owner.execute(OVERVIEW)  # which finds the anomalies, and notes it
        yield Tenants(owned, owner, client_for(new_principal()), client_for)


def identifiers() -> Iterator[str]:
    """Name every argument of the graph that takes an id, also within inputs."""
    for name, kind in SDL.type_map.items():
        for field_name, field in (getattr(kind, "fields", None) or {}).items():
            for argument_name, argument in getattr(field, "args", {}).items():
                yield from _within(f"{name}.{field_name}.{argument_name}", argument_name, argument)


def _within(path: str, name: str, taken: GraphQLArgument | GraphQLInputField) -> Iterator[str]:
    kind = get_named_type(taken.type)
    if isinstance(kind, GraphQLInputObjectType):
        for part_name, part in kind.fields.items():
            yield from _within(f"{path}.{part_name}", part_name, part)
    elif kind.name == "ID" or IDENTIFIER.search(name):
        yield path


def test_every_argument_that_takes_an_id_is_in_the_table() -> None:
    """A new one has to be added here, and is then held against another tenant's ids."""
    found = set(identifiers())
    assert {"Mutation.updateBudget.input.budgetId", "Subscription.scanStatus.scanId"} <= found
    assert found - set(CASES) - set(PUBLIC) == set()


async def test_every_type_of_node_is_owned(tenants: Tenants) -> None:
    """A new one has to be made by `own_everything`, and is then asked for by another tenant."""
    nodes = {kind.name for kind in SDL.get_possible_types(SDL.type_map["Node"])}  # type: ignore[arg-type]
    assert nodes == set(tenants.owned.node) | set(PUBLIC_NODES)


async def test_a_node_of_another_tenants_is_none(tenants: Tenants) -> None:
    """By `node` and by `nodes`, whatever its type; its owner gets it."""
    query = "query($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { id } }"
    ids = list(tenants.owned.node.values())
    owners = await tenants.owner.execute(query, id=ids[0], ids=ids)
    assert [node["id"] for node in owners["nodes"]] == ids
    for identifier in ids:
        strangers = await tenants.stranger.execute(query, id=identifier, ids=ids)
        assert strangers == {"node": None, "nodes": [None] * len(ids)}


@pytest.mark.parametrize("name", READS)
async def test_what_is_read_of_another_tenants_is_as_unknown(tenants: Tenants, name: str) -> None:
    """Its owner reads something."""
    case = READS[name]
    theirs, unknown = await answers(tenants.stranger, case, tenants.owned)
    assert theirs == unknown
    own = tenants.owned.own[case.what]
    assert masked(await tenants.owner.post(case.document, id=own), own) != theirs


@pytest.mark.parametrize("name", WRITES)
async def test_what_is_written_to_another_tenants_is_as_unknown(tenants: Tenants, name: str) -> None:
    """By its own id and by its global one; everything stays as it was for its owner."""
    before = await tenants.owner.execute(OVERVIEW)
    somebody = tenants.client_for(new_principal())
    theirs, unknown = await answers(somebody, WRITES[name], tenants.owned)
    assert theirs == unknown
    of_type = WRITES[name].what.title()
    if of_type in tenants.owned.node:
        by_node = await somebody.post(WRITES[name].document, id=tenants.owned.node[of_type])
        assert masked(by_node, tenants.owned.own[WRITES[name].what]) == unknown
    assert await tenants.owner.execute(OVERVIEW) == before


@pytest.mark.parametrize("name", STREAMS)
async def test_a_stream_of_another_tenants_is_as_of_the_unknown(tenants: Tenants, name: str) -> None:
    """It tells nothing, or that there is nothing; its owner is told the present state."""
    case = STREAMS[name]
    own = tenants.owned.own[case.what]
    theirs = masked(await first_of(tenants.stranger, case, own), own)
    assert theirs == masked(await first_of(tenants.stranger, case, UNKNOWN), UNKNOWN)
    owners = await first_of(tenants.owner, case, own)
    assert owners is not None
    assert "errors" not in owners


async def test_a_package_scan_of_another_tenants_is_not_followed_either(tenants: Tenants) -> None:
    """Its stream ends as that of an unknown one."""
    case, own = STREAMS["Subscription.scanStatus.scanId"], tenants.owned.own["package scan"]
    theirs = masked(await first_of(tenants.stranger, case, own), own)
    assert theirs == masked(await first_of(tenants.stranger, case, UNKNOWN), UNKNOWN)


async def test_the_lists_of_another_tenant_are_empty(tenants: Tenants) -> None:
    """Whatever there is to list; the owner has something in each."""
    owners = await tenants.owner.execute(OVERVIEW)
    assert not any(rows in ([], {"nodes": []}) for rows in owners.values()), owners
    strangers = await tenants.client_for(new_principal()).execute(OVERVIEW)
    assert strangers.pop("stats") == {"resourcesCount": 0, "actionsByStatus": {}, "lastScan": None}
    assert all(rows in ([], {"nodes": []}) for rows in strangers.values()), strangers


async def test_a_cursor_of_another_tenants_leads_nowhere(tenants: Tenants) -> None:
    """It names a place in one's own list."""
    query = "query($after: String) { regressions(after: $after) { nodes { id } pageInfo { endCursor } } }"
    cursor = (await tenants.owner.execute(query))["regressions"]["pageInfo"]["endCursor"]
    assert (await tenants.stranger.execute(query, after=cursor))["regressions"]["nodes"] == []


async def answers(client: GraphClient, case: Case, owned: Owned) -> tuple[str, str]:
    """Answer for what is another tenant's, and for what nobody has, without what was asked for."""
    own = owned.own[case.what]
    return masked(await client.post(case.document, id=own), own), masked(
        await client.post(case.document, id=UNKNOWN), UNKNOWN
    )


def masked(answer: dict[str, Any] | None, identifier: str) -> str:
    """Write an answer down without the id that it may repeat."""
    return json.dumps(answer).replace(identifier, "ID")


async def first_of(client: GraphClient, case: Case, identifier: str) -> dict[str, Any] | None:
    """Give the first that a stream tells; None where it ends or stays silent."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SILENCE_SECONDS):
            async for payload in client.subscribe(case.document, id=identifier):
                return payload
    return None
