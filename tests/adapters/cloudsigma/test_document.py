"""The OpenAPI document says what is served."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

CONTRACT = {
    "GET /v1/health",
    "POST /v1/generate",
    "GET /v1/status/{executionArn}",
    "GET /v1/executions",
    "GET /v1/usage",
    "POST /v1/api-keys",
    "GET /v1/api-keys",
    "DELETE /v1/api-keys/{prefix}",
}


@pytest.fixture
async def document(server: httpx.AsyncClient) -> dict[str, Any]:
    """The document as everybody may read it."""
    answer = await server.get("/openapi.json", headers={"Authorization": ""})
    assert answer.status_code == 200
    read: dict[str, Any] = answer.json()
    return read


def test_it_is_valid(document: dict[str, Any]) -> None:
    """By OpenAPI 3.1's own schema."""
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_it_lists_every_endpoint_of_the_contract(document: dict[str, Any]) -> None:
    """And no other; each has a name of its own and a sentence."""
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == CONTRACT
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations.values())


async def test_every_endpoint_is_served_and_needs_a_key(server: httpx.AsyncClient, document: dict[str, Any]) -> None:
    """Unless the document says that it is open."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answer = await server.request(method, re.sub(r"{\w+}", "x", path), headers={"Authorization": ""})
            assert answer.status_code == (200 if operation.get("security") == [] else 401), path


async def test_every_path_says_what_it_can_be_asked_for(server: httpx.AsyncClient, document: dict[str, Any]) -> None:
    """`Allow` has the methods of the document, also where a path has several."""
    for path, methods in document["paths"].items():
        answer = await server.patch(re.sub(r"{\w+}", "x", path))
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == {method.upper() for method in methods}


def test_answers_have_their_envelopes(document: dict[str, Any]) -> None:
    """Of a success and of an error."""
    schemas = document["components"]["schemas"]

    def answered(status: str) -> list[str]:
        told = document["paths"]["/v1/usage"]["get"]["responses"][status]["content"]["application/json"]["schema"]
        return list(schemas[told["$ref"].rpartition("/")[2]]["properties"])

    assert answered("200") == ["success", "data"]
    assert answered("401") == ["success", "error"]
