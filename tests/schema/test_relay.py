"""Clients that keep things by their ids: Relay, whose compiler accepts the SDL, and Apollo Client's cache."""

from __future__ import annotations

import json
from pathlib import Path

from adapters.cloudlink.models import NewDeploy
from adapters.paging import Window
from resolvers.nodes import global_id
from tests.graph_client import GraphClient
from tests.reference_clients import ReferenceClients
from tests.running import PROJECT
from tests.schema.asking_cloudlink import regressed
from tests.schema.conftest import DoubledGraph

SDL = PROJECT / "schema" / "schema.graphql"


async def test_a_front_end_with_relay(
    reference_clients: ReferenceClients, doubled: DoubledGraph, tmp_path: Path
) -> None:
    """Fragments, pages both ways, refetching by id, mutations with unions and a stream, all in one normalised store."""
    await reference_clients.run("relay_compile.mjs", str(SDL), str(tmp_path))
    client = doubled.client
    regression_id = global_id("Regression", await regressed(client))
    for _ in range(4):
        await doubled.cloudlink.record_deploy(doubled.principal, NewDeploy(service="Amazon S3"))
        await doubled.sigil.submit(doubled.principal, "npm:box")
    ids = await deploy_ids(doubled)
    output = await reference_clients.run("relay_story.mjs", str(tmp_path), *access(client), regression_id)
    told = json.loads(output)
    recorded = told.pop("recorded")
    regression, viewer = told.pop("regression"), told.pop("viewer")
    assert told == {
        "firstPage": ids[:2],
        "secondPage": ids[:4],
        "whole": ids,
        "hasNext": False,
        "withNewest": [recorded, *ids],
        "scans": ["PackageScan"] * 4,
        "refetched": "Deploy",
        "before": "OPEN",
        "acknowledged": "Regression",
        "after": "ACKNOWLEDGED",
        "again": "conflict",
        "pushed": regression_id,
    }
    assert (regression["status"], regression["deploy"]) == ("OPEN", {"id": ids[-1]})
    assert viewer["name"] == doubled.principal.name


async def test_a_front_end_with_apollos_cache(reference_clients: ReferenceClients, doubled: DoubledGraph) -> None:
    """Its pagination in Relay's style puts pages of both directions together, each deploy once and by its id."""
    for _ in range(5):
        await doubled.cloudlink.record_deploy(doubled.principal, NewDeploy(service="Amazon EC2"))
    ids = await deploy_ids(doubled)
    told = json.loads(await reference_clients.run("apollo_pages.mjs", *access(doubled.client)))
    recorded = told.pop("recorded")
    assert sorted(told.pop("kept")) == sorted(f"Deploy:{known}" for known in (recorded, *ids))
    assert told == {"firstPage": ids[:2], "whole": ids, "withNewest": [recorded, *ids]}


async def deploy_ids(graph: DoubledGraph) -> list[str]:
    """Give the global ids of all deploys, newest first."""
    deploys = (await graph.cloudlink.deploys(graph.principal, Window(9), None)).nodes
    return [global_id("Deploy", deploy.id) for deploy in deploys]


def access(client: GraphClient) -> tuple[str, str]:
    """Give the URL and the key of a client."""
    return client._url, client._headers["Authorization"].removeprefix("Bearer ")
