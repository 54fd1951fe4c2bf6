"""The application, made from its settings and collaborators."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property, partial
from typing import Any

import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute
from starlette.types import Lifespan
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from gateway.access.authentication import Authenticator, authentication_of
from gateway.access.callers import Callers
from gateway.access.lasting_access import LastingAccess
from gateway.access.roles import guard_fields
from gateway.assembly import Assembly, assemble
from gateway.configuration.settings import Settings
from gateway.execution.edges import OperationDeadline
from gateway.execution.errors import StableErrors, shown
from gateway.execution.missing_rows import MissingRows
from gateway.execution.parsed_documents import ParsedDocuments
from gateway.execution.shared_queries import SharedQueries
from gateway.guards.body_size import BodySize
from gateway.guards.cors import cors
from gateway.guards.csrf import CsrfPrevention
from gateway.guards.header_size import HeaderSize
from gateway.guards.local_host import LocalHost
from gateway.guards.rate_limit import RateLimit
from gateway.guards.subscription_limits import LimitedSubscriptions
from gateway.limits.document import DocumentLimits, development
from gateway.limits.plans import Plans
from gateway.limits.rows import count_rows
from gateway.limits.suggestions import hide_suggestions
from gateway.observability.request_id import RequestId
from gateway.observability.tracing import Tracing, open_tracing
from gateway.observability.watching import Observability
from gateway.playground import playground_routes
from gateway.probes import probe_routes
from gateway.protocols.caching import Caching
from gateway.protocols.documents import Documents
from gateway.protocols.graphql import GraphQLEndpoint
from gateway.protocols.http_endpoint import HttpEndpoint
from gateway.protocols.http_operations import HttpOperations
from gateway.protocols.incremental import executing_with
from gateway.protocols.last_event_id import resume_subscriptions
from gateway.protocols.operation_stream import OperationStreams, ToldBeginning
from gateway.protocols.persisted_queries import PersistedQueries
from gateway.protocols.streaming import open_things, streaming_endpoints
from gateway.protocols.trusted_documents import trusted_documents_of
from gateway.webhooks import webhook_routes
from schema.graph import build_graph


class QuietGraph(strawberry.Schema):
    """The schema without Strawberry's own log of every error: what is shown and logged, `execution.errors` says.

    Answers come in parts only where `gateway.protocols.incremental` says so.
    """

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002 - Strawberry's signature
    ) -> None:
        """Show what may be shown, also of what went wrong before anything was resolved."""
        errors[:] = [shown(error) for error in errors]

    @cached_property
    def _execute(self) -> Callable[..., Any]:
        return executing_with(self.execution_context_class)

    def _get_execute_function(self) -> Callable[..., Any]:
        return self._execute


def create_app(
    settings: Settings,
    assembly: Assembly | None = None,
    authenticator: Authenticator | None = None,
    tracing: Tracing | None = None,
) -> Starlette:
    """Build the gateway's application; what is not given is made from the settings and OpenTelemetry's environment.

    Raises SettingsError where a setting can't be used.
    """
    parts = assemble(settings) if assembly is None else assembly
    authenticator = authentication_of(settings, parts.database) if authenticator is None else authenticator
    observability = Observability(open_tracing() if tracing is None else tracing)
    graph = _graph(settings, observability)
    endpoint = _endpoint(settings, parts, graph, authenticator, observability)
    return Starlette(
        routes=[
            Route("/graphql", endpoint, middleware=_guards(settings)),
            WebSocketRoute("/graphql", endpoint),
            *probe_routes(parts),
            *(_measured(observability, graph, parts, authenticator) if settings.metrics else ()),
            *webhook_routes(parts.services.cloudlink, settings.cloudlink_webhook_secret.get_secret_value()),
            *playground_routes(),
        ],
        middleware=[
            Middleware(RequestId),
            *observability.middleware,
            *cors(settings.origins),
            Middleware(LocalHost, authenticator=authenticator),
            Middleware(LastingAccess, authenticator=authenticator),
            Middleware(HeaderSize, most=settings.max_header_bytes),
            Middleware(BodySize, most=settings.max_body_bytes),
        ],
        lifespan=_lifespan(parts, observability),
    )


def _endpoint(
    settings: Settings, parts: Assembly, graph: strawberry.Schema, authenticator: Authenticator, seen: Observability
) -> GraphQLEndpoint:
    """Put together what answers at `/graphql`, by whichever protocol."""
    shared = SharedQueries(seen.watchers, settings.max_tokens or None)
    callers = Callers(authenticator, own_tokens=settings.token_passthrough)
    persisted, rate_limit = PersistedQueries(settings.persisted_query_bytes), RateLimit(settings.operations_per_minute)
    documents = Documents(trusted_documents_of(settings), persisted, rate_limit, settings.max_characters)
    operations = HttpOperations(graph, parts.services, documents, shared)
    caching = Caching(graph._schema, own_tokens=settings.token_passthrough)  # noqa: SLF001 - Strawberry shows it nowhere else
    streams = OperationStreams(graph, parts.services, documents)
    http = HttpEndpoint(callers, operations, streams, caching, settings)
    return GraphQLEndpoint(http, *streaming_endpoints(callers, streams, settings))


def _guards(settings: Settings) -> list[Middleware]:
    """Give what each request for an operation passes through, and no other request."""
    return [Middleware(CsrfPrevention, allowed_origins=settings.origins)] if settings.csrf_prevention else []


def _measured(
    observability: Observability, graph: strawberry.Schema, parts: Assembly, authenticator: Authenticator
) -> list[Route]:
    def history_lost() -> int:
        return parts.recorder.lost if parts.recorder is not None else 0

    return observability.measure(graph, lambda: parts.durable.running, history_lost, authenticator)


def _graph(settings: Settings, observability: Observability) -> strawberry.Schema:
    timed = partial(OperationDeadline, settings.operation_seconds)
    counted = partial(LimitedSubscriptions, open_things("subscriptions", settings))
    is_developing = development(settings)

    def limited() -> SchemaExtension:
        return DocumentLimits(settings, plans, is_developing)

    own: list[Callable[[], SchemaExtension]] = [StableErrors, limited, ParsedDocuments, timed, counted, MissingRows]
    graph = build_graph([*observability.extensions, *own, ToldBeginning], QuietGraph)
    plans = Plans(graph._schema, settings)  # noqa: SLF001 - Strawberry shows it nowhere else
    hide_suggestions(graph, is_developing)
    count_rows(graph, settings.max_cost)
    observability.surround(graph)
    resume_subscriptions(graph)
    guard_fields(graph)
    return graph


def _lifespan(parts: Assembly, observability: Observability) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with observability.observing():
            await parts.start()
            try:
                yield
            finally:
                await parts.close()

    return lifespan
