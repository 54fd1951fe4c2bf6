"""The graphql-transport-ws protocol and SSE, each with the caller's principal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import strawberry
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult, SubscriptionExecutionResult

from adapters.errors import InvalidInput
from adapters.principal import Principal
from adapters.services import Services
from gateway.authentication import Unauthenticated
from gateway.callers import Callers
from gateway.documents import Documents
from gateway.graphql_request import GraphQLRequest
from gateway.messages import CheckedMessages, OpenSocket
from gateway.refusals import Refused, unauthenticated
from resolvers.context import Context

CONNECTION_INIT_SECONDS = 10
NOBODY = Principal(id="", name="", tenant="", roles=())


class StreamingEndpoint(GraphQL[Context, None]):
    """Strawberry's ASGI view, with principals and msgspec's JSON."""

    graphql_transport_ws_handler_class = CheckedMessages
    websocket_adapter_class = OpenSocket

    def __init__(self, graph: strawberry.Schema, services: Services, callers: Callers, documents: Documents) -> None:
        super().__init__(
            graph,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=CONNECTION_INIT_SECONDS),
            max_subscriptions_per_connection=None,  # CheckedMessages counts
        )
        self._services = services
        self._callers = callers
        self.documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 to a request for a stream without a key; a socket may still bring it in `connection_init`."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            await self._callers.named_by(request.headers.get("authorization"))
            response: Response = await self.run(request)
        except Unauthenticated:
            await unauthenticated()(scope, receive, send)
        except Refused as refused:
            await refused(scope, receive, send)
        except HTTPException as error:
            await Refused(error.status_code, "BAD_REQUEST", error.reason)(scope, receive, send)
        else:
            await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 - Strawberry's signature
        """Name the caller by the `Authorization` header; on a socket without one, nobody yet."""
        try:
            principal = await self._callers.named_by(request.headers.get("authorization"))
        except Unauthenticated:
            principal = NOBODY
        return Context(self._services, self._with_tokens(principal, request.headers))

    async def on_ws_connect(self, context: Context) -> Any:
        """Name the caller by `Authorization` in `connection_init`; refuse a socket that brings no key at all."""
        params = context.connection_params or {}
        authorization = _authorization(params)
        try:
            if authorization is not None or not context.principal.id:
                tokens = context.principal.tokens
                context.principal = msgspec.structs.replace(await self._callers.named_by(authorization), tokens=tokens)
            context.principal = self._with_tokens(context.principal, params)
        except (Unauthenticated, HTTPException):
            raise ConnectionRejectionError from None
        return strawberry.UNSET

    def _with_tokens(self, principal: Principal, brought: Mapping[str, Any]) -> Principal:
        try:
            return self._callers.with_tokens(principal, brought)
        except InvalidInput as error:
            raise HTTPException(400, error.message) from None

    async def execute_operation(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: GraphQLRequestData | list[GraphQLRequestData],
        context: Context,
        root_value: None,
        sub_response: Response,
    ) -> ExecutionResult | list[ExecutionResult] | SubscriptionExecutionResult:
        """Run the text that a request means; raises Refused where it may not be run."""
        if isinstance(request_data, GraphQLRequestData) and (request_data.query or request_data.extensions):
            asked = GraphQLRequest(query=request_data.query, extensions=request_data.extensions)
            request_data.query = self.documents.text_of(asked, context.principal)
        return await super().execute_operation(
            request, request_adapter, request_data, context, root_value, sub_response
        )

    def should_render_graphql_ide(self, request: object) -> bool:  # noqa: ARG002 - Strawberry's signature
        """Serve no page here: the playground has its own path."""
        return False

    def parse_json(self, data: str | bytes) -> Any:
        """Read a body or a parameter, which must hold an object (or a list, for what is told of lists elsewhere)."""
        value = super().parse_json(data)
        if value is not None and not isinstance(value, dict | list):
            raise HTTPException(400, "The request's JSON must be an object")
        return value or {}

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON as strictly as it is written: no lone surrogates, no NaN, no nesting without end."""
        try:
            return msgspec.json.decode(data)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from None

    def encode_json(self, data: object) -> str:
        """Write JSON; as text, which the socket protocol demands."""
        return msgspec.json.encode(data).decode()


def _authorization(params: dict[str, Any]) -> str | None:
    found = next((value for name, value in params.items() if name.lower() == "authorization"), None)
    return found if isinstance(found, str) else None
