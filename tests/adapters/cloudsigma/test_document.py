"""The OpenAPI document says what is served."""

from __future__ import annotations

from typing import Any

from tests.documented_api import DocumentedApi


class TestCloudSigmaDocument(DocumentedApi):
    """What every document is held to, and what is CloudSigma's own."""

    contract = frozenset(
        {
            "GET /v1/health",
            "POST /v1/generate",
            "GET /v1/status/{executionArn}",
            "GET /v1/executions",
            "GET /v1/usage",
            "POST /v1/api-keys",
            "GET /v1/api-keys",
            "DELETE /v1/api-keys/{prefix}",
        }
    )

    def test_answers_have_their_envelopes(self, document: dict[str, Any]) -> None:
        """Of a success and of an error."""
        schemas = document["components"]["schemas"]

        def answered(status: str) -> list[str]:
            told = document["paths"]["/v1/usage"]["get"]["responses"][status]["content"]["application/json"]["schema"]
            return list(schemas[told["$ref"].rpartition("/")[2]]["properties"])

        assert answered("200") == ["success", "data"]
        assert answered("401") == ["success", "error"]
