"""The OpenAPI document says what is served."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapters.cloudlink.server import ENDPOINTS

CONTRACT = {
    "GET /health",
    "GET /stats",
    "GET /resources",
    "GET /credentials",
    "POST /credentials",
    "DELETE /credentials/{credential_id}",
    "POST /scan",
    "GET /scans",
    "POST /deploys",
    "GET /deploys",
    "GET /deploys/{deploy_id}",
    "GET /regressions",
    "POST /regressions/{regression_id}/acknowledge",
    "POST /regressions/{regression_id}/resolve",
    "POST /regression/run",
    "GET /cost-snapshots",
    "GET /cost-snapshots/services",
    "POST /cloud-costs/ingest",
    "GET /actions",
    "POST /actions/{action_id}/approve",
    "POST /actions/{action_id}/reject",
    "GET /webhooks",
    "POST /webhooks",
    "DELETE /webhooks/{webhook_id}",
    "GET /audit",
    "GET /subscription/{clerk_user_id}",
    "GET /budgets",
    "POST /budgets",
    "PUT /budgets/{budget_id}",
    "DELETE /budgets/{budget_id}",
    "GET /budgets/alerts",
    "POST /budgets/check",
    "POST /cost-estimate",
    "GET /anomalies",
    "GET /anomalies/{service}",
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


def test_parameters_have_their_limits(document: dict[str, Any]) -> None:
    """As the server checks them."""
    (service, limit) = document["paths"]["/deploys"]["get"]["parameters"]
    assert (service["name"], service["in"]) == ("service", "query")
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 2000, "default": 100}
    (named,) = document["paths"]["/deploys/{deploy_id}"]["get"]["parameters"]
    assert (named["name"], named["in"], named["required"]) == ("deploy_id", "path", True)


def test_answers_have_their_envelopes(document: dict[str, Any]) -> None:
    """Lists are bare or in `items`, and what is created is answered with 201."""

    def answered(path: str, method: str = "get", status: str = "200") -> Any:
        return document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]

    assert answered("/deploys")["type"] == "array"
    envelope = answered("/actions")["$ref"].rpartition("/")[2]
    assert list(document["components"]["schemas"][envelope]["properties"]) == ["items"]
    assert answered("/budgets", "post", "201") == {"$ref": "#/components/schemas/Budget"}
    assert document["paths"]["/health"]["get"]["security"] == []


async def test_every_endpoint_of_the_table_needs_a_key(server: httpx.AsyncClient) -> None:
    """None was forgotten."""
    for endpoint in ENDPOINTS:
        path = re.sub(r"{\w+}", "x", endpoint.path)
        answer = await server.request(endpoint.method, path, headers={"Authorization": ""})
        assert answer.status_code == 401, path


async def test_every_path_says_what_it_can_be_asked_for(server: httpx.AsyncClient, document: dict[str, Any]) -> None:
    """`Allow` has the methods of the document, also where a path has several, and `/budgets/alerts` is no budget."""
    for path, methods in document["paths"].items():
        answer = await server.patch(re.sub(r"{\w+}", "x", path))
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == {method.upper() for method in methods}
