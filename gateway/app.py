"""The application, made from its settings and collaborators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute
from strawberry.types import ExecutionContext

from gateway.assembly import Assembly, assemble
from gateway.body_size import BodySize
from gateway.document_limits import DocumentDepth, DocumentLength
from gateway.errors import StableErrors, shown
from gateway.graphql import GraphQLEndpoint
from gateway.local_host import LocalHost
from gateway.operation import OwnContext
from gateway.playground import playground_routes
from gateway.principals import Keyring, read_keyring, refuse_open_door
from gateway.probes import probe_routes
from gateway.settings import Settings
from gateway.webhooks import webhook_routes
from schema.graph import build_graph


class QuietGraph(strawberry.Schema):
    """The schema without Strawberry's own log of every error: `gateway.errors` says what is shown and what logged."""

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002 - Strawberry's signature
    ) -> None:
        """Show what may be shown, also of what went wrong before anything was resolved."""
        errors[:] = [shown(error) for error in errors]


def create_app(settings: Settings, assembly: Assembly | None = None, keyring: Keyring | None = None) -> Starlette:
    """Build the gateway's application; `assembly` and `keyring` are made from the settings where they are not given.

    Raises SettingsError where the settings would let anybody in.
    """
    keyring = read_keyring(settings) if keyring is None else keyring
    refuse_open_door(settings, keyring)
    parts = assemble(settings) if assembly is None else assembly

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await parts.start()
        try:
            yield
        finally:
            await parts.close()

    graph = build_graph([OwnContext, StableErrors, DocumentLength, DocumentDepth], QuietGraph)
    endpoint = GraphQLEndpoint(graph, parts.services, keyring)
    return Starlette(
        routes=[
            Route("/graphql", endpoint),
            WebSocketRoute("/graphql", endpoint),
            *probe_routes(parts),
            *webhook_routes(parts.services.cloudlink, settings.cloudlink_webhook_secret.get_secret_value()),
            *playground_routes(),
        ],
        middleware=[Middleware(BodySize)] if keyring.principals else [Middleware(LocalHost), Middleware(BodySize)],
        lifespan=lifespan,
    )
