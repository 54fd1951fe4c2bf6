"""What is seen of the gateway's work: the log, metrics where settings ask for them, traces where `OTEL_*` does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import strawberry
from starlette.middleware import Middleware
from starlette.routing import Route
from strawberry.extensions import SchemaExtension

from adapters.http.observing import Observer, observed_by
from gateway.access.authentication import Authenticator
from gateway.execution.edges import in_time, surround_edges
from gateway.observability.access_log import AccessLog
from gateway.observability.observed_operation import ObservedOperation, OperationWatcher
from gateway.observability.tracing import TraceContext, Tracing


class Observability:
    """Watches operations and calls to services, for the log and for `tracing` and the metrics where there are any."""

    def __init__(self, tracing: Tracing | None) -> None:
        self._access = AccessLog()
        self._tracing = tracing
        self.watchers: list[OperationWatcher] = [self._access]
        self._observers: list[Observer] = [self._access]
        if tracing is not None:
            self.watchers.append(tracing)
            self._observers.append(tracing)

    @property
    def extensions(self) -> Sequence[Callable[[], SchemaExtension]]:
        """What the graph's execution needs, before all other extensions."""
        return [partial(ObservedOperation, self.watchers)]

    @property
    def middleware(self) -> Sequence[Middleware]:
        """What each request passes through."""
        return [Middleware(TraceContext, tracing=self._tracing)] if self._tracing is not None else []

    def surround(self, graph: strawberry.Schema) -> None:
        """Give every edge of the graph its deadline, and its span."""
        if self._tracing is not None:
            surround_edges(graph, self._tracing.traced)
        surround_edges(graph, in_time)

    def measure(
        self,
        graph: strawberry.Schema,
        durable_running: Callable[[], int],
        history_lost: Callable[[], int],
        authenticator: Authenticator,
    ) -> list[Route]:
        """Begin to count, and give the route by which that is read."""
        from gateway.observability.metrics import Metrics, metrics_routes

        schema = graph._schema  # noqa: SLF001 - Strawberry shows it nowhere else
        metrics = Metrics(schema, durable_running, history_lost)
        self.watchers.append(metrics.operations)
        self._observers.append(metrics.upstreams)
        return metrics_routes(metrics, authenticator)

    @asynccontextmanager
    async def observing(self) -> AsyncIterator[None]:
        """Observe calls to services while the context is open."""
        async with AsyncExitStack() as stack:
            if self._tracing is not None:
                stack.push_async_callback(self._tracing.close)
            for observer in self._observers:
                stack.enter_context(observed_by(observer))
            yield
