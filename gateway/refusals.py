"""How a request is refused before any operation of it is run."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send


class Refused(Exception):
    """A request, or one of a batch's, can't be answered as it is; sent as it stands, it is the response."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        await refusal(self.status, self.code, self.message, self.headers)(scope, receive, send)


def unauthenticated() -> Refused:
    """Say that a key is needed."""
    message = "A key is needed: send `Authorization: Bearer KEY`"
    return Refused(401, "UNAUTHENTICATED", message, {"WWW-Authenticate": "Bearer"})


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with a status, and with an error as GraphQL has it."""
    return JSONResponse(refused_body(code, message), status, headers)


def refused_body(code: str, message: str) -> dict[str, Any]:
    """Write an error as GraphQL has it."""
    return {"errors": [{"message": message, "extensions": {"code": code}}]}
