"""The messages of graphql-transport-ws that clients send, read and checked before anything is done about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from gateway.protocols.graphql_request import GraphQLRequest

LONGEST_ID = 256
"""Characters of an operation's id: it comes back with each of its results."""


class Unreadable(Exception):
    """What came in is no message of the protocol; its text says why."""


class Init(msgspec.Struct, tag_field="type", tag="connection_init"):
    """The greeting; `payload` may hold the caller's key."""

    payload: dict[str, Any] | None = None


class Ping(msgspec.Struct, tag_field="type", tag="ping"):
    """Is answered by a pong."""


class Pong(msgspec.Struct, tag_field="type", tag="pong"):
    """Answers a ping."""


class SubscribePayload(GraphQLRequest):
    """An operation, by its text or by what its text is known under; raises ValueError over neither."""

    def __post_init__(self) -> None:
        if self.query is None and not (self.document_id or self.id or self.extensions):
            raise ValueError("Object missing required field `query`")


class Subscribe(msgspec.Struct, tag_field="type", tag="subscribe"):
    """Begins an operation of any type, by a name that the client chose."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
    payload: SubscribePayload


class Complete(msgspec.Struct, tag_field="type", tag="complete"):
    """Ends an operation."""

    id: str


ClientMessage = Init | Ping | Pong | Subscribe | Complete
_MESSAGE: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)


def read_message(received: Mapping[str, Any]) -> ClientMessage:
    """Read what ASGI received; raises Unreadable.

    JSON is read as strictly as it is written: no lone surrogates, no NaN, no nesting without end.
    """
    text = received.get("text")
    if text is None:
        raise Unreadable("A message is text, not binary")
    try:
        return _MESSAGE.decode(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error) or "A message is JSON") from None
