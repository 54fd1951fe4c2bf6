"""`/graphql`: HTTP, the graphql-transport-ws protocol and SSE, each with the caller's principal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import strawberry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL

from adapters.principal import Principal
from adapters.services import Services
from gateway.principals import Keyring, Unauthenticated
from resolvers.context import Context

CONNECTION_INIT_SECONDS = 10
SUBSCRIPTIONS_PER_CONNECTION = 100
NOBODY = Principal(id="", name="", tenant="", roles=())


class GraphQLEndpoint(GraphQL[Context, None]):
    """Strawberry's ASGI view, with principals and msgspec's JSON."""

    def __init__(self, graph: strawberry.Schema, services: Services, keyring: Keyring) -> None:
        super().__init__(
            graph,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=CONNECTION_INIT_SECONDS),
            max_subscriptions_per_connection=SUBSCRIPTIONS_PER_CONNECTION,
        )
        self._services = services
        self._keyring = keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 to an HTTP request without a key; a socket may still bring it in `connection_init`."""
        if scope["type"] == "http":
            try:
                self._keyring.authenticate(Request(scope).headers.get("authorization"))
            except Unauthenticated:
                await _unauthenticated()(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 - Strawberry's signature
        """Name the caller by the `Authorization` header; on a socket without one, nobody yet."""
        try:
            principal = self._keyring.authenticate(request.headers.get("authorization"))
        except Unauthenticated:
            principal = NOBODY
        return Context(self._services, principal)

    async def on_ws_connect(self, context: Context) -> Any:
        """Name the caller by `Authorization` in `connection_init`; refuse a socket that brings no key at all."""
        authorization = _authorization(context.connection_params or {})
        if authorization is None and context.principal is not NOBODY:
            return strawberry.UNSET
        try:
            context.principal = self._keyring.authenticate(authorization)
        except Unauthenticated:
            raise ConnectionRejectionError from None
        return strawberry.UNSET

    def encode_json(self, data: object) -> str:
        """Write JSON; as text, which the socket protocol demands."""
        return msgspec.json.encode(data).decode()


def _authorization(params: dict[str, Any]) -> str | None:
    found = next((value for name, value in params.items() if name.lower() == "authorization"), None)
    return found if isinstance(found, str) else None


def _unauthenticated() -> JSONResponse:
    problem = {
        "message": "A key is needed: send `Authorization: Bearer KEY`",
        "extensions": {"code": "UNAUTHENTICATED"},
    }
    return JSONResponse({"errors": [problem]}, 401, {"WWW-Authenticate": "Bearer"})
