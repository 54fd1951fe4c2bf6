"""`/graphql`: HTTP, the graphql-transport-ws protocol and SSE, each with the caller's principal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import strawberry
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from adapters.errors import InvalidInput
from adapters.principal import Principal
from adapters.services import Services
from gateway.authentication import Authenticator, Unauthenticated
from gateway.errors import UNFIT, unfit
from gateway.messages import CheckedMessages, OpenSocket
from gateway.shared_queries import QueryKey, SharedQueries
from gateway.tokens import tokens_in
from resolvers.context import Context

CONNECTION_INIT_SECONDS = 10
NOBODY = Principal(id="", name="", tenant="", roles=())


class GraphQLEndpoint(GraphQL[Context, None]):
    """Strawberry's ASGI view, with principals and msgspec's JSON."""

    graphql_transport_ws_handler_class = CheckedMessages
    websocket_adapter_class = OpenSocket

    def __init__(
        self,
        graph: strawberry.Schema,
        services: Services,
        authenticator: Authenticator,
        shared_queries: SharedQueries,
        *,
        own_tokens: bool = False,
    ) -> None:
        super().__init__(
            graph,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=CONNECTION_INIT_SECONDS),
            max_subscriptions_per_connection=None,  # CheckedMessages counts
        )
        self._services = services
        self._authenticator = authenticator
        self._shared_queries = shared_queries
        self._own_tokens = own_tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 to an HTTP request without a key; a socket may still bring it in `connection_init`."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            await self._authenticator.authenticate(request.headers.get("authorization"))
            response: Response = await self.run(request)
        except Unauthenticated:
            response = _refusal(401, "UNAUTHENTICATED", "A key is needed: send `Authorization: Bearer KEY`")
            response.headers["WWW-Authenticate"] = "Bearer"
        except HTTPException as error:
            response = _refusal(error.status_code, "BAD_REQUEST", error.reason)
        await response(scope, receive, send)

    async def execute_single(
        self,
        request: Request,  # noqa: ARG002 - likewise
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,  # noqa: ARG002 - likewise
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Run what is no stream: a query, or, by POST, a mutation."""
        run = partial(
            self.schema.execute,
            request_data.query,
            variable_values=request_data.variables,
            context_value=context,
            root_value=root_value,
            operation_name=request_data.operation_name,
            allowed_operation_types=OperationType.from_http(request_adapter.method) - {OperationType.SUBSCRIPTION},
        )
        variables = msgspec.json.encode(request_data.variables, order="sorted")
        key = QueryKey(context.principal, str(request_data.query or ""), request_data.operation_name, variables)
        try:
            return await self._shared_queries.execute(key, run)
        except UNFIT as error:
            raise HTTPException(400, unfit(error)) from None

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 - Strawberry's signature
        """Name the caller by the `Authorization` header; on a socket without one, nobody yet."""
        try:
            principal = await self._authenticator.authenticate(request.headers.get("authorization"))
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
                context.principal = msgspec.structs.replace(
                    await self._authenticator.authenticate(authorization), tokens=tokens
                )
            context.principal = self._with_tokens(context.principal, params)
        except (Unauthenticated, HTTPException):
            raise ConnectionRejectionError from None
        return strawberry.UNSET

    def _with_tokens(self, principal: Principal, brought: Mapping[str, Any]) -> Principal:
        """Give the caller the tokens that it brings; raises HTTPException for what is no token."""
        if not self._own_tokens:
            return principal
        try:
            tokens = tokens_in(brought)
        except InvalidInput as error:
            raise HTTPException(400, error.message) from None
        return msgspec.structs.replace(principal, tokens=tokens) if tokens is not None else principal

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


def _refusal(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status)
