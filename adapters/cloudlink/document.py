"""The OpenAPI document of the served paths, written from their tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.cloudlink.endpoints.endpoint import Endpoint
from adapters.cloudlink.wire import Flaws, HealthAnswer, Refusal

VERSION = "1.0.0"
REFUSALS = {
    401: "The key is missing or unknown.",
    403: "It is not allowed.",
    404: "There is no such thing, or it is another tenant's.",
    409: "It is not in a state that permits that.",
    413: "The body is too large.",
    422: "Something does not fit; `detail` says what and where.",
    429: "The minute's requests are used up.",
}
RATE_HEADERS = {
    "X-RateLimit-Limit": "Requests a minute.",
    "X-RateLimit-Remaining": "Requests that are left of them.",
    "X-RateLimit-Reset": "When they are counted anew, in seconds since 1970.",
}
_IN_BRACES = re.compile(r"{(\w+)}")
_INDENTED = re.compile(r"\n\s+")


def write_document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Write the document, of OpenAPI 3.1."""
    shapes = _shapes(endpoints)
    references, schemas = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(shapes, references, strict=True))
    paths: dict[str, Any] = {"/health": {"get": _health(schema_of[HealthAnswer])}}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schema_of, schemas)
    for schema in schemas.values():
        schema["description"] = _INDENTED.sub(" ", schema.get("description", ""))
    asked = {endpoint.query.__name__ for endpoint in endpoints if endpoint.query is not None}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CloudLink",
            "version": VERSION,
            "description": "Watches cloud cost: scans, hourly costs, regressions by deploy, budgets, actions.",
        },
        "servers": [{"url": "."}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in asked},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A `cl_live_…` key."}},
        },
    }


def _shapes(endpoints: Sequence[Endpoint]) -> list[Any]:
    shapes: dict[Any, None] = dict.fromkeys([HealthAnswer, Refusal, Flaws])
    for endpoint in endpoints:
        shapes |= dict.fromkeys(
            shape for shape in (endpoint.answer, endpoint.body, endpoint.query) if shape is not None
        )
    return list(shapes)


def _operation(endpoint: Endpoint, schema_of: dict[Any, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.sentence,
        "operationId": f"{endpoint.handle.__module__.rpartition('.')[2]}_{endpoint.handle.__name__}",
        "tags": [endpoint.path.split("/")[1]],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint, schemas)],
        "responses": _responses(endpoint, schema_of),
    }
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(schema_of[endpoint.body])}
    return operation


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = _IN_BRACES.findall(endpoint.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(endpoint: Endpoint, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    properties = schemas[endpoint.query.__name__]["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _responses(endpoint: Endpoint, schema_of: dict[Any, Any]) -> dict[str, Any]:
    headers = {
        name: {"description": sentence, "schema": {"type": "integer"}} for name, sentence in RATE_HEADERS.items()
    }
    answers = {
        endpoint.status: {
            "description": endpoint.sentence,
            "headers": headers,
            "content": _json(schema_of[endpoint.answer]),
        }
    }
    for status in _refusals(endpoint):
        shape = Flaws if status == 422 else Refusal  # noqa: PLR2004 - what does not fit is told as a list
        answers[status] = {"description": REFUSALS[status], "content": _json(schema_of[shape])}
    return {str(status): answer for status, answer in sorted(answers.items())}


def _refusals(endpoint: Endpoint) -> set[int]:
    statuses = {401, 429, *endpoint.refusals}
    if "{" in endpoint.path:
        statuses.add(404)
    if endpoint.query is not None or endpoint.body is not None:
        statuses.add(422)
    return statuses | {413} if endpoint.body is not None else statuses


def _health(schema: Any) -> dict[str, Any]:
    return {
        "summary": "Say how the service is.",
        "operationId": "health",
        "tags": ["health"],
        "security": [],
        "responses": {
            status: {"description": sentence, "content": _json(schema)}
            for status, sentence in (("200", "It answers."), ("503", "It can't be used."))
        },
    }


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
