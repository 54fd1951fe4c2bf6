"""Metrics, and who may read them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters import errors
from adapters.cloudlink.models import CostRecord
from adapters.cloudsigma.models import Usage
from adapters.history.facts import cost_fact
from adapters.history.recorder import Recorder
from adapters.http import observing
from adapters.http.upstream import Upstream
from adapters.principal import Principal
from gateway.app import create_app
from tests.gateway.edge import ALICE, KEYS, Edge, Served, build_edge, connected, serving

SCRAPER = "tg_" + "s" * 40
USER_TEXT = "geheim_4711"


@pytest.fixture
async def scraped(tmp_path: Path) -> AsyncIterator[Edge]:
    """A gateway with keys, one of them for metrics."""
    edge = build_edge(tmp_path, f"{KEYS},prometheus={SCRAPER};roles=metrics")
    yield edge
    await edge.assembly.database.close()


async def _read(edge: Edge, key: str | None = None) -> str:
    async with edge.client(key) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


def _value(text: str, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


async def test_without_keys_loopback_reads_them(edge: Edge) -> None:
    """As everything else."""
    async with edge.client() as client:
        answer = await client.get("/metrics")
        foreign = await client.get("/metrics", headers={"Host": "evil.example"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert _value(answer.text, "process_resident_memory_bytes") != 0
    assert foreign.status_code == 421


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("tg_" + "x" * 40, 401), (ALICE, 403), (SCRAPER, 200)])
async def test_with_keys_only_the_role_reads_them(key: str | None, status: int, scraped: Edge) -> None:
    """They tell of everybody, so a tenant's key does not do."""
    async with scraped.client(key) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == status
    assert ("trigraph_" in answer.text) == (status == 200)


async def test_they_can_be_switched_off(tmp_path: Path) -> None:
    """Then there is no such page."""
    edge = build_edge(tmp_path, metrics=False)
    async with edge.client() as client:
        assert (await client.get("/metrics")).status_code == 404
        assert (await client.get("/healthz")).status_code == 200
    await edge.assembly.database.close()


async def test_operations_are_counted_by_type_field_and_outcome(edge: Edge) -> None:
    """Each once, with its errors and how long it took."""
    await edge.ask("{ viewer { id } }")
    await edge.ask("{ viewer { id } usage { used } }")
    await edge.ask("{ __typename }")
    await edge.ask("{ nothing }")
    await edge.ask('mutation { generateRules(input: {text: "x"}) { __typename } }')
    edge.cloudsigma.failure = errors.Unreachable("Failed", "gone", "CloudSigma")
    await edge.ask("{ viewer { id usage { used } } }")
    await edge.ask("{ usage { used } }")
    text = await _read(edge)
    for kind, field, outcome in [
        ("query", "viewer", "ok"),
        ("query", "several", "ok"),
        ("query", "introspection", "ok"),
        ("query", "", "invalid"),
        ("mutation", "generateRules", "ok"),
        ("query", "viewer", "partial"),
        ("query", "usage", "failed"),
    ]:
        assert _value(text, "trigraph_operations_total", type=kind, field=field, outcome=outcome) == 1, outcome
    assert _value(text, "trigraph_operation_seconds_count", type="query", field="viewer") == 2
    assert _value(text, "trigraph_errors_total", code="SERVICE_UNREACHABLE", service="CloudSigma") == 2
    assert _value(text, "trigraph_errors_total", code="GRAPHQL_VALIDATION_FAILED", service="") == 1


async def test_no_label_holds_what_a_caller_wrote(edge: Edge) -> None:
    """Neither a name, nor an alias, a field, a fragment, a variable or an operation's name."""
    for query in [
        f"query {USER_TEXT} {{ {USER_TEXT}: viewer {{ id }} }}",
        f"{{ {USER_TEXT} }}",
        f"query {{ ...{USER_TEXT} }} fragment {USER_TEXT} on Query {{ viewer {{ id }} }}",
        f"{{ {USER_TEXT} ",
        f'{{ execution(arn: "{USER_TEXT}") {{ arn }} }}',
    ]:
        await edge.ask(query, variable=USER_TEXT)
    async with edge.client() as client:
        await client.post("/graphql", json={"query": "{ viewer { id } }", "operationName": USER_TEXT})
    text = await _read(edge)
    assert _value(text, "trigraph_operations_total", field="viewer") == 1
    assert USER_TEXT not in text


async def test_a_caller_who_leaves_is_counted_so(edge: Edge, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is neither a success nor an error."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def usage(_principal: Principal) -> Usage:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    monkeypatch.setattr(edge.cloudsigma, "usage", usage)
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe("{ usage { used } }")
        await begun.wait()
    await ended.wait()
    async with asyncio.timeout(5):
        while not _value(await _read(edge), "trigraph_operations_total", field="usage", outcome="cancelled"):  # noqa: ASYNC110 - nobody is told of the count
            await asyncio.sleep(0.01)


async def test_what_is_refused_on_a_socket_or_a_stream_is_invalid(edge: Edge, served: Served) -> None:
    """As it is over HTTP: nobody has left it."""
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe("{ nothing }")
        assert (await socket.hear())["type"] == "error"
    async with edge.client() as client:
        headers = {"X-GraphQL-Event-Stream-Token": (await client.put("/graphql")).text}
        body = {"query": "{ nothing }", "extensions": {"operationId": "1"}}
        assert (await client.post("/graphql", json=body, headers=headers)).status_code == 400
    text = await _read(edge)
    assert _value(text, "trigraph_operations_total", type="query", outcome="invalid") == 2
    assert not _value(text, "trigraph_operations_total", outcome="cancelled")


async def test_subscriptions_are_open_until_they_end(edge: Edge, served: Served) -> None:
    """Their events are counted, over whichever protocol."""
    arn = await edge.begin()
    document = f'subscription {{ executionStatus(arn: "{arn}") {{ cursor }} }}'
    async with connected(served) as socket:
        await socket.init()
        await socket.subscribe(document)
        await socket.event()
        text = await _read(edge)
        assert _value(text, "trigraph_subscriptions_open", field="executionStatus") == 1
        edge.cloudsigma.finish(arn)
        await socket.event()
        assert (await socket.hear())["type"] == "complete"
    stream = {"Accept": "text/event-stream"}
    async with httpx.AsyncClient() as client:
        await client.post(f"http://{served.host}/graphql", json={"query": document}, headers=stream)
    text = await _read(edge)
    assert _value(text, "trigraph_subscriptions_open", field="executionStatus") == 0
    assert _value(text, "trigraph_events_total", field="executionStatus") == 3
    assert _value(text, "trigraph_operations_total", type="subscription", outcome="ok") == 2


async def test_a_stream_that_is_left_is_not_open_any_more(edge: Edge, served: Served) -> None:
    """Also where it ends in the middle."""
    arn = await edge.begin()
    document = f'subscription {{ executionStatus(arn: "{arn}") {{ cursor }} }}'
    async with (
        httpx.AsyncClient(headers={"Accept": "text/event-stream"}) as client,
        client.stream("POST", f"http://{served.host}/graphql", json={"query": document}) as stream,
    ):
        await anext(stream.aiter_bytes())
        assert _value(await _read(edge), "trigraph_subscriptions_open", field="executionStatus") == 1
    await edge.until_nobody_watches()
    async with asyncio.timeout(5):
        while _value(await _read(edge), "trigraph_subscriptions_open", field="executionStatus"):  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.01)
    ended = {"field": "executionStatus", "outcome": "cancelled"}
    assert _value(await _read(edge), "trigraph_operations_total", **ended) == 1


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "ok"), (404, "refused"), (500, "unreachable"), (504, "timeout"), (None, "unreachable")],
)
async def test_calls_to_services_are_counted_by_outcome(status: int | None, outcome: str, edge: Edge) -> None:
    """While the gateway runs."""

    async def answer(_request: httpx.Request) -> httpx.Response:
        if status is None:
            raise httpx.ConnectError("refused")
        return httpx.Response(status)

    upstream = Upstream("Sigil", "http://upstream", None, httpx.MockTransport(answer))
    async with serving(edge.app, edge.settings):
        with contextlib.suppress(errors.Unavailable):
            await upstream.send("GET", f"/v1/scans/{USER_TEXT}")
        text = await _read(edge)
    assert _value(text, "trigraph_upstream_seconds_count", service="Sigil", outcome=outcome) == 1
    assert USER_TEXT not in text


async def test_what_the_transports_tell_is_shown(edge: Edge) -> None:
    """Retries, the breaker, limits and queues of each service."""
    async with serving(edge.app, edge.settings):
        observing.retried("Sigil")
        observing.breaker_changed("Sigil", "open")
        observing.breaker_changed("Sigil", "half_open")
        observing.limit_left("Sigil", "all", 17)
        observing.waiting("Sigil", "concurrency", 4)
        text = await _read(edge)
    assert _value(text, "trigraph_upstream_retries_total", service="Sigil") == 1
    assert _value(text, "trigraph_breaker", service="Sigil", trigraph_breaker="half_open") == 1
    assert _value(text, "trigraph_breaker", service="Sigil", trigraph_breaker="open") == 0
    assert _value(text, "trigraph_rate_limit_left", service="Sigil", limit="all") == 17
    assert _value(text, "trigraph_upstream_waiting", service="Sigil", queue="concurrency") == 4
    assert _value(text, "trigraph_durable_running") == 0
    assert _value(text, "trigraph_history_lost") == 0


async def test_what_the_history_lost_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too much waits to be written."""
    monkeypatch.setattr("adapters.history.recorder.MOST_PENDING", 0)
    built = build_edge(tmp_path)
    recorder = Recorder(built.assembly.database)
    app = create_app(built.settings, replace(built.assembly, recorder=recorder), built.authentication)
    cost = CostRecord(provider="aws", service="EC2", cost_usd=1.0, hour=datetime.now(UTC))
    recorder.see("acme", [cost, cost], cost_fact)
    assert _value(await _read(replace(built, app=app)), "trigraph_history_lost") == 2
    await built.assembly.database.close()
