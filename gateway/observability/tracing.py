"""OpenTelemetry traces: an operation, its edges that await, and the calls to services that they wait for.

Switched on and configured by OpenTelemetry's own environment variables. No span holds a variable, an argument, a key
of a thing, or the message of an exception.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from graphql import GraphQLResolveInfo
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.http.observing import Call, Observer
from gateway.configuration.settings import SettingsError
from gateway.execution.edges import Resolve
from gateway.observability.observed_operation import Operation, OperationWatcher, Outcome, current_operation

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HTTP_PROTOCOL = "http/protobuf"
SHUTDOWN_SECONDS = 10.0
CLOUDSIGMA_WORDS = "v1 health generate status executions usage"
SIGIL_WORDS = "v1 scans threats policies evaluate team members"
CLOUDLINK_WORDS = (
    "deploys cloud-costs ingest cost-snapshots services cost-estimate anomalies regressions regression run acknowledge "
    "resolve budgets check alerts credentials resources webhooks audit stats subscription scan scans actions approve "
    "reject"
)
PATH_WORDS = frozenset(f"{CLOUDSIGMA_WORDS} {SIGIL_WORDS} {CLOUDLINK_WORDS}".split())


def open_tracing(environment: Mapping[str, str] = os.environ) -> Tracing | None:
    """Begin to trace where `OTEL_TRACES_EXPORTER` or an OTLP endpoint asks for it; raises SettingsError."""
    exporter = environment.get("OTEL_TRACES_EXPORTER") or ("otlp" if any(map(environment.get, ENDPOINTS)) else "none")
    if exporter == "none" or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if exporter != "otlp":
        raise SettingsError(f"OTEL_TRACES_EXPORTER is {exporter!r}: traces go out as `otlp`, or `none` do")
    protocol = next((environment[name] for name in PROTOCOLS if environment.get(name)), HTTP_PROTOCOL)
    if protocol != HTTP_PROTOCOL:
        raise SettingsError(f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}: the one that is spoken is `{HTTP_PROTOCOL}`")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingsError("OTEL_* ask for traces: install them with `pip install 'trigraph[telemetry]'`") from None
    named = {} if environment.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "trigraph"}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


class Tracing(OperationWatcher, Observer):
    """Makes the spans."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._trace = trace
        self._provider = provider
        self._tracer = provider.get_tracer("trigraph")
        self._propagator = TraceContextTextMapPropagator()

    async def close(self) -> None:
        """Send what is left."""
        await asyncio.to_thread(self._provider.force_flush, int(SHUTDOWN_SECONDS * 1000))
        await asyncio.to_thread(self._provider.shutdown)

    def began(self, operation: Operation) -> None:
        """Begin the operation's span, below the caller's where the request names one."""
        operation.span = self._tracer.start_span("operation", kind=self._trace.SpanKind.SERVER)

    def ended(self, operation: Operation) -> None:
        """End it."""
        span: Span = operation.span
        span.update_name(f"{operation.type} {operation.name}".strip())
        span.set_attribute("graphql.operation.type", operation.type)
        span.set_attribute("graphql.operation.name", operation.name)
        span.set_attribute("graphql.document.hash", operation.document)
        span.set_attribute("trigraph.outcome", operation.outcome.value)
        if operation.codes:
            span.set_attribute("trigraph.error_codes", operation.codes)
        if operation.outcome not in (Outcome.OK, Outcome.CANCELLED):
            span.set_status(self._trace.StatusCode.ERROR)
        span.end()

    def traced(self, resolve: Resolve, name: str) -> Resolve:
        """Surround an edge by a span."""

        async def resolve_traced(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            operation = current_operation.get()
            if operation is None:
                return await resolve(source, info, **arguments)
            parent = self._trace.set_span_in_context(operation.span)
            with self._span(name, self._trace.SpanKind.INTERNAL, parent):
                return await resolve(source, info, **arguments)

        return resolve_traced

    @contextmanager
    def calling(self, call: Call) -> Iterator[None]:
        """Surround a call that is made for an operation, and tell the service of the trace."""
        if not self._trace.get_current_span().get_span_context().is_valid:
            yield
            return
        path = path_template(call.path)
        with self._span(f"{call.method} {path}", self._trace.SpanKind.CLIENT) as span:
            span.set_attribute("peer.service", call.service)
            span.set_attribute("http.request.method", call.method)
            span.set_attribute("url.template", path)
            self._propagator.inject(call.headers)
            try:
                yield
            finally:
                if call.status is not None:
                    span.set_attribute("http.response.status_code", call.status)

    @contextmanager
    def of_caller(self, headers: Headers) -> Iterator[None]:
        """Hang what is done within on the trace that a request's `traceparent` names."""
        from opentelemetry import context

        token = context.attach(self._propagator.extract(headers))
        try:
            yield
        finally:
            context.detach(token)

    @contextmanager
    def _span(self, name: str, kind: Any, parent: Any = None) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name, parent, kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(self._trace.StatusCode.ERROR)
                raise


class TraceContext:
    """Middleware that takes the caller's `traceparent`."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hang the request on the caller's trace."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        with self._tracing.of_caller(Headers(scope=scope)):
            await self._app(scope, receive, send)


def path_template(path: str) -> str:
    """Leave of a path only the words that the services document."""
    return "/".join(part if part in PATH_WORDS or not part else "{}" for part in path.split("/"))
