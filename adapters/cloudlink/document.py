"""The OpenAPI document of the served paths, written from their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.cloudlink.endpoints.endpoint import Endpoint
from adapters.cloudlink.wire import Flaws, HealthAnswer
from adapters.cloudlink.wire import Refusal as RefusalAnswer
from adapters.http import openapi
from adapters.http.openapi import Api, Operation, Refusal

API = Api(
    title="CloudLink",
    version="1.0.0",
    description="Watches cloud cost: scans, hourly costs, regressions by deploy, budgets, actions.",
    token="A `cl_live_…` key.",  # noqa: S106 - says what it looks like
    refusals={
        401: Refusal(sentence="The key is missing or unknown.", shape=RefusalAnswer),
        403: Refusal(sentence="It is not allowed.", shape=RefusalAnswer),
        404: Refusal(sentence="There is no such thing, or it is another tenant's.", shape=RefusalAnswer),
        409: Refusal(sentence="It is not in a state that permits that.", shape=RefusalAnswer),
        413: Refusal(sentence="The body is too large.", shape=RefusalAnswer),
        422: Refusal(sentence="Something does not fit; `detail` says what and where.", shape=Flaws),
        429: Refusal(sentence="The minute's requests are used up.", shape=RefusalAnswer),
    },
    headers={
        "X-RateLimit-Limit": "Requests a minute.",
        "X-RateLimit-Remaining": "Requests that are left of them.",
        "X-RateLimit-Reset": "When they are counted anew, in seconds since 1970.",
    },
)
HEALTH = Operation(
    method="GET",
    path="/health",
    name="health",
    tag="health",
    sentence="Say how the service is.",
    answer=HealthAnswer,
    statuses={200: "It answers.", 503: "It can't be used."},
    is_open=True,
)


def write_document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Write the document, of OpenAPI 3.1."""
    return openapi.write_document(API, [HEALTH, *map(_operation, endpoints)])


def _operation(endpoint: Endpoint) -> Operation:
    return Operation(
        method=endpoint.method,
        path=endpoint.path,
        name=f"{endpoint.handle.__module__.rpartition('.')[2]}_{endpoint.handle.__name__}",
        tag=endpoint.path.split("/")[1],
        sentence=endpoint.sentence,
        answer=endpoint.answer,
        statuses={endpoint.status: endpoint.sentence},
        query=endpoint.query,
        body=endpoint.body,
        example=endpoint.example,
        refusals=_refusals(endpoint),
    )


def _refusals(endpoint: Endpoint) -> frozenset[int]:
    statuses = {401, 429, *endpoint.refusals}
    if "{" in endpoint.path:
        statuses.add(404)
    if endpoint.query is not None or endpoint.body is not None:
        statuses.add(422)
    if endpoint.body is not None:
        statuses.add(413)
    return frozenset(statuses)
