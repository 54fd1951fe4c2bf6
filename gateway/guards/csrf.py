"""No web page makes its visitor's browser run an operation: what it can send without asking first is refused."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.guards.origins import is_foreign
from gateway.protocols.refusals import refusal

SIMPLE_METHODS = ("GET", "POST")
SIMPLE_TYPES = ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
"""What a form, or a script that asks nobody, can send as `Content-Type`."""
PREFLIGHT_HEADERS = ("graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name")
"""Any of these makes a browser ask first, which `gateway.guards.cors` answers."""


class CsrfPrevention:
    """Middleware that answers 403 to a foreign page's request which no browser asks about first.

    Programs, which say nothing of a site or an origin, may send what they like: it is not them who are tricked.
    """

    def __init__(self, app: ASGIApp, allowed_origins: frozenset[str]) -> None:
        self._app = app
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at where the request comes from."""
        if scope["type"] == "http" and scope["method"] in SIMPLE_METHODS:
            headers = Headers(scope=scope)
            if is_foreign(headers, self._allowed_origins) and is_simple(headers):
                await _REFUSAL(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_simple(headers: Headers) -> bool:
    """Say whether a browser sends this without a preflight, as far as its headers tell."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type in SIMPLE_TYPES and not any(name in headers for name in PREFLIGHT_HEADERS)


_REFUSAL = refusal(
    403,
    "CSRF_REFUSED",
    "A page of another origin sent this without asking first: send `GraphQL-Require-Preflight: 1` or "
    "`Content-Type: application/json`, and set TRIGRAPH_ALLOWED_ORIGINS to the page's origin",
)
