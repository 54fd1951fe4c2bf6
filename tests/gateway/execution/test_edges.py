"""The deadline of an operation."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.cloudsigma.models import Execution, Usage
from adapters.http.deadline import remaining
from adapters.http.upstream import Upstream
from adapters.principal import Principal
from tests.gateway.edge import Edge, Served, build_edge, connected


@pytest.fixture
async def hurried(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway whose operations have a fifth of a second."""
    edge = build_edge(tmp_path, operation_seconds=0.2)
    yield edge
    await edge.assembly.database.close()


async def _never(*_: object) -> Usage:
    await asyncio.Event().wait()
    raise AssertionError


async def test_what_is_not_there_in_time_is_an_error_and_the_rest_is_data(
    hurried: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One edge that hangs takes nothing else with it."""
    monkeypatch.setattr(hurried.cloudsigma, "usage", _never)
    async with asyncio.timeout(5):
        answer = await hurried.ask("{ viewer { id name usage { used } } }")
    assert answer["data"] == {"viewer": {"id": "local", "name": "local", "usage": None}}
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]) == (["viewer", "usage"], {"code": "DEADLINE_EXCEEDED"})


async def test_edges_that_wait_for_the_same_loader_all_end(hurried: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its own error, and nothing that was there is lost."""
    arn = await hurried.begin()

    async def executions(*_: object) -> list[Execution | None]:
        await _never()
        return []

    monkeypatch.setattr(hurried.cloudsigma, "executions_by_arn", executions)
    one = f'execution(arn: "{arn}") {{ status }}'
    async with asyncio.timeout(5):
        answer = await hurried.ask(f"{{ a: {one} b: {one} viewer {{ id }} }}")
    assert answer["data"] == {"a": None, "b": None, "viewer": {"id": "local"}}
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "DEADLINE_EXCEEDED"}] * 2


async def test_a_service_that_is_too_late_is_named(hurried: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call knows whom it waited for, and says so before the edge gives up."""

    async def answer(_request: httpx.Request) -> httpx.Response:
        await _never()
        return httpx.Response(200)

    upstream = Upstream("CloudSigma", "http://upstream", None, httpx.MockTransport(answer))

    async def usage(_principal: Principal) -> Usage:
        await upstream.send("GET", "/v1/usage")
        raise AssertionError

    monkeypatch.setattr(hurried.cloudsigma, "usage", usage)
    told = await hurried.ask("{ viewer { id usage { used } } }")
    (error,) = told["errors"]
    assert error["extensions"] == {"code": "DEADLINE_EXCEEDED", "service": "CloudSigma"}
    assert told["data"]["viewer"]["id"] == "local"


async def test_an_edge_that_begins_too_late_does_not_begin(hurried: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutation whose turn comes after the end changes nothing."""
    text = 'generateRules(input: {text: "x"}) { __typename }'
    begun = 0

    async def generate(*_: object) -> Execution:
        nonlocal begun
        begun += 1
        await _never()
        raise AssertionError

    monkeypatch.setattr(hurried.cloudsigma, "generate", generate)
    answer = await hurried.ask(f"mutation {{ a: {text} b: {text} }}")
    assert begun == 1
    assert answer["data"] is None
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"DEADLINE_EXCEEDED"}


async def test_a_query_on_a_socket_has_the_same_time(hurried: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The protocol does not matter."""
    monkeypatch.setattr(hurried.cloudsigma, "usage", _never)
    async with hurried.served() as served, connected(served) as socket:
        await socket.init()
        await socket.subscribe("{ viewer { id usage { used } } }")
        message = await socket.hear()
    assert message["payload"]["errors"][0]["extensions"] == {"code": "DEADLINE_EXCEEDED"}
    assert message["payload"]["data"]["viewer"]["id"] == "local"


async def test_a_subscription_has_no_deadline(hurried: Edge) -> None:
    """It goes on after a query would have ended."""
    arn = await hurried.begin()
    async with hurried.served() as served, connected(served) as socket:
        await socket.init()
        await socket.subscribe(f'subscription {{ executionStatus(arn: "{arn}") {{ execution {{ status }} }} }}')
        await socket.event()
        await asyncio.sleep(0.4)
        hurried.cloudsigma.finish(arn)
        assert (await socket.event())["execution"]["status"] == "FAILED"


async def test_a_caller_who_leaves_is_no_timeout(edge: Edge, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cancelled stays cancelled."""
    seen: list[BaseException] = []
    begun = asyncio.Event()

    async def usage(_principal: Principal) -> Usage:
        begun.set()
        try:
            return await _never()
        except BaseException as error:
            seen.append(error)
            raise

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe("{ viewer { usage { used } } }")
        await begun.wait()
        await socket.say(type="complete", id="1")
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}
    assert [type(error) for error in seen] == [asyncio.CancelledError]


async def test_the_time_is_known_to_every_call_and_to_nothing_after(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adapters see what is left of the fifteen seconds."""
    left: list[float] = []

    async def usage(_principal: Principal) -> Usage:
        left.append(remaining())
        return await type(edge.cloudsigma).usage(edge.cloudsigma, _principal)

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    assert "errors" not in await edge.ask("{ usage { used } }")
    assert 0 < left[0] <= 15
    assert remaining() == math.inf
