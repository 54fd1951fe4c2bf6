"""The OpenAPI documents of the served REST APIs, written from tables of their operations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.routing import Route

_IN_BRACES = re.compile(r"{(\w+)}")
_INDENTED = re.compile(r"\n\s+")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What a status says that is no success, and the shape of its answer."""

    sentence: str
    shape: Any


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What is told of an endpoint: its `name` is the document's operationId, `statuses` are its successes.

    `query` and `body` are the shapes of what is read, `example` is a body; `refusals` are the other statuses.
    """

    method: str
    path: str
    name: str
    tag: str
    sentence: str
    answer: Any
    statuses: Mapping[int, str]
    query: type[Any] | None = None
    body: type[Any] | None = None
    example: msgspec.Struct | None = None
    refusals: frozenset[int] = frozenset()
    is_open: bool = False


@dataclass(frozen=True, kw_only=True)
class Api:
    """What is told of a whole API; `headers` come, as integers, with each success that wants a token."""

    title: str
    version: str
    description: str
    token: str
    refusals: Mapping[int, Refusal]
    headers: Mapping[str, str]


def document_route(document: Mapping[str, Any]) -> Route:
    """Serve a document at `/openapi.json`, to everybody."""
    content = msgspec.json.encode(document)
    return Route("/openapi.json", lambda _request: Response(content, media_type="application/json"))


def write_document(api: Api, operations: Sequence[Operation]) -> dict[str, Any]:
    """Write the document, of OpenAPI 3.1."""
    shapes = _shapes(api, operations)
    references, schemas = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    writer = _Writer(api, dict(zip(shapes, references, strict=True)), schemas)
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = writer.operation(operation)
    for schema in schemas.values():
        schema["description"] = _INDENTED.sub(" ", schema.get("description", ""))
    asked = {operation.query.__name__ for operation in operations if operation.query is not None}
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": api.version, "description": api.description},
        "servers": [{"url": "."}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in asked},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": api.token}},
        },
    }


def _shapes(api: Api, operations: Sequence[Operation]) -> list[Any]:
    shapes: dict[Any, None] = dict.fromkeys(refusal.shape for refusal in api.refusals.values())
    for operation in operations:
        told = (operation.answer, operation.body, operation.query)
        shapes |= dict.fromkeys(shape for shape in told if shape is not None)
    return list(shapes)


class _Writer:
    """Writes operations; `schema_of` refers to a shape's entry in `schemas`."""

    def __init__(self, api: Api, schema_of: Mapping[Any, Any], schemas: Mapping[str, Any]) -> None:
        self._api = api
        self._schema_of = schema_of
        self._schemas = schemas

    def operation(self, operation: Operation) -> dict[str, Any]:
        """Write an operation."""
        written: dict[str, Any] = {"summary": operation.sentence, "operationId": operation.name}
        written["tags"] = [operation.tag]
        written["parameters"] = [*_path_parameters(operation), *self._query_parameters(operation)]
        written["responses"] = self._responses(operation)
        if operation.is_open:
            written["security"] = []
        if operation.body is not None:
            written["requestBody"] = {"required": True, "content": self._json(operation.body, operation.example)}
        return written

    def _query_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        if operation.query is None:
            return []
        properties = self._schemas[operation.query.__name__]["properties"]
        return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]

    def _responses(self, operation: Operation) -> dict[str, Any]:
        headers = {} if operation.is_open else self._headers()
        answers: dict[int, Any] = {
            status: {"description": sentence, **headers, "content": self._json(operation.answer)}
            for status, sentence in operation.statuses.items()
        }
        for status in operation.refusals:
            refusal = self._api.refusals[status]
            answers[status] = {"description": refusal.sentence, "content": self._json(refusal.shape)}
        return {str(status): answer for status, answer in sorted(answers.items())}

    def _headers(self) -> dict[str, Any]:
        if not self._api.headers:
            return {}
        told = self._api.headers.items()
        return {"headers": {name: {"description": what, "schema": {"type": "integer"}} for name, what in told}}

    def _json(self, shape: Any, example: msgspec.Struct | None = None) -> dict[str, Any]:
        shown = {} if example is None else {"example": msgspec.to_builtins(example)}
        return {"application/json": {"schema": self._schema_of[shape], **shown}}


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    names = _IN_BRACES.findall(operation.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
