"""What an operation came to, as the bytes that a client gets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from graphql.execution import InitialIncrementalExecutionResult, SubsequentIncrementalExecutionResult
from strawberry.types import ExecutionResult

from gateway.execution.missing_rows import MISSING_ROWS
from gateway.protocols.refusals import Refused
from gateway.protocols.reply import JSON, Reply

IncrementalPart = InitialIncrementalExecutionResult | SubsequentIncrementalExecutionResult

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
OK = 200
BAD_REQUEST = 400
FAULT = 500


class Answer(NamedTuple):
    """A response's body, and its status where a client takes `application/graphql-response+json`."""

    body: bytes
    status: int
    is_whole: bool = False
    """Whether nothing went wrong or is missing, so that it is the same as long as nothing changes."""

    def as_reply(self, media_type: str, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
        """Give the response of a type."""
        return Reply(OK if media_type == JSON else self.status, self.body, media_type, headers)


def answer_of(result: ExecutionResult) -> Answer:
    """Write a result as a client gets it."""
    return as_answer(written(result))


def as_answer(result: Mapping[str, Any]) -> Answer:
    """Write what a client gets."""
    status = OK
    if "data" not in result:
        is_fault = any(error["extensions"]["code"] == "INTERNAL" for error in result["errors"])
        status = FAULT if is_fault else BAD_REQUEST
    is_whole = "errors" not in result and MISSING_ROWS not in result.get("extensions", ())
    return Answer(msgspec.json.encode(result), status, is_whole)


def written(result: ExecutionResult) -> dict[str, Any]:
    """Give what a client gets; what went wrong before anything was executed leaves no `data`."""
    told: dict[str, Any] = {}
    errors = [error.formatted for error in result.errors or ()]
    if result.data is not None or any("path" in error for error in errors):
        told["data"] = result.data
    if errors:
        told["errors"] = errors
    if result.extensions:
        told["extensions"] = result.extensions
    return told


def written_part(part: IncrementalPart) -> dict[str, Any]:
    """Give what a client gets of a part of a result."""
    return {name: value for name, value in part.formatted.items() if name != "extensions" or value}


def refused_answer(refused: Refused) -> Answer:
    """Write a refusal as the answer of an operation."""
    return Answer(msgspec.json.encode({"errors": [refused.error]}), BAD_REQUEST)
