"""What an operation came to, as the bytes that a client gets."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from strawberry.types import ExecutionResult

from gateway.refusals import Refused

OK = 200
BAD_REQUEST = 400
FAULT = 500


class Answer(NamedTuple):
    """A response's body, and its status where a client takes `application/graphql-response+json`."""

    body: bytes
    status: int


def answer_of(result: ExecutionResult) -> Answer:
    """Write a result; one that went wrong before anything was executed has no `data`."""
    errors = [error.formatted for error in result.errors or ()]
    written: dict[str, Any] = {"errors": errors} if errors else {}
    status = OK
    if errors and result.data is None and not any("path" in error for error in errors):
        status = FAULT if any(error["extensions"]["code"] == "INTERNAL" for error in errors) else BAD_REQUEST
    else:
        written = {"data": result.data, **written}
    if result.extensions:
        written["extensions"] = result.extensions
    return Answer(msgspec.json.encode(written), status)


def refused_answer(refused: Refused) -> Answer:
    """Write a refusal as the answer of an operation."""
    return Answer(msgspec.json.encode({"errors": [refused.error]}), BAD_REQUEST)
