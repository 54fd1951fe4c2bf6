"""The OpenAPI document of the served paths."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from adapters.cloudsigma.models import Usage
from adapters.cloudsigma.wire import (
    ApiKeys,
    Deleted,
    ExecutionList,
    ExecutionRow,
    Failure,
    GenerateBody,
    HealthAnswer,
    KeyBody,
    NewApiKey,
    StatusAnswer,
    Success,
)
from adapters.http import openapi
from adapters.http.openapi import Api, Operation, Refusal

HISTORY_SIZE = 50
"""Executions in a list, at most."""

API = Api(
    title="CloudSigma",
    version="1.0.0",
    description="Turns threat intelligence into detection rules.",
    token="A `csk_live_…` key, or a JWT, which the API keys are managed with.",  # noqa: S106 - says what it looks like
    refusals={
        400: Refusal(sentence="Something does not fit; `error` says what.", shape=Failure),
        401: Refusal(sentence="The token is missing, expired or unknown.", shape=Failure),
        403: Refusal(sentence="It is not allowed.", shape=Failure),
        404: Refusal(sentence="There is no such thing.", shape=Failure),
        409: Refusal(sentence="It exists already.", shape=Failure),
        429: Refusal(sentence="A limit is used up; `Retry-After` says when to come back.", shape=Failure),
    },
    headers={},
)


class ExecutionsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of GET /v1/executions."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=HISTORY_SIZE)] = HISTORY_SIZE


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/health",
        name="health",
        tag="health",
        sentence="Say that the server is there.",
        answer=Success[HealthAnswer],
        statuses={200: "It is there."},
        is_open=True,
    ),
    Operation(
        method="POST",
        path="/v1/generate",
        name="generate",
        tag="executions",
        sentence="Start an execution.",
        body=GenerateBody,
        example=GenerateBody(input_type="text", text="The actor dumped LSASS and ran encoded PowerShell."),
        answer=Success[StatusAnswer],
        statuses={200: "It runs."},
        refusals=frozenset({400, 401, 429}),
    ),
    Operation(
        method="GET",
        path="/v1/status/{executionArn}",
        name="status",
        tag="executions",
        sentence="Tell an execution's state to its owner, with the output once it has succeeded.",
        answer=Success[StatusAnswer],
        statuses={200: "The execution."},
        refusals=frozenset({401, 403, 404, 429}),
    ),
    Operation(
        method="GET",
        path="/v1/executions",
        name="executions",
        tag="executions",
        sentence="List the newest executions.",
        query=ExecutionsQuery,
        answer=Success[ExecutionList[ExecutionRow]],
        statuses={200: "The executions, newest first."},
        refusals=frozenset({400, 401, 429}),
    ),
    Operation(
        method="GET",
        path="/v1/usage",
        name="usage",
        tag="usage",
        sentence="Tell how much of the month is used.",
        answer=Success[Usage],
        statuses={200: "Rules that were generated this month, and how many may be."},
        refusals=frozenset({401, 429}),
    ),
    Operation(
        method="POST",
        path="/v1/api-keys",
        name="make_key",
        tag="api-keys",
        sentence="Make an API key.",
        body=KeyBody,
        example=KeyBody(name="continuous integration"),
        answer=Success[NewApiKey],
        statuses={200: "The key, which is shown this once."},
        refusals=frozenset({400, 401, 403, 409, 429}),
    ),
    Operation(
        method="GET",
        path="/v1/api-keys",
        name="list_keys",
        tag="api-keys",
        sentence="List the caller's API keys.",
        answer=Success[ApiKeys],
        statuses={200: "The keys' names and prefixes, oldest first."},
        refusals=frozenset({401, 403, 429}),
    ),
    Operation(
        method="DELETE",
        path="/v1/api-keys/{prefix}",
        name="delete_key",
        tag="api-keys",
        sentence="Delete one of the caller's API keys.",
        answer=Success[Deleted],
        statuses={200: "It is deleted."},
        refusals=frozenset({401, 403, 404, 429}),
    ),
)


def write_document() -> dict[str, Any]:
    """Write the document, of OpenAPI 3.1."""
    return openapi.write_document(API, OPERATIONS)
