"""The OpenAPI document says what is served."""

from __future__ import annotations

from typing import Any

from tests.documented_api import DocumentedApi


class TestCloudLinkDocument(DocumentedApi):
    """What every document is held to, and what is CloudLink's own."""

    contract = frozenset(
        {
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
    )

    def test_parameters_have_their_limits(self, document: dict[str, Any]) -> None:
        """As the server checks them."""
        (service, limit) = document["paths"]["/deploys"]["get"]["parameters"]
        assert (service["name"], service["in"]) == ("service", "query")
        assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 2000, "default": 100}
        (named,) = document["paths"]["/deploys/{deploy_id}"]["get"]["parameters"]
        assert (named["name"], named["in"], named["required"]) == ("deploy_id", "path", True)

    def test_answers_have_their_envelopes(self, document: dict[str, Any]) -> None:
        """Lists are bare or in `items`, and what is created is answered with 201."""

        def answered(path: str, method: str = "get", status: str = "200") -> Any:
            return document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]

        assert answered("/deploys")["type"] == "array"
        envelope = answered("/actions")["$ref"].rpartition("/")[2]
        assert list(document["components"]["schemas"][envelope]["properties"]) == ["items"]
        assert answered("/budgets", "post", "201") == {"$ref": "#/components/schemas/Budget"}
        assert document["paths"]["/health"]["get"]["security"] == []
