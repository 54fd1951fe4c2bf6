"""The local Sigil on the documented REST paths: `trigraph serve sigil`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.errors import Conflict, InvalidInput, LimitExceeded, NotAllowed, NotFound, Refused, Unavailable
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
from adapters.paging import Page, Window
from adapters.principal import Principal
from adapters.sigil.callers import Callers
from adapters.sigil.decoding import scan_of
from adapters.sigil.document import API, write_document
from adapters.sigil.local.adapter import LocalSigil
from adapters.sigil.local.admission import require_plan
from adapters.sigil.models import PolicyResult, Scan, ScanStatus
from adapters.sigil.parameters import numbers, scan_filter, threat_filter, waiting_seconds
from adapters.sigil.wire import EvaluateBody, Failure, Numbered, Problem, ScanBody, Team, answer_of

BODY_BYTES = 4 * 1024 * 1024
"""Holds a scan with its findings, which a policy can be held against."""
RATES: Mapping[str, Rate] = MappingProxyType({"pro": Rate(100, 100 / 60), "team": Rate(500, 500 / 60)})
"""Requests of a tenant by its plan: so many a minute."""
RETRY_SECONDS = 60
STATUS_CODES: Mapping[type[Refused], int] = MappingProxyType(
    {InvalidInput: 422, NotAllowed: 403, NotFound: 404, Conflict: 409, LimitExceeded: 429}
)
CODES: Mapping[int, str] = MappingProxyType({404: "not_found", 405: "method_not_allowed"})

Handler = Callable[[Request, Principal], Awaitable[Response]]


class SigilServer:
    """The handlers of the documented paths."""

    def __init__(self, adapter: LocalSigil, callers: Callers) -> None:
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
                    Route("/v1/scans", self._guarded(self.submit), methods=["POST"]),
                    Route("/v1/scans", self._guarded(self.scans), methods=["GET"]),
                    Route("/v1/scans/{scan_id}", self._guarded(self.scan)),
                    Route("/v1/threats", self._guarded(self.threats)),
                    Route("/v1/policies/evaluate", self._guarded(self.evaluate), methods=["POST"]),
                    Route("/v1/team/members", self._guarded(self.team_members)),
                ]
            ),
        ]

    async def submit(self, request: Request, caller: Principal) -> Response:
        """Scan a package, and wait ten seconds, or as many as `wait` says, for the result."""
        seconds = waiting_seconds(request.query_params)
        body = decode_body(await read_body(request, BODY_BYTES), ScanBody, "validation_error")
        scan = await self._adapter.submit(caller, body.target, body.policy, force=body.force)
        try:
            async with asyncio.timeout(seconds):
                async for change in self._adapter.watch(caller, scan_id=scan.id):
                    scan = change.state
        except TimeoutError:
            pass
        return _answer(answer_of(scan), 201 if scan.finished else 202)

    async def scan(self, request: Request, caller: Principal) -> Response:
        """Tell a scan's state to its tenant."""
        return _answer(answer_of(await self._scan(caller, request.path_params["scan_id"])))

    async def scans(self, request: Request, caller: Principal) -> Response:
        """List the tenant's scans."""
        page, per_page = numbers(request.query_params)
        wanted = scan_filter(request.query_params)
        found = await self._adapter.records.page(caller.tenant, Window(per_page), wanted, (page - 1) * per_page)
        return _numbered([answer_of(scan) for scan in found.nodes], found, page, per_page)

    async def threats(self, request: Request, _caller: Principal) -> Response:
        """List known threats."""
        page, per_page = numbers(request.query_params)
        wanted = threat_filter(request.query_params)
        found = await self._adapter.threat_records.page(Window(per_page), wanted, (page - 1) * per_page)
        items = [
            msgspec.structs.replace(
                threat, reported_at=threat.reported_at and threat.reported_at.replace(microsecond=0)
            )
            for threat in found.nodes
        ]
        return _numbered(items, found, page, per_page)

    async def evaluate(self, request: Request, caller: Principal) -> Response:
        """Hold a scan, kept here or given whole, against a policy."""
        body = decode_body(await read_body(request, BODY_BYTES), EvaluateBody, "validation_error")
        if (body.scan_id is None) == (body.scan is None):
            raise InvalidInput("validation_error", "Give one of scan_id and scan", "scan_id")
        if body.scan is not None:
            if body.scan.status is not ScanStatus.COMPLETED or body.scan.score is None:
                message = (
                    f"scan is {body.scan.status} with the score {body.scan.score}: only completed ones are evaluated"
                )
                raise InvalidInput("validation_error", message, "scan")
            return _answer(self._adapter.hold_against(caller, scan_of(body.scan), body.policy))
        scan = await self._scan(caller, body.scan_id or "")
        result: PolicyResult | None = (await self._adapter.evaluate(caller, [scan.id], body.policy))[0]
        if result is None:
            message = f"scan_id names the scan {scan.id}, which is {scan.status}: only completed ones are evaluated"
            raise InvalidInput("validation_error", message, "scan_id")
        return _answer(result)

    async def team_members(self, _request: Request, caller: Principal) -> Response:
        """List the team."""
        members = await self._adapter.team_members(caller)
        return _answer(Team(items=members, total=len(members)))

    async def _scan(self, caller: Principal, scan_id: str) -> Scan:
        (scan,) = await self._adapter.scans_by_id(caller, [scan_id])
        if scan is None:
            raise NotFound("not_found", f"There is no scan {scan_id[:100]!r}")
        return scan

    def _guarded(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        @wraps(handler)
        async def endpoint(request: Request) -> Response:
            caller = self._callers.authenticate(bearer_token(request))
            rate = RATES.get(caller.tier or "")
            if rate is not None and not self._rates.take(caller.tenant, rate):
                message = f"Rate limit exceeded. Retry after {RETRY_SECONDS} seconds."
                raise LimitExceeded("rate_limit_exceeded", message, int(rate.burst), RETRY_SECONDS)
            require_plan(caller)
            return await handler(request, caller)

        return endpoint


def create_server(adapter: LocalSigil, callers: Callers, origins: Sequence[str] = ()) -> Starlette:
    """Build the application; the adapter is started and closed by who calls this.

    Browsers may call it from the web pages of `origins`.
    """
    return Starlette(
        routes=SigilServer(adapter, callers).routes(),
        middleware=web_pages(origins),
        exception_handlers={
            Unauthorized: _unauthorized,
            BodyTooLarge: _too_large,
            Refused: _refused,
            Unavailable: _unavailable,
            HTTPException: _http_error,
            Exception: _internal,
        },
    )


def _answer(data: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(data), status, media_type="application/json")


def _numbered(items: list[Any], found: Page[Any], page: int, per_page: int) -> Response:
    return _answer(Numbered(items=items, total=found.total_count or 0, page=page, per_page=per_page))


def _failure(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    content = msgspec.json.encode(Failure(error=Problem(code=code, message=message, status=status)))
    return Response(content, status, headers, media_type="application/json")


async def _unauthorized(_request: Request, _error: Exception) -> Response:
    return _failure(401, "unauthorized", "Invalid or missing API key", {"WWW-Authenticate": "Bearer"})


async def _too_large(_request: Request, error: Exception) -> Response:
    return _failure(413, "validation_error", str(error))


async def _refused(_request: Request, error: Any) -> Response:
    headers = None
    if isinstance(error, LimitExceeded) and error.retry_after_seconds is not None:
        headers = {"Retry-After": str(error.retry_after_seconds)}
    return _failure(STATUS_CODES[type(error)], error.code, error.message, headers)


async def _unavailable(_request: Request, error: Any) -> Response:
    return _failure(503, error.code, error.message)


async def _http_error(_request: Request, error: Any) -> Response:
    return _failure(error.status_code, CODES.get(error.status_code, "validation_error"), error.detail, error.headers)


async def _internal(_request: Request, _error: Exception) -> Response:
    return _failure(500, "internal_error", "Internal error; retry, and contact support if it persists")
