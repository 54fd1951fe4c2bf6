"""One REST service as seen from here: requests go out with its token, answers come back whole and in time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import msgspec

from adapters.errors import AdapterError, DeadlineExceeded, InvalidPayload, LimitExceeded, Unreachable
from adapters.health import ServiceHealth
from adapters.http import observing
from adapters.http.bodies import in_pieces
from adapters.http.breaker import CircuitOpen
from adapters.http.bucket import RateLimited
from adapters.http.deadline import OutOfTime, operation_deadline, remaining
from adapters.http.recorded import ANSWER_BYTES
from adapters.http.request_id import HEADER, current_request_id
from adapters.http.rows import missing_rows
from adapters.http.stack import Stack
from adapters.http.traits import EXTENSION, CallTraits, current_kind

DEADLINE_SECONDS = 15.0


@dataclass(frozen=True)
class Answer:
    """What a service answered, read whole."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, kw_only=True)
class UpstreamCodes:
    """The codes of a service for what its answers can't tell."""

    unreachable: str = "unreachable"
    resting: str = "circuit_open"
    timeout: str = "timeout"
    invalid_payload: str = "invalid_payload"
    limited: str = "rate_limit_exceeded"


CODES = UpstreamCodes()


class Upstream:
    """Sends requests to `base_url` through a stack of transports; `service` names it in errors.

    Redirects are not followed, so the token stays with its own service. A transport that `is_lent` is closed by another
    of the service's upstreams, which share its breaker, limits and connections.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        token: str | None,
        transport: httpx.AsyncBaseTransport,
        deadline_seconds: float = DEADLINE_SECONDS,
        codes: UpstreamCodes = CODES,
        *,
        is_lent: bool = False,
    ) -> None:
        self.service = service
        self.base_url = base_url.rstrip("/")
        self._headers = {"Accept": "application/json", "User-Agent": "trigraph"}
        token = (token or "").strip()
        self._token_fits = token.isascii() and token.isprintable()
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._transport = transport
        self._deadline_seconds = deadline_seconds
        self._codes = codes
        self._is_lent = is_lent

    async def send(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send a request and read the answer, within the operation's deadline.

        Raises Unreachable, DeadlineExceeded, InvalidPayload (too large) or LimitExceeded (nothing was sent).
        """
        if not self._token_fits:  # the libraries would say so by quoting it
            message = f"{self.service} can't be asked: its token holds characters that a token can't have"
            raise Unreachable(self._codes.unreachable, message, self.service)
        call = observing.Call(service=self.service, method=method, path=path)
        with operation_deadline(self._deadline_seconds), observing.calling(call):
            return await self._send(call, params, body)

    async def _send(self, call: observing.Call, params: Mapping[str, str] | None, body: bytes | None) -> Answer:
        method, path = call.method, call.path
        answer = await self._answer(call, params, body)
        call.status = answer.status
        message = f"{self.service} answered {method} {path} with HTTP {answer.status}"
        if answer.status == httpx.codes.GATEWAY_TIMEOUT:
            raise DeadlineExceeded(self._codes.timeout, message, self.service)
        if 300 <= answer.status < 400 or answer.status >= 500:  # noqa: PLR2004 - HTTP's classes of status codes
            raise Unreachable(self._codes.unreachable, message, self.service)
        return answer

    def with_standing(self, health: ServiceHealth) -> ServiceHealth:
        """Add to an adapter's health which rows are missing, how its breaker stands, and what is left of its limits."""
        missing = missing_rows(self.service)
        if health.message is None and missing is not None:
            health = msgspec.structs.replace(health, message=missing)
        if not isinstance(self._transport, Stack):
            return health
        limits = self._transport.limits(self._unsent())
        left = limits[-1].remaining if limits else health.rate_limit_remaining
        return msgspec.structs.replace(
            health, breaker=self._transport.breaker, limits=limits, rate_limit_remaining=left
        )

    def forget(self) -> None:
        """Read anew whatever is asked for from now on: something is said to have changed."""
        if isinstance(self._transport, Stack):
            self._transport.forget(self._unsent())

    async def close(self) -> None:
        """Close all connections, unless they are lent."""
        if not self._is_lent:
            await self._transport.aclose()

    async def _answer(self, call: observing.Call, params: Mapping[str, str] | None, body: bytes | None) -> Answer:
        seconds = remaining()
        what = f"{call.method} {call.path}"
        if not seconds:
            raise self._late(what, seconds)
        try:
            async with asyncio.timeout(seconds):
                response = await self._transport.handle_async_request(self._request(call, params, body))
                return Answer(response.status_code, response.headers, await self._read(response, call.path))
        except (TimeoutError, OutOfTime):
            raise self._late(what, seconds) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._error_of(error, what) from error

    def _unsent(self) -> httpx.Request:
        return httpx.Request("GET", self.base_url, headers=self._headers)

    def _late(self, what: str, seconds: float) -> DeadlineExceeded:
        message = f"{self.service} did not answer {what} within {seconds:.3g} s"
        return DeadlineExceeded(self._codes.timeout, message, self.service)

    def _error_of(self, error: httpx.HTTPError | httpx.InvalidURL, what: str) -> AdapterError:
        if isinstance(error, RateLimited):
            wait = math.ceil(error.retry_after_seconds)
            limit = f"{error.calls} calls in {error.seconds:g} s"
            message = f"{self.service}'s limit of {limit} is used up: try again in {wait} s"
            return LimitExceeded(self._codes.limited, message, error.calls, wait)
        if isinstance(error, CircuitOpen):
            wait = math.ceil(error.retry_after_seconds)
            message = f"{self.service} is left alone as most calls have failed: try again in {wait} s"
            return Unreachable(self._codes.resting, message, self.service, wait)
        message = f"{self.service} could not be reached: {type(error).__name__} on {what}"
        return Unreachable(self._codes.unreachable, message, self.service)

    def _request(self, call: observing.Call, params: Mapping[str, str] | None, body: bytes | None) -> httpx.Request:
        headers = self._headers | call.headers
        if body is not None:
            headers["Content-Type"] = "application/json"
        if (request_id := current_request_id.get()) is not None:
            headers[HEADER] = request_id
        return httpx.Request(
            call.method,
            f"{self.base_url}{call.path}",
            params=params,
            headers=headers,
            content=body,
            extensions={EXTENSION: CallTraits(current_kind(), call.path)},
        )

    async def _read(self, response: httpx.Response, path: str) -> bytes:
        body = bytearray()
        try:
            if "," in response.headers.get("content-encoding", ""):
                message = f"{self.service} answered {path} with what is packed several times over"
                raise InvalidPayload(self._codes.invalid_payload, message, self.service)
            async for chunk in in_pieces(response).aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES:
                    message = f"{self.service} answered {path} with more than {ANSWER_BYTES} bytes"
                    raise InvalidPayload(self._codes.invalid_payload, message, self.service)
        finally:
            await response.aclose()
        return bytes(body)
