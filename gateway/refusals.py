"""How a request is refused before any operation of it is run."""

from __future__ import annotations

from starlette.responses import JSONResponse


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with a status, and with an error as GraphQL has it."""
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status, headers)
