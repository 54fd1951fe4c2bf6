"""The application as a whole: two callers, and one door."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.configuration.settings import Settings
from tests.doubles.memory_cloudsigma import finished_output
from tests.gateway.edge import ALICE, BOB, Edge, Served, connected

EVERYTHING = """query($arn: String!, $id: ID!) {
    execution(arn: $arn) { arn rules { id } }
    node(id: $id) { id }
    nodes(ids: [$id]) { id }
    executions { totalCount nodes { arn } edges { node { arn } } }
    finished: executions(status: SUCCEEDED) { totalCount }
}"""
GENERATE = 'mutation { generateRules(input: {text: "a report"}) { ... on Execution { id arn } } }'
STATUS = "subscription($arn: String!) { executionStatus(arn: $arn) { execution { status } } }"
UPDATES = "subscription { executionUpdates { execution { arn status } } }"


async def begun(keyed: Edge, key: str) -> Any:
    return (await keyed.ask(GENERATE, key))["data"]["generateRules"]


async def test_no_query_shows_one_caller_anothers_executions(keyed: Edge) -> None:
    """By ARN, by global id or in a list: what is Alice's is not there for Bob, though both are of one tenant."""
    execution = await begun(keyed, ALICE)
    keyed.cloudsigma.finish(execution["arn"], finished_output())
    seen = [await keyed.ask(EVERYTHING, key, **execution) for key in (ALICE, BOB)]
    arn, identifier = execution["arn"], execution["id"]
    assert seen[0]["data"] == {
        "execution": {"arn": arn, "rules": []},
        "node": {"id": identifier},
        "nodes": [{"id": identifier}],
        "executions": {"totalCount": 1, "nodes": [{"arn": arn}], "edges": [{"node": {"arn": arn}}]},
        "finished": {"totalCount": 1},
    }
    assert seen[1]["data"] == {
        "execution": None,
        "node": None,
        "nodes": [None],
        "executions": {"totalCount": 0, "nodes": [], "edges": []},
        "finished": {"totalCount": 0},
    }


async def test_no_stream_shows_one_caller_anothers_execution(keyed: Edge, served_keyed: Served) -> None:
    """Alice's execution is, for Bob, like one that does not exist."""
    execution = await begun(keyed, ALICE)
    told = []
    async with connected(served_keyed, BOB) as socket:
        await socket.init()
        for arn in (execution["arn"], "arn:none"):
            await socket.subscribe(STATUS, arn=arn)
            message = await socket.hear()
            assert await socket.hear() == {"id": "1", "type": "complete"}
            told.append(str(message["payload"]).replace(arn, "ARN"))
    assert told[0] == told[1]
    assert "NOT_FOUND" in told[0]


async def test_updates_tell_each_caller_its_own(keyed: Edge, served_keyed: Served) -> None:
    """With both watching and both at work, neither hears of the other's, neither at first nor later."""
    async with connected(served_keyed, ALICE) as alice, connected(served_keyed, BOB) as bob:
        heard: dict[str, list[str]] = {}
        arns = {name: [(await begun(keyed, key))["arn"]] for name, key in (("alice", ALICE), ("bob", BOB))}
        for socket in (alice, bob):
            await socket.init()
            await socket.subscribe(UPDATES)
        for name, socket in (("alice", alice), ("bob", bob)):
            heard[name] = [(await socket.event())["execution"]["arn"]]
        for name, key in (("alice", ALICE), ("bob", BOB)):
            arns[name].append((await begun(keyed, key))["arn"])
        for name, socket in (("alice", alice), ("bob", bob)):
            heard[name].append((await socket.event())["execution"]["arn"])
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await socket.connection.recv()
    assert heard == arns


async def test_no_application_is_an_open_door(tmp_path: Path) -> None:
    """With settings that would let anybody in, the factory's application lets nobody in, whoever serves it."""
    app = create_app(Settings(host="0.0.0.0", data_dir=tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        answer = await client.post("/graphql", json={"query": "{ viewer { id } }"})
    assert answer.status_code == 401


def test_the_factory_makes_its_parts_from_the_settings(tmp_path: Path) -> None:
    """Given only settings it builds a gateway over the embedded parts, which connect to nothing until it is started."""
    app = create_app(Settings(data_dir=tmp_path))
    assert {route.path for route in app.routes if hasattr(route, "path")} >= {"/graphql", "/healthz", "/readyz", "/"}
    assert not list(tmp_path.glob("*.sqlite3"))
