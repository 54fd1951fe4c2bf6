"""CloudSigma's upstream below the transport: answers the documented paths from what a test puts in, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import httpx

from adapters.cloudsigma.rest import RestCloudSigma
from adapters.cloudsigma.upstream import CODES
from adapters.http.polling import DOCUMENTED_PACE, Pace
from adapters.http.upstream import Upstream
from adapters.ownership import Ownership
from adapters.store.database import Database

TOKEN = "csk_live_00112233445566778899aabbccddeeff"
STARTED = "2026-02-10T12:00:00Z"
STOPPED = "2026-02-10T12:00:25Z"
OUTPUT: dict[str, Any] = {
    "rules": [],
    "ttps": [],
    "iocs": [],
    "detectionGaps": [],
    "pipelineNotices": [],
    "metadata": {
        "inputType": "url",
        "rulesGenerated": 5,
        "ttpsExtracted": 8,
        "platformsTargeted": 3,
        "processingTimeMs": 12500,
    },
}


def answer_of(data: Any, status: int = 200) -> httpx.Response:
    """Answer with a success, in the envelope."""
    return httpx.Response(status, json={"success": True, "data": data})


def error_answer(status: int, code: str, message: str = "told", **headers: str) -> httpx.Response:
    """Answer with an error, in the envelope; `Retry_After="7"` adds a header."""
    body = {"success": False, "error": {"code": code, "message": message}}
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


class ScriptedUpstream:
    """Keeps executions with the documented fields only.

    `calls` counts requests by endpoint and `requests` keeps them; `before` runs ahead of each answer and may give
    another one; executions in `unlisted` are missing from the list.
    """

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.unlisted: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.requests: list[httpx.Request] = []
        self.before: Callable[[str], Awaitable[httpx.Response | None]] = _nothing

    def run(self, arn: str, **fields: Any) -> str:
        """Have an execution RUNNING; more fields as keywords."""
        self.executions[arn] = {"status": "RUNNING", "executionArn": arn, "startDate": STARTED, **fields}
        return arn

    def succeed(self, arn: str, output: Any = OUTPUT) -> None:
        """End an execution with its output."""
        self.executions[arn] |= {"status": "SUCCEEDED", "stopDate": STOPPED, "output": output}

    def fail(self, arn: str, message: str) -> None:
        """End an execution with an error message."""
        self.executions[arn] |= {"status": "FAILED", "stopDate": STOPPED, "errorMessage": message}

    def adapter(self, store: Database, pace: Pace = DOCUMENTED_PACE) -> RestCloudSigma:
        """Build the adapter that talks to this."""
        wire = httpx.MockTransport(self._answer)
        upstream = Upstream("CloudSigma", "https://upstream.example", TOKEN, wire, codes=CODES)
        return RestCloudSigma(upstream, Ownership(store, "cloudsigma"), pace)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        endpoint = request.url.path.split("/")[2]
        self.calls[endpoint] += 1
        self.requests.append(request)
        return await self.before(endpoint) or self._documented(endpoint, request)

    def _documented(self, endpoint: str, request: httpx.Request) -> httpx.Response:
        match endpoint:
            case "health":
                return answer_of({"status": "ok"})
            case "usage":
                return answer_of({"used": 5, "limit": 20, "tier": "free", "periodStart": "2026-02-01T00:00:00Z"})
            case "generate":
                return answer_of({"executionArn": self.run(f"arn:{len(self.executions)}")})
            case "executions":
                listed = [row for arn, row in self.executions.items() if arn not in self.unlisted]
                return answer_of({"executions": [_without_output(row) for row in listed[:-51:-1]]})
            case "status":
                known = self.executions.get(unquote(request.url.raw_path.decode().rpartition("/")[2]))
                return answer_of(known) if known else error_answer(404, "NotFound", "Execution ARN not found")
        return error_answer(404, "NotFound")


async def _nothing(_endpoint: str) -> httpx.Response | None:
    return None


def _without_output(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "output"}
