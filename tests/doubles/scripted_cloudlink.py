"""CloudLink's upstream below the transport: answers with what a test puts in, and keeps what it was asked."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx

from adapters.cloudlink.exchange import Exchange
from adapters.cloudlink.rest import RestCloudLink
from adapters.http.polling import Pace
from adapters.http.upstream import Upstream
from adapters.principal import LOCAL_PRINCIPAL

NEVER = Pace(busy=3600, idle=3600, trouble=3600)
LISTS = ("deploys", "regressions", "cost-snapshots", "budgets", "alerts")
"""Those that the upstream answers bare; `alerts` is the last part of its path."""


class ScriptedCloudLink:
    """Keeps rows with the documented fields only.

    `rows` holds the lists by the last part of their path, `answers` what else is answered by method and path;
    `requests` keeps what was asked, `calls` counts it by method and path.
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.answers: dict[str, httpx.Response | Any] = {}
        self.requests: list[httpx.Request] = []
        self.calls: Counter[str] = Counter()

    def adapter(self, tenant: str = LOCAL_PRINCIPAL.tenant, pace: Pace = NEVER) -> RestCloudLink:
        """Build the adapter that talks to this."""
        wire = httpx.MockTransport(self._answer)
        upstream = Upstream("CloudLink", "https://cloudlink.example", "cl_live_x", wire)
        return RestCloudLink(Exchange(upstream, upstream, tenant), pace)

    def sent(self) -> Any:
        """Give the body of the last request."""
        return json.loads(self.requests[-1].content)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        asked = f"{request.method} {request.url.path}"
        self.requests.append(request)
        self.calls[asked] += 1
        known = self.answers.get(asked)
        if isinstance(known, httpx.Response):
            return httpx.Response(known.status_code, content=known.content, headers=dict(known.headers))
        if known is not None:
            return httpx.Response(200, json=known)
        name = request.url.path.rpartition("/")[2]
        if request.method != "GET" or name not in self.rows:
            return httpx.Response(404, json={"detail": "Not Found"})
        rows = self.rows[name][: int(request.url.params.get("limit", 1000))]
        wanted = {key: value for key, value in request.url.params.items() if key not in ("limit", "since")}
        rows = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
        return httpx.Response(200, json=rows if name in LISTS else {"items": rows})


def regression(number: int, service: str = "Amazon EC2", status: str = "open", **fields: Any) -> dict[str, Any]:
    """Write a regression as the documentation has it; a higher number is a later one."""
    return {
        "regression_id": f"r-{number}",
        "deploy_id": f"d-{number}",
        "service": service,
        "baseline_cost": 1.0,
        "post_cost": 2.0,
        "change_pct": 100.0,
        "monthly_impact": 720.0,
        "detected_at": moment(number),
        "status": status,
        "confidence": "high",
        **fields,
    }


def deploy(number: int, service: str = "Amazon EC2") -> dict[str, Any]:
    """Write a deploy as the documentation has it."""
    return {
        "deploy_id": f"d-{number}",
        "tenant_id": "t",
        "service": service,
        "version": "1",
        "environment": "production",
        "source": "ci",
        "metadata": {},
        "deployed_at": moment(number),
        "regression_status": "none",
        "something_new": True,
    }


def alert(number: int, budget_id: str = "b-1") -> dict[str, Any]:
    """Write an alert as the documentation has it."""
    return {
        "alert_id": f"a-{number}",
        "budget_id": budget_id,
        "threshold_pct": 50,
        "current_spend_usd": 60.0,
        "budget_limit_usd": 100.0,
        "triggered_at": moment(number),
    }


def action(number: int, status: str = "AWAITING_APPROVAL", moved: int = 0) -> dict[str, Any]:
    """Write an action as the documentation has it; `moved` is how many seconds later it was updated."""
    return {
        "action_id": f"x-{number}",
        "action_key": "k",
        "agent": "idle",
        "action_type": "stop_idle_ec2",
        "resource_id": "i-1",
        "resource_type": "ec2_instance",
        "proposed_change": {"state": "stopped"},
        "status": status,
        "attempt_count": 0,
        "next_retry_at": None,
        "last_error": None,
        "reason": "idle",
        "confidence": 0.9,
        "created_at": moment(number),
        "updated_at": moment(number + moved),
    }


def scan(number: int, status: str = "running") -> dict[str, Any]:
    """Write a scan as the documentation has it."""
    return {
        "scan_id": f"s-{number}",
        "tenant_id": "t",
        "credential_id": "c-1",
        "credential_label": "main",
        "regions": ["us-east-1"],
        "started_at": moment(number),
        "finished_at": None,
        "status": status,
        "events_found": 0,
        "events_ingested": 0,
        "actions_queued": 0,
        "error": None,
    }


def moment(seconds: int) -> str:
    """Write a time of the first of January."""
    return f"2026-01-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"
