"""What Apollo Client makes of the gateway: answers in parts, subscriptions in parts, persisted queries."""

from __future__ import annotations

import asyncio
import json

from tests.gateway.edge import Edge, Served
from tests.reference_clients import ReferenceClients

FIRST = {"viewer": {"__typename": "Viewer", "id": "local"}}
WHOLE = {"viewer": {**FIRST["viewer"], "usage": {"__typename": "Usage", "used": 0}}}
VIEWER = {"viewer": {"__typename": "Viewer", "name": "local"}}


async def test_apollo_client_reads_all_that_comes_over_http(
    edge: Edge, served: Served, reference_clients: ReferenceClients
) -> None:
    """Deferred parts by either handler, a subscription without a socket, and a hash by GET in place of a text."""
    arn = await edge.begin()

    async def finish_once_watched() -> None:
        while not edge.cloudsigma.watchers:  # noqa: ASYNC110 - mailboxes tell nobody that they open
            await asyncio.sleep(0.02)
        edge.cloudsigma.finish(arn)

    async with asyncio.TaskGroup() as both:
        finishing = both.create_task(finish_once_watched())
        printed = await reference_clients.run("apollo.mjs", f"http://{served.host}/graphql", arn)
        finishing.cancel()
    told = [(line["what"], line["told"]) for line in map(json.loads, printed.splitlines())]
    assert told == [
        ("deferSpec", [FIRST, WHOLE]),
        ("incrementalSpec", [FIRST, WHOLE]),
        ("subscription", ["RUNNING", "FAILED"]),
        ("persisted", {"data": VIEWER, "sent": ["GET", "POST with the text"]}),
        ("persisted", {"data": VIEWER, "sent": ["GET"]}),
    ]
