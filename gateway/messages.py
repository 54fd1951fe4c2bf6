"""What comes in over a socket, checked before it is handled, and how a socket is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.websockets import WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from gateway.documents import Documents
from gateway.graphql_request import GraphQLRequest
from gateway.refusals import Refused
from resolvers.context import Context

OPERATIONS_PER_CONNECTION = 100
REASON_BYTES = 123
"""What fits into a close frame beside its code."""


class _Init(msgspec.Struct, tag_field="type", tag="connection_init"):
    payload: dict[str, Any] | None = None


class _Ping(msgspec.Struct, tag_field="type", tag="ping"):
    pass


class _Pong(msgspec.Struct, tag_field="type", tag="pong"):
    pass


class _Operation(GraphQLRequest):
    def __post_init__(self) -> None:
        if self.query is None and not (self.document_id or self.id or self.extensions):
            raise ValueError("Object missing required field `query`")


class _Subscribe(msgspec.Struct, tag_field="type", tag="subscribe"):
    id: str
    payload: _Operation


class _Complete(msgspec.Struct, tag_field="type", tag="complete"):
    id: str


class CheckedMessages(BaseGraphQLTransportWSHandler[Context, None]):
    """Handles the messages of one socket; one that the protocol does not know closes it with 4400."""

    view: Any
    """The endpoint, which knows documents."""

    async def handle_message(self, message: Message) -> None:
        """Handle a message that has the shape its type demands."""
        try:
            msgspec.convert(message, _Init | _Ping | _Pong | _Subscribe | _Complete)
        except msgspec.ValidationError as error:
            await self.handle_invalid_message(str(error))
            return
        await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Begin the connection; a payload that is null is none."""
        await super().handle_connection_init({"type": "connection_init", "payload": message.get("payload") or {}})

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, or tell why not."""
        if self.connection_acknowledged and message["id"] not in self.operations:
            try:
                message["payload"]["query"] = self._text_of(message)
            except Refused as refused:
                error: Any = refused.error
                await self.send_message({"id": message["id"], "type": "error", "payload": [error]})
                return
        await super().handle_subscribe(message)

    def _text_of(self, message: SubscribeMessage) -> str:
        """Give the text of an operation that may begin; raises Refused."""
        if len(self.operations) >= OPERATIONS_PER_CONNECTION:
            text = f"At most {OPERATIONS_PER_CONNECTION} operations run on a socket at once: complete one first"
            raise Refused(429, "LIMIT_EXCEEDED", text)
        request = msgspec.convert(message["payload"], GraphQLRequest)
        documents: Documents = self.view.documents
        return documents.text_of(request, self.context.principal)

    async def handle_task_exception(self, error: Exception) -> None:
        """Log what went wrong, save that nobody listens any more."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)


class OpenSocket(ASGIWebSocketAdapter):
    """A socket that is only written to while it is open, and whose reasons are cut to what a close frame can hold."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send; raises WebSocketDisconnected where nobody listens any more."""
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            raise WebSocketDisconnected
        await super().send_json(message)

    async def close(self, code: int, reason: str) -> None:
        """Close."""
        await super().close(code, reason.encode()[:REASON_BYTES].decode(errors="ignore"))
