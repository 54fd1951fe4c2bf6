"""What clients may keep of answers to queries by GET, and the `ETag` by which they ask whether it is the same."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from graphql import GraphQLSchema
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.access.upstream_tokens import NAMES
from gateway.execution.cache_policy import CachePolicies
from gateway.protocols.answers import Answer

NOT_MODIFIED = 304
NO_STORE = "no-store"
ETAG_BYTES = 18


class Caching:
    """Gives answers the headers of their documents' policies; `own_tokens` are what callers may bring for upstreams."""

    def __init__(self, graph: GraphQLSchema, *, own_tokens: bool = False) -> None:
        self._policies = CachePolicies(graph)
        self._vary = ", ".join(("Accept", "Authorization", *(NAMES if own_tokens else ())))

    def reply(self, answer: Answer, text: str, media_type: str, if_none_match: str | None) -> ASGIApp:
        """Give the response to a query by GET; one with errors is for now only."""
        if not answer.is_whole:
            return answer.as_reply(media_type, {"Cache-Control": NO_STORE, "Vary": self._vary})
        tag = etag(answer.body, media_type)
        headers = {"Cache-Control": self._policies.of(text).header, "ETag": tag, "Vary": self._vary}
        if if_none_match is not None and names(if_none_match, tag):
            return NotModified(headers)
        return answer.as_reply(media_type, headers)


class NotModified:
    """Says that what a client has is what it would get."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it; it has no body."""
        await send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": self._headers})
        await send({"type": "http.response.body", "body": b""})


def etag(body: bytes, media_type: str) -> str:
    """Name a representation: strongly, byte by byte."""
    digest = hashlib.blake2b(media_type.encode() + b"\0" + body, digest_size=ETAG_BYTES).digest()
    return f'"{base64.urlsafe_b64encode(digest).decode()}"'


def names(if_none_match: str, tag: str) -> bool:
    """Say whether `If-None-Match` names a tag, or any; a weak one will do, as RFC 9110 has it."""
    given = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return tag in given or given == ["*"]


def unless_told(send: Send) -> Send:
    """Let what says nothing else be kept by nobody, such as refusals."""

    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                message = {**message, "headers": [*headers, (b"cache-control", NO_STORE.encode())]}
        await send(message)

    return send_with
