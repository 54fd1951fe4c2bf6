"""The id of the request that is being answered, which is sent upstream and stands in the log."""

from __future__ import annotations

from contextvars import ContextVar

HEADER = "X-Request-ID"

current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)
