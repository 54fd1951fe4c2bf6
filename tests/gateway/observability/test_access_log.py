"""The line that the log has for each operation."""

from __future__ import annotations

import logging

import httpx
import pytest

from adapters.cloudsigma.models import Usage
from adapters.http.upstream import Upstream
from adapters.principal import Principal
from gateway.observability.access_log import OperationLine
from tests.gateway.edge import Edge, Served, connected, serving


def _lines(caplog: pytest.LogCaptureFixture) -> list[OperationLine]:
    name = "gateway.observability.access_log"
    return [record.__dict__["operation"] for record in caplog.records if record.name == name]


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gateway.observability.access_log")


async def test_calls_to_services_are_counted_for_their_operation(
    edge: Edge, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each operation has its own count."""

    async def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200)

    upstream = Upstream("CloudSigma", "http://upstream", None, httpx.MockTransport(answer))

    async def usage(principal: Principal) -> Usage:
        await upstream.send("GET", "/v1/usage")
        return await type(edge.cloudsigma).usage(edge.cloudsigma, principal)

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    async with serving(edge.app, edge.settings):
        await edge.ask("{ usage { used } viewer { usage { used } } }")
        await edge.ask("{ viewer { id } }")
    assert [line.upstream_calls for line in _lines(caplog)] == [2, 0]


async def test_a_subscription_is_one_line_with_its_events(
    edge: Edge, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Written when it ends."""
    arn = await edge.begin()
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(f'subscription Watch {{ executionStatus(arn: "{arn}") {{ cursor }} }}')
        await socket.event()
        assert _lines(caplog) == []
        edge.cloudsigma.finish(arn)
        await socket.event()
        assert (await socket.hear())["type"] == "complete"
    (line,) = _lines(caplog)
    assert (line.type, line.name, line.outcome, line.events) == ("subscription", "Watch", "ok", 2)


def test_as_text_it_is_names_and_values() -> None:
    """What is empty is left out."""
    line = OperationLine(type="query", document="d1", outcome="partial", duration_ms=1.5, codes=["A", "B"])
    assert str(line) == "type=query document=d1 outcome=partial duration_ms=1.5 codes=A,B"
