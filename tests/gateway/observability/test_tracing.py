"""Traces: what hangs on what, where they go, and what never stands in them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapters.cloudsigma.models import Usage
from adapters.http.upstream import Upstream
from adapters.principal import LOCAL_PRINCIPAL, Principal
from gateway.configuration.settings import SettingsError
from gateway.observability.tracing import Tracing, open_tracing, path_template
from tests.gateway.edge import ALICE, KEYS, Edge, build_edge, connected, serving

SECRET = "geheim-4711"
TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
NAMES = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """What was traced."""
    return InMemorySpanExporter()


@pytest.fixture
def tracing(spans: InMemorySpanExporter) -> Tracing:
    """Traces that are kept in memory."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return Tracing(provider)


@pytest.fixture
async def traced(tmp_path: Path, tracing: Tracing) -> AsyncIterator[Edge]:
    """A gateway that traces, with the keys of Alice and Bob."""
    edge = build_edge(tmp_path, KEYS, tracing)
    yield edge
    await edge.assembly.database.close()


@pytest.fixture
def asked(traced: Edge, monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """What the adapter asks its upstream for, which refuses it with a 404."""
    sent: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(404)

    upstream = Upstream("CloudSigma", "http://upstream", SECRET, httpx.MockTransport(answer))

    async def usage(principal: Principal) -> Usage:
        await upstream.send("GET", f"/v1/status/{SECRET}", params={"q": SECRET})
        return await type(traced.cloudsigma).usage(traced.cloudsigma, principal)

    monkeypatch.setattr(traced.cloudsigma, "usage", usage)
    return sent


def _named(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


def _parent(span: ReadableSpan) -> str | None:
    return format(span.parent.span_id, "016x") if span.parent else None


def _id(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    return format(context.span_id, "016x")


async def test_an_operation_its_edges_and_their_calls_are_one_trace(
    traced: Edge, spans: InMemorySpanExporter, asked: list[httpx.Request]
) -> None:
    """It hangs on the caller's span, and the service is told which span it hangs on."""
    headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    query = {"query": "query Used { viewer { id name usage { used } } __typename }"}
    async with serving(traced.app, traced.settings), traced.client(ALICE) as client:
        answer = await client.post("/graphql", json=query, headers=headers)
    assert answer.json()["data"]["viewer"]["usage"] == {"used": 0}
    named = _named(spans)
    assert set(named) == {"query Used", "Query.viewer", "Viewer.usage", "GET /v1/status/{}"}
    operation, edge, call = named["query Used"], named["Viewer.usage"], named["GET /v1/status/{}"]
    assert [_parent(operation), _parent(edge), _parent(call)] == [CALLER, _id(operation), _id(edge)]
    assert {span.context.trace_id for span in named.values() if span.context} == {int(TRACE, 16)}
    assert asked[0].headers["traceparent"] == f"00-{TRACE}-{_id(call)}-01"
    assert dict(operation.attributes or {}) == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Used",
        "graphql.document.hash": (operation.attributes or {})["graphql.document.hash"],
        "trigraph.outcome": "ok",
    }
    assert dict(call.attributes or {}) == {
        "peer.service": "CloudSigma",
        "http.request.method": "GET",
        "url.template": "/v1/status/{}",
        "http.response.status_code": 404,
    }


@pytest.mark.parametrize("failure", [None, RuntimeError(SECRET)])
async def test_no_variable_no_key_and_no_message_of_an_exception_is_traced(
    failure: Exception | None, traced: Edge, spans: InMemorySpanExporter, asked: list[httpx.Request]
) -> None:
    """Neither on success nor on a crash."""
    traced.cloudsigma.failure = failure
    async with serving(traced.app, traced.settings):
        await traced.ask("query($a: String!) { execution(arn: $a) { arn } usage { used } }", ALICE, a=SECRET)
        await traced.ask(f'{{ execution(arn: "{SECRET}") {{ arn }} }}', ALICE)
    assert asked
    text = "".join(json.dumps(json.loads(span.to_json())) for span in spans.get_finished_spans())
    assert "Query.execution" in text
    assert SECRET not in text
    assert ALICE not in text
    assert ("RuntimeError" in text) == (failure is not None)


async def test_an_error_marks_its_operation(traced: Edge, spans: InMemorySpanExporter) -> None:
    """By its code."""
    traced.cloudsigma.failure = KeyError(SECRET)
    await traced.ask("{ usage { used } }", ALICE)
    operation = _named(spans)["query"]
    assert (operation.attributes or {})["trigraph.error_codes"] == ("INTERNAL",)
    assert not operation.status.is_ok


async def test_the_edges_of_an_event_hang_on_their_subscription(traced: Edge, spans: InMemorySpanExporter) -> None:
    """However long after its beginning they are resolved."""
    principal = await traced.authentication.authenticate(f"Bearer {ALICE}")
    arn = await traced.begin(principal)
    document = f'subscription Watch {{ executionStatus(arn: "{arn}") {{ execution {{ rules {{ title }} }} }} }}'
    async with traced.served() as served, connected(served, ALICE) as socket:
        await socket.init()
        await socket.subscribe(document)
        await socket.event()
        traced.cloudsigma.finish(arn)
        await socket.event()
        assert (await socket.hear())["type"] == "complete"
    named = _named(spans)
    assert _parent(named["Execution.rules"]) == _id(named["subscription Watch"])


async def test_calls_that_no_operation_waits_for_are_not_traced(
    traced: Edge, spans: InMemorySpanExporter, asked: list[httpx.Request]
) -> None:
    """A poll every two seconds would be a trace every two seconds."""
    async with serving(traced.app, traced.settings):
        await traced.cloudsigma.usage(LOCAL_PRINCIPAL)
    assert spans.get_finished_spans() == ()
    assert "traceparent" not in asked[0].headers


def test_a_path_is_told_without_what_stands_in_it() -> None:
    """Only documented words are left."""
    assert path_template("/v1/status/arn:aws:1") == "/v1/status/{}"
    assert path_template("/regressions/42/acknowledge") == "/regressions/{}/acknowledge"
    assert path_template("/subscription/alice") == "/subscription/{}"


@contextmanager
def _collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    received: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_the_environment_sends_traces_to_a_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over OTLP, what is left when the gateway stops, too; the service's name is the environment's."""
    with _collector() as (address, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "edge-7")
        edge = build_edge(tmp_path)
        async with serving(edge.app, edge.settings):
            await edge.ask("query Mine { viewer { id } }")
        await edge.assembly.database.close()
    (resource,) = (spans for request in received for spans in request.resource_spans)
    named = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
    assert named["service.name"] == "edge-7"
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == ["Query.viewer", "query Mine"]


async def test_a_collector_that_is_away_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers come as ever, and the gateway stops in time."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    edge = build_edge(tmp_path)
    async with asyncio.timeout(15), serving(edge.app, edge.settings):
        assert (await edge.ask("{ viewer { id } }"))["data"]
    await edge.assembly.database.close()


@pytest.mark.parametrize(
    "environment",
    [{}, {"OTEL_TRACES_EXPORTER": "none", NAMES[1]: "http://x"}, {"OTEL_SDK_DISABLED": "true", NAMES[1]: "http://x"}],
)
def test_nothing_is_traced_unless_it_is_asked_for(environment: dict[str, str]) -> None:
    """By an endpoint or an exporter."""
    assert open_tracing(environment) is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is 'zipkin'"),
        ({NAMES[1]: "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'"),
    ],
)
def test_what_is_not_spoken_is_said(environment: dict[str, str], said: str) -> None:
    """With what would do."""
    with pytest.raises(SettingsError, match=said):
        open_tracing(environment)


def test_the_sdk_is_not_even_imported_where_nothing_is_traced() -> None:
    """It costs nothing at start-up."""
    code = (
        "import sys, tempfile; from pathlib import Path; from gateway.app import create_app;"
        "from gateway.configuration.settings import Settings;"
        "create_app(Settings(data_dir=Path(tempfile.mkdtemp())));"
        "print(*(name for name in sys.modules if name.startswith('opentelemetry')))"
    )
    root = Path(__file__).parents[3]
    shown = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True, text=True)
    assert shown.stdout.split() == []
