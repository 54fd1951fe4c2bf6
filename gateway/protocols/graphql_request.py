"""What a request for an operation holds, read from a body or from the parameters of a URL."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from gateway.protocols.refusals import Refused

PARAMETERS = 16
"""How many parameters of a URL are read at most."""
JSON_PARAMETERS = ("variables", "extensions")
UNREADABLE = "Unable to parse request body as JSON"
_PLACE = re.compile(r"`\$(?:\[\d+\])?\.(\w+)`\Z")


class GraphQLRequest(msgspec.Struct, rename="camel"):
    """One operation, given by its text, or by the name that its text is known under."""

    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None
    id: str | None = None


_BODY: msgspec.json.Decoder[GraphQLRequest | list[GraphQLRequest]] = msgspec.json.Decoder(
    GraphQLRequest | list[GraphQLRequest]
)


def read_body(body: bytes) -> GraphQLRequest | list[GraphQLRequest]:
    """Read a body: an operation, or several; raises Refused, naming what is wrong."""
    try:
        return _BODY.decode(body)
    except msgspec.ValidationError as error:
        raise _refused(error) from None
    except (ValueError, RecursionError):
        raise Refused(400, "BAD_REQUEST", UNREADABLE) from None


def read_parameters(query_string: bytes) -> GraphQLRequest:
    """Read the parameters of a URL, of which `variables` and `extensions` hold JSON; raises Refused."""
    try:
        given: dict[str, Any] = dict(
            parse_qsl(query_string.decode("ascii"), errors="strict", max_num_fields=PARAMETERS)
        )
    except ValueError:
        message = f"The URL's parameters can't be read: give at most {PARAMETERS}, in UTF-8"
        raise Refused(400, "BAD_REQUEST", message) from None
    for name in JSON_PARAMETERS:
        if name in given:
            given[name] = _json(name, given[name])
    try:
        return msgspec.convert(given, GraphQLRequest)
    except msgspec.ValidationError as error:
        raise _refused(error) from None


def _json(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        raise Refused(400, "BAD_REQUEST", f"Unable to parse the parameter `{name}` as JSON") from None


def _refused(error: msgspec.ValidationError) -> Refused:
    place = _PLACE.search(str(error))
    if place is None:
        return Refused(400, "BAD_REQUEST", "The request's JSON must be an object, or an array of them")
    name = place[1]
    return Refused(400, "BAD_REQUEST", f"`{name}` must be {'an object' if name in JSON_PARAMETERS else 'a string'}")
