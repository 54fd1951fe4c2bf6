"""How a request is refused before any operation of it is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send


class Refused(Exception):
    """A request, or one of a batch's, can't be answered as it is; sent as it stands, it is the response."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: dict[str, str] | None = None,
        extensions: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
        self.extensions = extensions or {}

    @property
    def error(self) -> dict[str, Any]:
        """Write it as an error of GraphQL."""
        return {"message": self.message, "extensions": {"code": self.code, **self.extensions}}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        await JSONResponse({"errors": [self.error]}, self.status, self.headers)(scope, receive, send)


def unauthenticated() -> Refused:
    """Say that a key or a token is needed."""
    message = "A key or a token is needed, and a good one: send `Authorization: Bearer …`"
    return Refused(401, "UNAUTHENTICATED", message, {"WWW-Authenticate": "Bearer"})


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with a status, and with an error as GraphQL has it."""
    return JSONResponse({"errors": [Refused(status, code, message).error]}, status, headers)
