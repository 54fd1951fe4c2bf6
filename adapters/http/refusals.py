"""What an upstream's refusing status codes mean."""

from __future__ import annotations

import httpx

from adapters.errors import Conflict, InvalidInput, LimitExceeded, NotAllowed, NotFound, Refused
from adapters.http.retry import retry_after_seconds
from adapters.http.upstream import Answer

REFUSALS: dict[int, type[Refused]] = {401: NotAllowed, 403: NotAllowed, 404: NotFound, 409: Conflict}


def refusal(answer: Answer, code: str, message: str) -> Refused:
    """Give the error that a 4xx answer stands for, with the service's own code and sentence."""
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        return LimitExceeded(code, message, retry_after_seconds=retry_after_seconds(answer.headers))
    return REFUSALS.get(answer.status, InvalidInput)(code, message)
