"""`/graphql` as server-sent events: one request, one stream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from adapters.cloudsigma.models import Stage
from tests.doubles.memory_cloudsigma import finished_output
from tests.gateway.edge import SECONDS, Edge, Served

STATUS = "subscription($arn: String!) { executionStatus(arn: $arn) { cursor execution { status stage } } }"
Events = AsyncIterator[tuple[str, Any]]


@asynccontextmanager
async def stream(
    served: Served, query: str, accept: str = "text/event-stream", last: str = "", **variables: Any
) -> AsyncIterator[Events]:
    headers = {"Accept": accept, "Last-Event-ID": last}
    body = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(timeout=SECONDS) as client,
        client.stream("POST", f"http://{served.host}/graphql", json=body, headers=headers) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "no-cache" in response.headers["cache-control"]
        yield _events(response)


async def _events(response: httpx.Response) -> Events:
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            data = line.removeprefix("data:").strip()
            yield name, json.loads(data) if data else None


async def test_a_query_is_one_event_and_the_end(served: Served) -> None:
    """What is no subscription is streamed too: `next`, then `complete`."""
    async with stream(served, "{ viewer { id } }") as events:
        told = [event async for event in events]
    assert told == [("next", {"data": {"viewer": {"id": "local"}}}), ("complete", None)]


async def test_a_subscription_is_told_every_change_up_to_the_end(edge: Edge, served: Served) -> None:
    """The present state comes at once, each change as it happens, and after the last one the stream completes."""
    arn = await edge.begin()
    async with stream(served, STATUS, arn=arn) as events:
        told = [await anext(events)]
        edge.cloudsigma.advance(arn, Stage.EXTRACT)
        told.append(await anext(events))
        edge.cloudsigma.finish(arn, finished_output())
        told.extend([event async for event in events])
    states = [event["data"]["executionStatus"]["execution"] for _, event in told[:-1]]
    assert [(state["status"], state["stage"]) for state in states] == [
        ("RUNNING", "INGEST"),
        ("RUNNING", "EXTRACT"),
        ("SUCCEEDED", "EXTRACT"),
    ]
    assert told[-1] == ("complete", None)
    await edge.until_nobody_watches()


async def test_a_subscription_is_streamed_to_who_would_rather_have_json(edge: Edge, served: Served) -> None:
    """JSON can't answer it, so events do, where they are taken at all; they go on behind the last one, too."""
    arn, accept = await edge.begin(), "application/json, text/event-stream"
    async with stream(served, STATUS, accept, arn=arn) as events:
        _, first = await anext(events)
    edge.cloudsigma.advance(arn, Stage.FILTER)
    async with stream(served, STATUS, accept, first["data"]["executionStatus"]["cursor"], arn=arn) as events:
        _, second = await anext(events)
    stages = [event["data"]["executionStatus"]["execution"]["stage"] for event in (first, second)]
    assert stages == ["INGEST", "FILTER"]


async def test_who_leaves_is_watched_for_no_longer(edge: Edge, served: Served) -> None:
    """A client that closes its connection frees what the stream held."""
    async with stream(served, STATUS, arn=await edge.begin()) as events:
        await anext(events)
        assert edge.cloudsigma.watchers == 1
    await edge.until_nobody_watches()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('subscription { executionStatus(arn: "arn:none") { cursor } }', "NOT_FOUND"),
        ('subscription { executionUpdates(after: "x") { cursor } }', "INVALID_INPUT"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_what_cannot_be_streamed_is_an_error_and_the_end(query: str, code: str, served: Served) -> None:
    """The stream tells the error with its code and completes."""
    async with stream(served, query) as events:
        told = [event async for event in events]
    assert [name for name, _ in told] == ["next", "complete"]
    assert told[0][1]["errors"][0]["extensions"]["code"] == code


async def test_a_browser_that_comes_back_goes_on_behind_the_last_event(edge: Edge, served: Served) -> None:
    """Each event's id is its cursor, and `Last-Event-ID` counts for more than what the address still says."""
    arn = await edge.begin()
    params = {
        "query": f'subscription {{ executionStatus(arn: "{arn}", after: "0") {{ cursor execution {{ stage }} }} }}'
    }
    heard = []
    last = ""
    async with httpx.AsyncClient(timeout=SECONDS, base_url=f"http://{served.host}") as client:
        for stage in (Stage.EXTRACT, Stage.FILTER):
            edge.cloudsigma.advance(arn, stage)
            headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
            async with client.stream("GET", "/graphql", params=params, headers=headers) as response:
                lines = [line async for line in _until_data(response)]
            last = next(line.removeprefix("id: ") for line in lines if line.startswith("id: "))
            heard.append(json.loads(lines[-1].removeprefix("data: "))["data"]["executionStatus"])
        headers = {"Accept": "text/event-stream", "Last-Event-ID": "yesterday"}
        wrong = (await client.get("/graphql", params=params, headers=headers)).text
    assert [event["execution"]["stage"] for event in heard] == ["EXTRACT", "FILTER"]
    assert last == heard[-1]["cursor"]
    assert '"code":"INVALID_INPUT"' in wrong


async def _until_data(response: httpx.Response) -> AsyncIterator[str]:
    async for line in response.aiter_lines():
        yield line
        if line.startswith("data: "):
            return


async def test_a_request_without_an_operation_is_refused(edge: Edge) -> None:
    """There is nothing to stream of it."""
    async with edge.client() as client:
        answer = await client.post("/graphql", json={"query": ""}, headers={"Accept": "text/event-stream"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_stream_that_is_refused_by_get_is_kept_by_nobody(edge: Edge) -> None:
    """A 404 without a word on it may be kept by whoever it passes."""
    async with edge.client() as client:
        answer = await client.get("/graphql", params={"token": "none"}, headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


async def test_a_mutation_is_not_streamed_by_get(edge: Edge) -> None:
    """GET changes nothing in this way either."""
    query = 'mutation { generateRules(input: {text: "x"}) { __typename } }'
    async with edge.client() as client:
        answer = await client.get("/graphql", params={"query": query}, headers={"Accept": "text/event-stream"})
    assert "A mutation needs POST" in answer.text
    assert edge.cloudsigma.calls["generate"] == 0
