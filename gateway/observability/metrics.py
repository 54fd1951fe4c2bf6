"""Metrics for Prometheus at `/metrics`. No label holds what a caller chose: its values are ours, or the graph's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from graphql import GraphQLSchema
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Enum,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters import errors
from adapters.http.observing import Call, Observer
from adapters.principal import LOCAL_PRINCIPAL
from gateway.access.authentication import Authenticator, Unauthenticated
from gateway.execution.errors import SHOWN_CODES
from gateway.observability.observed_operation import JOINED, Operation, OperationWatcher
from gateway.protocols.refusals import refusal, unauthenticated

ROLE = "metrics"
NO_ROLE = (
    f"The key's roles don't hold `{ROLE}`: make one by `trigraph keys create NAME --role {ROLE}`, or give its entry in "
    f"TRIGRAPH_API_KEYS `;roles={ROLE}`"
)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0)
COSTS = (1, 10, 50, 100, 500, 1_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000)
BREAKER_STATES = ["closed", "open", "half_open"]
FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (errors.DeadlineExceeded, "timeout"),
    (errors.InvalidPayload, "invalid_payload"),
    (errors.LimitExceeded, "limited"),
    (errors.Unavailable, "unreachable"),
    (asyncio.CancelledError, "cancelled"),
)


class OperationMetrics(OperationWatcher):
    """Counts operations, errors and events."""

    def __init__(self, registry: CollectorRegistry, graph: GraphQLSchema) -> None:
        roots = (graph.query_type, graph.mutation_type, graph.subscription_type)
        self._fields = {"", "introspection", "several"}.union(*(root.fields for root in roots if root is not None))
        self._ended = Counter(
            "trigraph_operations", "Operations that have ended.", ["type", "field", "outcome"], registry=registry
        )
        self._seconds = Histogram(
            "trigraph_operation_seconds",
            "How long queries and mutations took.",
            ["type", "field"],
            buckets=SECONDS,
            registry=registry,
        )
        self._cost = Histogram(
            "trigraph_operation_cost",
            "What operations cost at most, told before they are run.",
            ["type"],
            buckets=COSTS,
            registry=registry,
        )
        self._errors = Counter(
            "trigraph_errors", "Errors in answers, by their code.", ["code", "service"], registry=registry
        )
        self._open = Gauge("trigraph_subscriptions_open", "Subscriptions that run.", ["field"], registry=registry)
        self._events = Counter("trigraph_events", "Events that were pushed.", ["field"], registry=registry)

    def executing(self, operation: Operation) -> None:
        """Count a subscription as open."""
        if operation.type == "subscription":
            self._open.labels(self._field(operation)).inc()

    def pushed(self, operation: Operation) -> None:
        """Count an event."""
        self._events.labels(self._field(operation)).inc()

    def ended(self, operation: Operation) -> None:
        """Count the operation and its errors."""
        field = self._field(operation)
        self._ended.labels(operation.type, field, operation.outcome.value).inc()
        if operation.cost is not None:
            self._cost.labels(operation.type).observe(operation.cost)
        for trouble, times in operation.troubles.items():
            self._errors.labels(trouble.code if trouble.code in SHOWN_CODES else "OTHER", trouble.service).inc(times)
        if operation.type != "subscription":
            self._seconds.labels(operation.type, field).observe(operation.seconds)
        elif operation.was_executed:
            self._open.labels(field).dec()

    def joined(self, document: str, seconds: float) -> None:  # noqa: ARG002 - no label holds what a caller chose
        """Count it."""
        self._ended.labels("query", "", JOINED).inc()

    def _field(self, operation: Operation) -> str:
        return operation.root_field if operation.root_field in self._fields else ""


class UpstreamMetrics(Observer):
    """Counts what the adapters ask of upstreams."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "trigraph_upstream_seconds",
            "How long calls to services took, with retries and queues; answers from the cache count, too.",
            ["service", "outcome"],
            buckets=SECONDS,
            registry=registry,
        )
        self._retries = Counter(
            "trigraph_upstream_retries", "Calls that were sent once more.", ["service"], registry=registry
        )
        self._breaker = Enum(
            "trigraph_breaker", "The circuit breaker's state.", ["service"], states=BREAKER_STATES, registry=registry
        )
        self._left = Gauge(
            "trigraph_rate_limit_left", "Calls left of a limit.", ["service", "limit"], registry=registry
        )
        self._waiting = Gauge(
            "trigraph_upstream_waiting", "Calls that wait in a queue.", ["service", "queue"], registry=registry
        )

    @contextmanager
    def calling(self, call: Call) -> Iterator[None]:
        """Time a call."""
        began = time.perf_counter()
        outcome = "failed"
        try:
            yield
            outcome = "ok" if call.status is None or call.status < 400 else "refused"  # noqa: PLR2004 - HTTP's classes
        except BaseException as error:
            outcome = next((word for kind, word in FAILURES if isinstance(error, kind)), outcome)
            raise
        finally:
            self._seconds.labels(call.service, outcome).observe(time.perf_counter() - began)

    def retried(self, service: str) -> None:
        """Count a retry."""
        self._retries.labels(service).inc()

    def breaker_changed(self, service: str, state: str) -> None:
        """Note the state."""
        self._breaker.labels(service).state(state)

    def limit_left(self, service: str, bucket: str, calls: int) -> None:
        """Note what is left."""
        self._left.labels(service, bucket).set(calls)

    def waiting(self, service: str, queue: str, calls: int) -> None:
        """Note how many wait."""
        self._waiting.labels(service, queue).set(calls)


class Metrics:
    """All metrics of a gateway, in a registry of its own.

    `durable_running` counts the durable work that runs, `history_lost` what was seen and not noted in the history.
    """

    def __init__(
        self, graph: GraphQLSchema, durable_running: Callable[[], int], history_lost: Callable[[], int]
    ) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each, of no use here
        self._registry = CollectorRegistry()
        self.operations = OperationMetrics(self._registry, graph)
        self.upstreams = UpstreamMetrics(self._registry)
        running = Gauge("trigraph_durable_running", "Executions, scans and the like that run.", registry=self._registry)
        running.set_function(durable_running)
        lost = Gauge("trigraph_history_lost", "What was seen and not noted in the history.", registry=self._registry)
        lost.set_function(history_lost)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Write them as Prometheus reads them."""
        return generate_latest(self._registry)


def metrics_routes(metrics: Metrics, authenticator: Authenticator) -> list[Route]:
    """`/metrics`: where there are keys, for those with the role `metrics`; else for loopback, as all else is."""

    async def read(request: Request) -> Response:
        try:
            principal = await authenticator.authenticate(request.headers.get("authorization"))
        except Unauthenticated:
            refused = unauthenticated()
            return refusal(refused.status, refused.code, refused.message, refused.headers)
        if principal is not LOCAL_PRINCIPAL and ROLE not in principal.roles:
            return refusal(403, "NOT_ALLOWED", NO_ROLE)
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", read)]
