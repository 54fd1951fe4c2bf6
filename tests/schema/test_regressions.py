"""The graph of deploys and regressions, asked as a front end asks it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from adapters.sigil.models import Verdict
from tests.running import new_principal
from tests.schema.asking_cloudlink import DEPLOY, EC2, HOUR, budgeted, deployed, followed, regressed, this_hour
from tests.schema.conftest import CloudLinkGraph, DoubledGraph

MOVE = """
mutation($id: ID!) {{
  {field}(regressionId: $id) {{ __typename ... on Regression {{ status }} ... on Problem {{ code message }} }}
}}
"""
ACKNOWLEDGE = MOVE.format(field="acknowledgeRegression")
RESOLVE = MOVE.format(field="resolveRegression")
UPDATES = """
subscription($after: Cursor, $service: String) {
  regressionUpdates(after: $after, service: $service) {
    cursor at previousStatus regression { regressionId status service { name } }
  }
}
"""
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def test_a_deploy_is_recorded_with_what_it_ships(graph: CloudLinkGraph) -> None:
    """Packages and commit have fields of their own, and stand in the metadata where the wire has them."""
    given = {
        "service": EC2,
        "version": "1.2.3",
        "deployedAt": "2026-01-02T03:04:05",
        "packages": ["npm:express@4.18.2", "pypi:requests==2.32.3"],
        "commitSha": "abc123",
        "metadata": {"pipeline": 7},
    }
    answer = (await graph.client.execute(DEPLOY, input=given))["recordDeploy"]
    assert answer["packages"] == given["packages"]
    assert answer["metadata"] == {"pipeline": 7, "packages": given["packages"], "commit_sha": "abc123"}
    assert (answer["commitSha"], answer["environment"]) == ("abc123", "production")
    assert answer["deployedAt"] == "2026-01-02T03:04:05+00:00"
    query = "query($id: String!) { deploy(deployId: $id) { deployId } }"
    found = (await graph.client.execute(query, id=answer["deployId"]))["deploy"]
    assert found == {"deployId": answer["deployId"]}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"packages": ["npm:express@4.18.2", "express"]}, "packages.1"),
        ({"packages": ["cargo:serde"]}, "packages.0"),
        ({"metadata": "text"}, "metadata"),
        ({"service": ""}, "service"),
    ],
)
async def test_a_bad_deploy_is_data_that_names_the_field(
    graph: CloudLinkGraph, given: dict[str, Any], field: str
) -> None:
    """An expected failure is a member of the union, not an error."""
    answer = (await graph.client.execute(DEPLOY, input={"service": EC2, **given}))["recordDeploy"]
    assert (answer["__typename"], answer["field"]) == ("InvalidInput", field)
    assert answer["message"]


async def test_a_regression_is_pushed_through_its_life(graph: CloudLinkGraph) -> None:
    """It is told open, acknowledged and resolved, each with the status before."""
    client = graph.client
    regression_id = await regressed(client)
    steps = [partial(client.execute, move, id=regression_id) for move in (ACKNOWLEDGE, RESOLVE)]
    seen = await followed(client, UPDATES, *steps)
    assert [event["regression"]["status"] for event in seen] == ["OPEN", "ACKNOWLEDGED", "RESOLVED"]
    assert [event["previousStatus"] for event in seen] == [None, "OPEN", "ACKNOWLEDGED"]
    (missed,) = await followed(client, UPDATES, after=seen[0]["cursor"])
    assert missed["regression"]["status"] == "RESOLVED"


async def test_regression_updates_can_be_of_one_service(graph: CloudLinkGraph) -> None:
    """What happens to other services is not told."""
    await regressed(graph.client, "AWS Lambda")
    wanted = await regressed(graph.client, EC2)
    (seen,) = await followed(graph.client, UPDATES, service=EC2)
    assert seen["regression"] == {"regressionId": wanted, "status": "OPEN", "service": {"name": EC2}}


async def test_a_regression_that_is_not_open_cannot_be_acknowledged(graph: CloudLinkGraph) -> None:
    """That is a conflict; what does not exist is not found; a global id names it as well as its own."""
    client = graph.client
    regression_id = await regressed(client)
    query = "query($id: String!) { regression(regressionId: $id) { id } }"
    global_id = (await client.execute(query, id=regression_id))["regression"]["id"]
    first = await client.execute(ACKNOWLEDGE, id=global_id)
    assert first["acknowledgeRegression"] == {"__typename": "Regression", "status": "ACKNOWLEDGED"}
    second = (await client.execute(ACKNOWLEDGE, id=regression_id))["acknowledgeRegression"]
    assert second["__typename"] == "Conflict"
    unknown = (await client.execute(RESOLVE, id=UNKNOWN))["resolveRegression"]
    assert unknown["__typename"] == "NotFound"


async def test_a_regression_leads_to_deploy_service_and_budgets(graph: CloudLinkGraph) -> None:
    """Each of them leads back."""
    client = graph.client
    await budgeted(client, name="All")
    await budgeted(client, name="EC2", scope="SERVICE", service=EC2)
    await budgeted(client, name="Other", scope="SERVICE", service="AWS Lambda")
    regression_id = await regressed(client, version="2.0.0")
    data = await client.execute(
        """
        query($id: String!) {
          regression(regressionId: $id) {
            status baselineUsdPerHour postDeployUsdPerHour changePct monthlyImpactUsd confidence detectedAt
            deploy { version regressions { regressionId } service { name } }
            service { name regressions(status: OPEN) { regressionId } resolved: regressions(status: RESOLVED) { id } }
            budgets { name regressions(status: OPEN) { regressionId } }
          }
        }
        """,
        id=regression_id,
    )
    regression = data["regression"]
    assert regression["changePct"] > 10
    assert regression["postDeployUsdPerHour"] > regression["baselineUsdPerHour"]
    again = [{"regressionId": regression_id}]
    assert regression["deploy"] == {"version": "2.0.0", "regressions": again, "service": {"name": EC2}}
    assert regression["service"] == {"name": EC2, "regressions": again, "resolved": []}
    assert regression["budgets"] == [{"name": "All", "regressions": again}, {"name": "EC2", "regressions": again}]


async def test_package_scans_are_those_of_the_versions_shipped_worst_first(graph: CloudLinkGraph) -> None:
    """Ranges and unnamed versions match what was scanned; what is not done comes last."""
    for target, version, verdict in (
        ("npm:left-box@1.0.0", "1.0.0", Verdict.CLEAN),
        ("npm:left-box@2.0.0", "2.0.0", Verdict.CRITICAL_RISK),
        ("npm:@acme/box@3.1.0", "3.1.0", Verdict.MEDIUM_RISK),
        ("pypi:typed-box==1.5", "1.5", Verdict.HIGH_RISK),
    ):
        scan = await graph.sigil.submit(graph.principal, target)
        graph.sigil.finish(scan.id, verdict=verdict, package_version=version)
    await graph.sigil.submit(graph.principal, "npm:slow-box")
    packages = [
        "npm:left-box@1.0.0",
        "npm:@acme/box@^3.0.0",
        "pypi:Typed_Box[extra]>=1,<2",
        "npm:slow-box",
        "npm:unknown-box@1.0.0",
    ]
    regression_id = await regressed(graph.client, packages=packages)
    query = """
        query($id: String!) { regression(regressionId: $id) {
          packageScans { target verdict } deploy { packages packageScans { target } } } }
    """
    found = (await graph.client.execute(query, id=regression_id))["regression"]
    assert found["packageScans"] == [
        {"target": "pypi:typed-box==1.5", "verdict": "HIGH_RISK"},
        {"target": "npm:@acme/box@3.1.0", "verdict": "MEDIUM_RISK"},
        {"target": "npm:left-box@1.0.0", "verdict": "CLEAN"},
        {"target": "npm:slow-box", "verdict": None},
    ]
    assert found["deploy"]["packages"] == packages
    assert [scan["target"] for scan in found["deploy"]["packageScans"]] == [
        scan["target"] for scan in found["packageScans"]
    ]


async def test_what_is_no_package_in_the_metadata_is_not_asked_for(doubled: DoubledGraph) -> None:
    """What came in over the wire may hold anything."""
    odd = {"packages": ["", "a text", 7, "npm:express@4.18.2"]}
    await deployed(doubled.client, metadata=odd)
    data = await doubled.client.execute("{ deploys { nodes { packages packageScans { target } } } }")
    (deploy,) = data["deploys"]["nodes"]
    assert deploy == {"packages": ["", "a text", "npm:express@4.18.2"], "packageScans": []}
    await deployed(doubled.client, metadata={"packages": "npm:express"})
    doubled.sigil_calls.calls.clear()
    data = await doubled.client.execute("{ deploys(first: 1) { nodes { packages packageScans { target } } } }")
    assert data["deploys"]["nodes"] == [{"packages": [], "packageScans": []}]
    assert doubled.sigil_calls.calls == {}


async def test_deploys_are_a_relay_connection_that_filters(graph: CloudLinkGraph) -> None:
    """Pages together are the list, newest first."""
    client = graph.client
    ids = [
        await deployed(client, service, deployedAt=(this_hour() - (3 - number) * HOUR).isoformat())
        for number, service in enumerate((EC2, "AWS Lambda", EC2))
    ]
    query = """
        query($first: Int, $after: String, $service: String) {
          deploys(first: $first, after: $after, service: $service) {
            totalCount edges { cursor node { deployId } } nodes { deployId }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
    """
    first = (await client.execute(query, first=2))["deploys"]
    assert [node["deployId"] for node in first["nodes"]] == [ids[2], ids[1]]
    assert [edge["node"] for edge in first["edges"]] == first["nodes"]
    assert first["totalCount"] in (3, None)
    assert first["pageInfo"]["hasNextPage"]
    second = (await client.execute(query, first=2, after=first["pageInfo"]["endCursor"]))["deploys"]
    assert [node["deployId"] for node in second["nodes"]] == [ids[0]]
    assert (await client.execute(query, service="AWS Lambda"))["deploys"]["nodes"] == [{"deployId": ids[1]}]


async def test_regressions_are_a_relay_connection_that_filters(graph: CloudLinkGraph) -> None:
    """By status and by service; no page is longer than a hundred."""
    client = graph.client
    ids = [await regressed(client, service) for service in (EC2, "AWS Lambda")]
    await client.execute(RESOLVE, id=ids[0])
    query = """
        query($after: String, $status: RegressionStatus, $service: String) {
          regressions(first: 1, after: $after, status: $status, service: $service) {
            totalCount edges { cursor node { regressionId } } pageInfo { hasNextPage endCursor } } }
    """
    first = (await client.execute(query))["regressions"]
    assert first["totalCount"] in (2, None)
    assert first["pageInfo"]["hasNextPage"]
    second = (await client.execute(query, after=first["pageInfo"]["endCursor"]))["regressions"]
    assert [page["edges"][0]["node"]["regressionId"] for page in (first, second)] == ids[::-1]
    for given, wanted in (({"status": "OPEN"}, ids[1]), ({"status": "RESOLVED"}, ids[0]), ({"service": EC2}, ids[0])):
        (edge,) = (await client.execute(query, **given))["regressions"]["edges"]
        assert edge["node"]["regressionId"] == wanted
    too_many = await client.post("{ regressions(first: 101) { nodes { id } } }")
    assert too_many["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": "first"}


async def test_deploys_and_regressions_are_nodes(graph: CloudLinkGraph) -> None:
    """Their global ids find them again."""
    await regressed(graph.client)
    data = await graph.client.execute("{ regressions { nodes { id deploy { id } } } }")
    (regression,) = data["regressions"]["nodes"]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    found = (await graph.client.execute(query, ids=[regression["id"], regression["deploy"]["id"]]))["nodes"]
    assert found == [
        {"__typename": "Regression", "id": regression["id"]},
        {"__typename": "Deploy", "id": regression["deploy"]["id"]},
    ]


async def test_port_calls_do_not_grow_with_the_list(graph: CloudLinkGraph) -> None:
    """Every edge of all listed regressions is asked for at once."""
    for service in (EC2, "AWS Lambda", "Amazon S3"):
        await regressed(graph.client, service, packages=["npm:express@4.18.2"])
        await budgeted(graph.client, name=service, scope="SERVICE", service=service)
    graph.cloudlink_calls.calls.clear()
    graph.sigil_calls.calls.clear()
    data = await graph.client.execute(
        """
        { regressions(first: 10) { nodes {
            deploy { regressions { id } packageScans { target } } packageScans { target }
            budgets { name alerts { thresholdPct } regressions { id } }
            service { deploys { version } costs { costUsd } anomaly { severity } regressions { id } budgets { name }
                      estimate { budgetImpact { budget { name } } } } } } }
        """
    )
    assert len(data["regressions"]["nodes"]) == 3
    assert set(graph.cloudlink_calls.calls.values()) == {1}
    assert graph.sigil_calls.calls == {"scans_of_packages": 1}


async def test_many_packages_are_asked_for_some_hundred_at_a_time(doubled: DoubledGraph) -> None:
    """No single call grows without bound."""
    for part in range(3):
        await deployed(doubled.client, packages=[f"npm:box-{part}-{number}@1.0.0" for number in range(300)])
    doubled.sigil_calls.calls.clear()
    await doubled.client.execute("{ deploys { nodes { packageScans { target } } } }")
    assert doubled.sigil_calls.calls == {"scans_of_packages": 3}


async def test_another_tenant_sees_nothing(graph: CloudLinkGraph) -> None:
    """Neither by its own id, nor by a global one, nor in lists, nor by changing it."""
    regression_id = await regressed(graph.client)
    data = await graph.client.execute("{ regressions { nodes { id deploy { id deployId } } } }")
    (regression,) = data["regressions"]["nodes"]
    stranger = graph.client_for(new_principal())
    query = """
        query($regression: String!, $deploy: String!, $ids: [ID!]!) {
          regression(regressionId: $regression) { id } deploy(deployId: $deploy) { id } nodes(ids: $ids) { id }
          regressions { nodes { id } } deploys { nodes { id } } cloudServices { name } }
    """
    ids = [regression["id"], regression["deploy"]["id"]]
    seen = await stranger.execute(query, regression=regression_id, deploy=regression["deploy"]["deployId"], ids=ids)
    assert seen == {
        "regression": None,
        "deploy": None,
        "nodes": [None, None],
        "regressions": {"nodes": []},
        "deploys": {"nodes": []},
        "cloudServices": [],
    }
    refused = (await stranger.execute(RESOLVE, id=regression["id"]))["resolveRegression"]
    assert refused["__typename"] in ("NotFound", "NotAllowed")
    (known,) = (await graph.client.execute("{ regressions { nodes { status } } }"))["regressions"]["nodes"]
    assert known == {"status": "OPEN"}
