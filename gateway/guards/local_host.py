"""Where everyone is let in, only by a loopback name: a page that rebinds its own name reaches nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access.authentication import Authenticator
from gateway.access.principals import is_loopback
from gateway.protocols.refusals import refusal


class LocalHost:
    """Middleware that answers 421 to a `Host` that is not this machine."""

    def __init__(self, app: ASGIApp, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the host that was called."""
        host = Headers(scope=scope).get("host") if scope["type"] in ("http", "websocket") else None
        if host is None or is_loopback(_name_of(host)) or not await self._authenticator.is_open():
            await self._app(scope, receive, send)
            return
        message = (
            f"Without keys only localhost is answered, not {host!r}: call http://localhost, "
            "or make a key (`trigraph keys create NAME`)"
        )
        await refusal(421, "MISDIRECTED_REQUEST", message)(scope, receive, send)


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
