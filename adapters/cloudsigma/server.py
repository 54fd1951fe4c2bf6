"""The local CloudSigma on the documented REST paths: `trigraph serve cloudsigma`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.cloudsigma.callers import Callers
from adapters.cloudsigma.document import API, HISTORY_SIZE, write_document
from adapters.cloudsigma.local.adapter import LocalCloudSigma
from adapters.cloudsigma.models import Execution
from adapters.cloudsigma.validation import validated
from adapters.cloudsigma.wire import (
    ApiKeys,
    Deleted,
    ExecutionList,
    ExecutionRow,
    Failure,
    GenerateBody,
    HealthAnswer,
    KeyBody,
    Problem,
    StatusAnswer,
    Success,
)
from adapters.errors import Conflict, InvalidInput, LimitExceeded, NotAllowed, NotFound, Refused
from adapters.http.openapi import document_route
from adapters.http.serving import (
    AccountRates,
    BodyTooLarge,
    Rate,
    bearer_token,
    decode_body,
    one_route_per_path,
    read_body,
    web_pages,
)
from adapters.http.swagger import swagger_routes
from adapters.keys import Unauthorized
from adapters.paging import Window
from adapters.principal import Principal

BURST = 100.0
REQUESTS_PER_SECOND = 50.0
BODY_BYTES = 1024 * 1024
"""Holds a text of 50,000 characters however it is escaped, at most twelve bytes each."""
STATUS_CODES: dict[type[Refused], int] = {
    InvalidInput: 400,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    LimitExceeded: 429,
}

Handler = Callable[[Request, Principal], Awaitable[Any]]


class CloudSigmaServer:
    """The handlers of the documented paths."""

    def __init__(self, adapter: LocalCloudSigma, callers: Callers) -> None:
        self._adapter = adapter
        self._callers = callers
        self._rates = AccountRates()

    def routes(self) -> list[Route]:
        """List the documented paths, with their document and the pages that show it."""
        return [
            document_route(write_document()),
            *swagger_routes(API.title),
            *one_route_per_path(
                [
                    Route("/v1/health", self.health),
                    Route("/v1/generate", self._guarded(self.generate), methods=["POST"]),
                    Route("/v1/status/{arn:path}", self._guarded(self.status)),
                    Route("/v1/executions", self._guarded(self.executions)),
                    Route("/v1/usage", self._guarded(self.usage)),
                    Route("/v1/api-keys", self._guarded(self.list_keys), methods=["GET"]),
                    Route("/v1/api-keys", self._guarded(self.make_key), methods=["POST"]),
                    Route("/v1/api-keys/{prefix}", self._guarded(self.delete_key), methods=["DELETE"]),
                ]
            ),
        ]

    async def health(self, _request: Request) -> Response:
        """Say that the server is there; open to all."""
        return _answer(HealthAnswer())

    async def generate(self, request: Request, caller: Principal) -> Any:
        """Start an execution."""
        body = decode_body(await read_body(request, BODY_BYTES), GenerateBody, "ValidationError")
        wanted = validated(
            url=body.url,
            cve_id=body.cve_id,
            text=body.text,
            input_type=body.input_type or "",
            platforms=body.options.target_providers,
            siems=body.options.target_siems,
            include_ioc_rules=body.options.include_ioc_rules,
            force=body.options.force,
        )
        execution = await self._adapter.generate(caller, wanted)
        return StatusAnswer(arn=execution.arn, status=execution.status, started_at=execution.started_at)

    async def status(self, request: Request, caller: Principal) -> Any:
        """Tell an execution's state to its owner."""
        arn = unquote(request.path_params["arn"])
        owner = await self._adapter.records.owner(arn)
        if owner is None:
            raise NotFound("NotFound", f"There is no execution {arn!r}")
        if owner != caller.id:
            raise NotAllowed("Forbidden", "You do not own this execution")
        execution = (await self._adapter.executions_by_arn(caller, [arn]))[0]
        output = (await self._adapter.outputs_by_arn(caller, [arn]))[0]
        return StatusAnswer(**_fields(execution), output=output)

    async def executions(self, request: Request, caller: Principal) -> Any:
        """List the newest executions."""
        limit = request.query_params.get("limit", str(HISTORY_SIZE))
        if not (limit.isdecimal() and len(limit) < 10 and 1 <= int(limit) <= HISTORY_SIZE):  # noqa: PLR2004 - more digits than the limit has
            raise InvalidInput("ValidationError", f"limit is {limit[:20]!r}: give 1 to {HISTORY_SIZE}", "limit")
        page = await self._adapter.executions(caller, Window(int(limit), counted=False))
        return ExecutionList(executions=[ExecutionRow(**_fields(execution)) for execution in page.nodes])

    async def usage(self, _request: Request, caller: Principal) -> Any:
        """Tell how much of the month is used."""
        return await self._adapter.usage(caller)

    async def make_key(self, request: Request, caller: Principal) -> Any:
        """Make an API key."""
        body = decode_body(await read_body(request, BODY_BYTES), KeyBody, "ValidationError")
        return await self._callers.make_key(caller, body.name)

    async def list_keys(self, _request: Request, caller: Principal) -> Any:
        """List the caller's API keys."""
        return ApiKeys(keys=await self._callers.list_keys(caller))

    async def delete_key(self, request: Request, caller: Principal) -> Any:
        """Delete one of the caller's API keys."""
        await self._callers.delete_key(caller, request.path_params["prefix"])
        return Deleted()

    def _guarded(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        @wraps(handler)
        async def endpoint(request: Request) -> Response:
            caller = await self._callers.authenticate(bearer_token(request))
            if not self._rates.take(caller.id, Rate(BURST, REQUESTS_PER_SECOND)):
                message = f"At most {REQUESTS_PER_SECOND:.0f} requests a second: try again in 1 s"
                raise LimitExceeded("RateLimitExceeded", message, int(REQUESTS_PER_SECOND), 1)
            return _answer(await handler(request, caller))

        return endpoint


def create_server(adapter: LocalCloudSigma, callers: Callers, origins: Sequence[str] = ()) -> Starlette:
    """Build the application; the adapter is started and closed by who calls this.

    Browsers may call it from the web pages of `origins`.
    """
    return Starlette(
        routes=CloudSigmaServer(adapter, callers).routes(),
        middleware=web_pages(origins),
        exception_handlers={
            Unauthorized: _unauthorized,
            BodyTooLarge: _too_large,
            Refused: _refused,
            HTTPException: _http_error,
            Exception: _internal,
        },
    )


def _fields(execution: Execution | None) -> dict[str, Any]:
    if execution is None:
        raise NotFound("NotFound", "There is no such execution")
    return {name: getattr(execution, name) for name in execution.__struct_fields__}


def _answer(data: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(Success(data=data)), status, media_type="application/json")


def _failure(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    content = msgspec.json.encode(Failure(error=Problem(code=code, message=message)))
    return Response(content, status, headers, media_type="application/json")


async def _unauthorized(_request: Request, _error: Exception) -> Response:
    return _failure(401, "Unauthorized", "Invalid or missing token", {"WWW-Authenticate": "Bearer"})


async def _too_large(_request: Request, error: Exception) -> Response:
    return _failure(400, "InputTooLarge", str(error))


async def _refused(_request: Request, error: Any) -> Response:
    headers = None
    if isinstance(error, LimitExceeded) and error.retry_after_seconds is not None:
        headers = {"Retry-After": str(error.retry_after_seconds)}
    return _failure(STATUS_CODES[type(error)], error.code, error.message, headers)


async def _http_error(_request: Request, error: Any) -> Response:
    code = {404: "NotFound", 405: "ValidationError"}.get(error.status_code, "ValidationError")
    return _failure(error.status_code, code, error.detail, error.headers)


async def _internal(_request: Request, _error: Exception) -> Response:
    return _failure(500, "PipelineFailed", "Internal error; retry, and contact support if it persists")
