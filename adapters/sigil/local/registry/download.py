"""Downloading from a registry: bounded in bytes, time and redirects, tokens to their own host only, hashes verified."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from adapters.errors import DeadlineExceeded, InvalidPayload, NotAllowed, NotFound, Unreachable
from adapters.http.public import AddressRefused
from adapters.sigil.local.registry.addresses import authorization_for
from adapters.sigil.local.registry.material import Credential, DownloadLimits

STRENGTH = ("sha512", "sha384", "sha256", "sha1")
"""The hashes that are read, the strongest first."""


class TooLarge(InvalidPayload):
    """The answer is larger than the limit."""


@dataclass(frozen=True)
class Source:
    """One registry, ready to be asked; `name` names it in errors."""

    name: str
    client: httpx.AsyncClient
    limits: DownloadLimits
    credentials: tuple[Credential, ...] = ()

    async def metadata(self, url: str, what: str, accept: str = "application/json") -> bytes:
        """Get a document about `what`; raises `NotFound` naming it, and the errors of an unavailable registry."""
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        return await self._get(url, what, headers, self.limits.metadata_size)

    async def archive(self, url: str, what: str) -> bytes:
        """Get an archive's bytes as they are."""
        return await self._get(url, what, {"Accept-Encoding": "identity"}, self.limits.archive_size)

    async def _get(self, url: str, what: str, headers: dict[str, str], size: int) -> bytes:
        host = ""
        try:
            host = httpx.URL(url).host
            async with asyncio.timeout(self.limits.seconds), self._answer(url, headers) as response:
                self._check_status(response, what)
                return await self._body(response, size, what)
        except (TimeoutError, httpx.TimeoutException):
            message = f"{self.name} ({host}) did not deliver {what} in time ({self.limits.seconds:g} s at most)."
            raise DeadlineExceeded("registry_timeout", message, self.name) from None
        except AddressRefused as error:
            message = f"{self.name} leads to an address for {what} that is not fetched: {error}."
            raise InvalidPayload("registry_answer", message, self.name) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeEncodeError):
            # These quote addresses and headers, which may hold a token.
            message = f"{self.name} cannot be asked for {what}: its address or token holds characters it cannot have."
            raise InvalidPayload("registry_answer", message, self.name) from None
        except httpx.HTTPError as error:
            message = f"{self.name} ({host}) could not be reached for {what}: {type(error).__name__}."
            raise Unreachable("registry_unreachable", message, self.name) from None

    @asynccontextmanager
    async def _answer(self, url: str, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        request = self._request(httpx.URL(url), headers)
        for _ in range(self.limits.redirects + 1):
            response = await self.client.send(request, stream=True, follow_redirects=False)
            try:
                if response.next_request is None:
                    yield response
                    return
                target = response.next_request.url
            finally:
                await response.aclose()
            if request.url.scheme == "https" and target.scheme != "https":
                raise AddressRefused("it is redirected from https to plain http")
            request = self._request(target, headers)  # anew, so that each host gets its own token or none
        raise AddressRefused(f"it is redirected more than {self.limits.redirects} times")

    def _request(self, url: httpx.URL, headers: dict[str, str]) -> httpx.Request:
        authorization = authorization_for(url, self.credentials)
        told = headers | ({"Authorization": authorization} if authorization else {})
        return self.client.build_request("GET", url, headers=told)

    def _check_status(self, response: httpx.Response, what: str) -> None:
        status, host = response.status_code, response.url.host
        if response.is_success:
            return
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise NotFound("not_found", f"{self.name} ({host}) has no {what}.")
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            message = f"{self.name} ({host}) does not hand out {what} (HTTP {status}). Check the configured token."
            raise NotAllowed("registry_refused", message)
        message = f"{self.name} ({host}) answered with HTTP {status} for {what}. Try again later."
        raise Unreachable("registry_unreachable", message, self.name)

    async def _body(self, response: httpx.Response, size: int, what: str) -> bytes:
        declared = response.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > size:
            raise self._too_large(size, what)
        # An archive is never inflated: asked for as it is, a gzip is what was published, whatever the header says.
        asked = response.request.headers.get("Accept-Encoding") == "gzip"
        packed = asked and "gzip" in response.headers.get("Content-Encoding", "").lower()
        inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if packed else None
        body = bytearray()
        # Raw, because httpx inflates a chunk without bound.
        async for chunk in response.aiter_raw():
            try:
                body += inflate.decompress(chunk, size + 1 - len(body)) if inflate else chunk
            except zlib.error:
                raise httpx.DecodingError("damaged") from None
            if len(body) > size:
                raise self._too_large(size, what)
        if inflate and not inflate.eof:
            raise httpx.RemoteProtocolError("broken off")
        return bytes(body)

    def _too_large(self, size: int, what: str) -> TooLarge:
        message = f"{self.name} has {what} in more than {size / 1_000_000:g} MB, which is the limit."
        return TooLarge("too_large", message, self.name)


def verify(data: bytes, published: Mapping[str, tuple[str, ...]], what: str, source: str) -> None:
    """Compare bytes with published hashes, hexadecimal by algorithm; only the strongest algorithm counts.

    Raises `InvalidPayload` for a mismatch, and where no hash that is read was published.
    """
    algorithm = next((name for name in STRENGTH if published.get(name)), None)
    if algorithm is None:
        message = f"{source} publishes no hash for {what}, so nothing shows that it arrived unchanged."
        raise InvalidPayload("hash_missing", message, source)
    found = hashlib.new(algorithm, data, usedforsecurity=algorithm != "sha1").hexdigest()
    if not any(
        hmac.compare_digest(found, wanted.lower().encode("ascii", "replace").decode())
        for wanted in published[algorithm]
    ):
        message = (
            f"{what} is not what {source} published: its {algorithm} is {found}, not {published[algorithm][0]}. "
            "Do not install it."
        )
        raise InvalidPayload("hash_mismatch", message, source)


def hashes_of(integrity: str) -> dict[str, tuple[str, ...]]:
    """Read a subresource integrity string, `sha512-…` in base64 and several of them, as hexadecimal by algorithm."""
    found: dict[str, tuple[str, ...]] = {}
    for part in integrity.split():
        algorithm, _, encoded = part.partition("?")[0].partition("-")
        try:
            digest = base64.b64decode(encoded, validate=True).hex()
        except (binascii.Error, ValueError):
            continue
        if digest:
            found[algorithm] = (*found.get(algorithm, ()), digest)
    return found
