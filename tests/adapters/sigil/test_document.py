"""The OpenAPI document says what is served."""

from __future__ import annotations

from typing import Any

import httpx

from tests.documented_api import DocumentedApi


class TestSigilDocument(DocumentedApi):
    """What every document is held to, and what is Sigil's own."""

    contract = frozenset(
        {
            "POST /v1/scans",
            "GET /v1/scans",
            "GET /v1/scans/{scan_id}",
            "GET /v1/threats",
            "POST /v1/policies/evaluate",
            "GET /v1/team/members",
        }
    )

    def test_parameters_have_the_names_and_limits_that_are_checked(self, document: dict[str, Any]) -> None:
        """Also those that are words of Python."""
        given = {
            parameter["name"]: parameter["schema"] for parameter in document["paths"]["/v1/scans"]["get"]["parameters"]
        }
        assert list(given) == ["page", "per_page", "verdict", "target", "from", "to"]
        assert given["per_page"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
        assert given["from"] == {"type": "string", "format": "date-time"}

    async def test_the_examples_are_accepted(self, server: httpx.AsyncClient, document: dict[str, Any]) -> None:
        """A policy may be tried as it is shown."""
        content = document["paths"]["/v1/policies/evaluate"]["post"]["requestBody"]["content"]["application/json"]
        answer = await server.post("/v1/policies/evaluate", json=content["example"])
        assert (answer.status_code, answer.json()["passed"]) == (200, True)
