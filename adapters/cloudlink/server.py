"""The local CloudLink on the documented REST paths: `trigraph serve cloudlink`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.cloudlink.callers import Callers
from adapters.cloudlink.document import API, write_document
from adapters.cloudlink.endpoints import accounts, budgets, costs
from adapters.cloudlink.endpoints.endpoint import Call, Endpoint, Served, not_found
from adapters.cloudlink.rates import Standing, TenantRates
from adapters.cloudlink.reading import Flawed, flaw_of, read_json, read_query
from adapters.cloudlink.wire import Flaw, Flaws, HealthAnswer, Refusal
from adapters.errors import Conflict, InvalidInput, LimitExceeded, NotAllowed, NotFound, Refused, Unavailable
from adapters.health import Health
from adapters.http.openapi import document_route
from adapters.http.serving import BodyTooLarge, bearer_token, one_route_per_path, read_body
from adapters.http.swagger import swagger_routes
from adapters.keys import Unauthorized

ENDPOINTS = (*costs.ENDPOINTS, *budgets.ENDPOINTS, *accounts.ENDPOINTS)
STATUS_CODES: Mapping[type[Refused], int] = MappingProxyType(
    {InvalidInput: 422, NotAllowed: 403, NotFound: 404, Conflict: 409, LimitExceeded: 429}
)
KEY = re.compile(r"[^\x00-\x1f]{1,512}\Z")
"""What may name a thing in a path."""


class CloudLinkServer:
    """Answers the documented paths."""

    def __init__(self, adapter: Served, callers: Callers, rates: TenantRates) -> None:
        self._adapter = adapter
        self._callers = callers
        self._rates = rates

    def routes(self) -> list[BaseRoute]:
        """List the documented paths, with their document and the pages that show it."""
        return [
            Route("/health", self.health),
            document_route(write_document(ENDPOINTS)),
            *swagger_routes(API.title),
            *one_route_per_path(
                Route(_route_path(endpoint.path), partial(self._guarded, endpoint), methods=[endpoint.method])
                for endpoint in sorted(ENDPOINTS, key=_is_pattern)
            ),
        ]

    async def health(self, _request: Request) -> Response:
        """Say how the service is, to everybody."""
        state = await self._adapter.health()
        is_down = state.health is Health.DOWN
        status = "ok" if state.health is Health.UP else state.health.value.lower()
        return _answer(HealthAnswer(status=status, message=state.message), 503 if is_down else 200)

    async def _guarded(self, endpoint: Endpoint, request: Request) -> Response:
        caller = self._callers.authenticate(bearer_token(request))
        standing = self._rates.take(caller.tenant, endpoint.allowance)
        if standing.admitted:
            call = Call(adapter=self._adapter, caller=caller, key=next(iter(request.path_params.values()), ""))
            response = await _answered(endpoint, request, call)
        else:
            message = f"Rate limit exceeded: {standing.limit} per minute. Retry after {standing.retry_after_seconds} s."
            response = _refusal(429, message, {"Retry-After": str(standing.retry_after_seconds)})
        response.headers.update(_headers(standing))
        return response


def create_server(adapter: Served, callers: Callers, rates: TenantRates | None = None) -> Starlette:
    """Build the application; the adapter is started and closed by who calls this."""
    return Starlette(
        routes=CloudLinkServer(adapter, callers, rates or TenantRates()).routes(),
        exception_handlers={Unauthorized: _unauthorized, HTTPException: _http_error, Exception: _internal},
    )


async def _answered(endpoint: Endpoint, request: Request, call: Call) -> Response:
    try:
        if call.key and not KEY.match(call.key):
            raise not_found("thing", call.key)
        return _answer(await endpoint.handle(call, await _given(endpoint, request)), endpoint.status)
    except Flawed as error:
        return _flawed(error.flaw)
    except InvalidInput as error:
        return _flawed(flaw_of(error, "query" if endpoint.body is None else "body"))
    except Refused as error:
        return _refused(error)
    except BodyTooLarge as error:
        return _refusal(413, str(error))
    except Unavailable as error:
        return _refusal(503, error.message)


async def _given(endpoint: Endpoint, request: Request) -> Any:
    if endpoint.body is not None:
        return read_json(await read_body(request, endpoint.body_bytes), endpoint.body)
    return read_query(request.query_params, endpoint.query) if endpoint.query is not None else None


def _is_pattern(endpoint: Endpoint) -> bool:
    """Say whether the path names a thing; such paths come after those that are written out."""
    return "{" in endpoint.path


def _route_path(path: str) -> str:
    """Let the name of a service hold slashes."""
    return path.replace("{service}", "{service:path}")


def _headers(standing: Standing) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(standing.limit),
        "X-RateLimit-Remaining": str(standing.remaining),
        "X-RateLimit-Reset": str(standing.reset_at),
    }


def _answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(data), status, headers, media_type="application/json")


def _refusal(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return _answer(Refusal(detail=detail), status, headers)


def _flawed(flaw: Flaw) -> Response:
    return _answer(Flaws(detail=[flaw]), 422)


def _refused(error: Refused) -> Response:
    headers = None
    if isinstance(error, LimitExceeded) and error.retry_after_seconds is not None:
        headers = {"Retry-After": str(error.retry_after_seconds)}
    return _refusal(STATUS_CODES[type(error)], error.message, headers)


async def _unauthorized(_request: Request, _error: Exception) -> Response:
    return _refusal(401, "Invalid or missing API key", {"WWW-Authenticate": "Bearer"})


async def _http_error(_request: Request, error: Any) -> Response:
    return _refusal(error.status_code, error.detail, error.headers)


async def _internal(_request: Request, _error: Exception) -> Response:
    return _refusal(500, "Internal error; retry, and contact support if it persists")
