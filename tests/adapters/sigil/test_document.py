"""The OpenAPI document says what is served."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

CONTRACT = {
    "POST /v1/scans",
    "GET /v1/scans",
    "GET /v1/scans/{scan_id}",
    "GET /v1/threats",
    "POST /v1/policies/evaluate",
    "GET /v1/team/members",
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


def test_parameters_have_the_names_and_limits_that_are_checked(document: dict[str, Any]) -> None:
    """Also those that are words of Python."""
    given = {
        parameter["name"]: parameter["schema"] for parameter in document["paths"]["/v1/scans"]["get"]["parameters"]
    }
    assert list(given) == ["page", "per_page", "verdict", "target", "from", "to"]
    assert given["per_page"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert given["from"] == {"type": "string", "format": "date-time"}


async def test_the_examples_are_accepted(server: httpx.AsyncClient, document: dict[str, Any]) -> None:
    """A policy may be tried as it is shown."""
    content = document["paths"]["/v1/policies/evaluate"]["post"]["requestBody"]["content"]["application/json"]
    answer = await server.post("/v1/policies/evaluate", json=content["example"])
    assert (answer.status_code, answer.json()["passed"]) == (200, True)
