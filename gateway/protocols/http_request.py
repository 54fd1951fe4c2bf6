"""The operations of an HTTP request: what its method, its type and its body say."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from gateway.protocols.graphql_request import GraphQLRequest, read_body, read_parameters
from gateway.protocols.refusals import Refused
from gateway.protocols.reply import JSON


async def read_request(scope: Scope, headers: Headers, receive: Receive) -> GraphQLRequest:
    """Read a request for one operation; raises Refused, or ClientDisconnect where its sender has left."""
    request = await read_requests(scope, headers, receive)
    if isinstance(request, list):
        raise Refused(400, "BAD_REQUEST", "A stream carries one operation: send it as an object")
    return request


async def read_requests(scope: Scope, headers: Headers, receive: Receive) -> GraphQLRequest | list[GraphQLRequest]:
    """Read a request for one operation or several; raises Refused, or ClientDisconnect where its sender has left."""
    if scope["method"] == "GET":
        return read_parameters(scope["query_string"])
    if scope["method"] != "POST":
        raise Refused(405, "BAD_REQUEST", "GraphQL is asked by GET or by POST", {"Allow": "GET, POST"})
    if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused(415, "BAD_REQUEST", f"A request has the content type {JSON}")
    return read_body(await _body(receive))


async def _body(receive: Receive) -> bytes:
    """Read a request's body; raises ClientDisconnect where its sender has left."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def until_left(receive: Receive) -> None:
    """Wait until the sender of a request, which is read, has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
