"""Which web pages of other origins may call, and read the answer: those that the settings name, and no other."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from adapters.http.request_id import HEADER
from adapters.services import Service
from gateway.guards.csrf import PREFLIGHT_HEADERS

METHODS = ("GET", "POST", "PUT", "DELETE")
SENT = (
    "Authorization",
    "Content-Type",
    "If-None-Match",
    "Last-Event-ID",
    "Traceparent",
    "X-GraphQL-Event-Stream-Token",
    HEADER,
    *PREFLIGHT_HEADERS,
    *(f"X-Trigraph-{service.value}-Token" for service in Service),
)
READ = ("ETag", "Retry-After", HEADER)
KEPT_SECONDS = 600


def cors(allowed_origins: frozenset[str]) -> list[Middleware]:
    """Let pages of these origins call, with a key and never with cookies; without origins nothing is let in."""
    if not allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=sorted(allowed_origins),
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=READ,
            allow_credentials=False,
            max_age=KEPT_SECONDS,
        )
    ]
