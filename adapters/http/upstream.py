"""One REST service as seen from here: requests go out with its token, answers come back whole and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from adapters.errors import DeadlineExceeded, InvalidPayload, Unreachable

DEADLINE_SECONDS = 15.0
ANSWER_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What a service answered, read whole."""

    status: int
    headers: httpx.Headers
    body: bytes


class Upstream:
    """Sends requests to `base_url` through a stack of transports; `service` names it in errors.

    Redirects are not followed, so the token stays with its own service.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        token: str | None,
        transport: httpx.AsyncBaseTransport,
        deadline_seconds: float = DEADLINE_SECONDS,
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

    async def send(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send a request and read the answer; raises Unreachable, DeadlineExceeded or InvalidPayload (too large)."""
        if not self._token_fits:  # the libraries would say so by quoting it
            message = f"{self.service} can't be asked: its token holds characters that a token can't have"
            raise Unreachable("PipelineFailed", message, self.service)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                response = await self._transport.handle_async_request(self._request(method, path, params, body))
                answer = Answer(response.status_code, response.headers, await self._read(response, path))
        except TimeoutError:
            message = f"{self.service} did not answer {method} {path} within {self._deadline_seconds:g} s"
            raise DeadlineExceeded("PipelineTimeout", message, self.service) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"{self.service} could not be reached: {type(error).__name__} on {method} {path}"
            raise Unreachable("PipelineFailed", message, self.service) from error
        message = f"{self.service} answered {method} {path} with HTTP {answer.status}"
        if answer.status == httpx.codes.GATEWAY_TIMEOUT:
            raise DeadlineExceeded("PipelineTimeout", message, self.service)
        if 300 <= answer.status < 400 or answer.status >= 500:  # noqa: PLR2004 - HTTP's classes of status codes
            raise Unreachable("PipelineFailed", message, self.service)
        return answer

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def _request(self, method: str, path: str, params: Mapping[str, str] | None, body: bytes | None) -> httpx.Request:
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        return httpx.Request(method, f"{self.base_url}{path}", params=params, headers=headers, content=body)

    async def _read(self, response: httpx.Response, path: str) -> bytes:
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES:
                    message = f"{self.service} answered {path} with more than {ANSWER_BYTES} bytes"
                    raise InvalidPayload("PipelineFailed", message, self.service)
        finally:
            await response.aclose()
        return bytes(body)
