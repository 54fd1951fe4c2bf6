"""Fetching a URL with limits on time, size, redirects and kind."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

import httpx

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.http.public import AddressRefused

USER_AGENT = "Mozilla/5.0 (compatible; trigraph; reads threat reports)"

_HTML_START = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_TEXT_TYPE = re.compile(r"text/.+|application/(?:.+\+)?(?:json|xml|yaml)|application/(?:x-)?(?:markdown|javascript)")
_UNTOLD_TYPES = ("", "application/octet-stream", "binary/octet-stream", "application/pdf")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SNIFFED_BYTES = 4096
_CONTROL_SHARE = 0.01


class Kind(StrEnum):
    """What a fetched body is."""

    HTML = "html"
    TEXT = "text"
    PDF = "pdf"


@dataclass(frozen=True)
class Limits:
    """What one fetch may take: `seconds` for all of it, `size` in bytes after decompression."""

    seconds: float = 20.0
    size: int = 5_000_000
    redirects: int = 5


@dataclass(frozen=True)
class Fetched:
    """A body as it came, decompressed; `charset` is what the server declared, `url` where the last redirect led."""

    url: str
    body: bytes
    content_type: str
    charset: str | None

    @property
    def kind(self) -> Kind:
        """Tell the kind by content first, then by declaration; raises `PipelineFailure` for anything unreadable."""
        return _kind(self)


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    *,
    limits: Limits = Limits(),
    headers: Mapping[str, str] | None = None,
    hosts: frozenset[str] | None = None,
) -> Fetched:
    """Fetch a URL with GET, keeping to `hosts` if given; raises `PipelineFailure` with a sentence for a person."""
    try:
        async with asyncio.timeout(limits.seconds), _answer(client, url, limits, headers, hosts) as response:
            _check_status(response)
            body = await _body(response, limits.size)
            return _fetched(response, body)
    except (TimeoutError, httpx.TimeoutException):
        raise PipelineFailure(
            "PipelineFailed",
            f"{_host(url)} did not deliver the page in time ({limits.seconds:g} seconds). Try again or paste its text.",
        ) from None
    except AddressRefused as error:
        raise PipelineFailure(
            "InvalidUrl", f"This URL is not fetched: {error}. Give a public http or https address, or paste the text."
        ) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise PipelineFailure("InvalidUrl", f"The URL cannot be used: {error}.") from error
    except httpx.HTTPError as error:
        raise PipelineFailure(
            "PipelineFailed", f"{_host(url)} could not be read: {_reason(error)}. Try again later, or paste the text."
        ) from error


@asynccontextmanager
async def _answer(
    client: httpx.AsyncClient,
    url: str,
    limits: Limits,
    headers: Mapping[str, str] | None,
    hosts: frozenset[str] | None,
) -> AsyncIterator[httpx.Response]:
    # httpx would read the bodies of redirects in full, however long they are, so the hops are taken here.
    told = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **(headers or {})}
    request = client.build_request("GET", url, headers=told)
    for _ in range(limits.redirects + 1):
        if hosts is not None and request.url.host not in hosts:
            raise AddressRefused(f"it leads to {request.url.host}, which is not among the sources that are followed")
        response = await client.send(request, stream=True, follow_redirects=False)
        try:
            if response.next_request is None:
                yield response
                return
            request = response.next_request
        finally:
            await response.aclose()
    raise PipelineFailure(
        "InvalidUrl", f"{_host(url)} redirects more than {limits.redirects} times. Give the page's final address."
    )


def _check_status(response: httpx.Response) -> None:
    if response.is_success:
        return
    host, status = response.url.host, response.status_code
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise PipelineFailure("NotFound", f"{host} has no page at this address (HTTP {status}). Check the URL.")
    if response.is_server_error:
        raise PipelineFailure("PipelineFailed", f"{host} is in trouble (HTTP {status}). Try again later.")
    raise PipelineFailure(
        "PipelineFailed", f"{host} does not hand out this page (HTTP {status}). Open it yourself and paste its text."
    )


async def _body(response: httpx.Response, size: int) -> bytes:
    declared = response.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > size:
        raise _too_large(size)
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError("it is compressed in a way that was not asked for")
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if encoding not in ("", "identity") else None
    body, received = bytearray(), 0
    # Raw, because httpx inflates a chunk without bound: a few kilobytes can be made to hold gigabytes.
    async for chunk in response.aiter_raw():
        received += len(chunk)
        body += _inflated(inflate, chunk, size + 1 - len(body)) if inflate else chunk
        if max(received, len(body)) > size:
            raise _too_large(size)
    if inflate and received and not inflate.eof:
        raise httpx.DecodingError("its compressed content is broken off")
    return bytes(body)


def _inflated(inflate: zlib._Decompress, chunk: bytes, room: int) -> bytes:
    try:
        return inflate.decompress(chunk, room)
    except zlib.error as error:
        raise httpx.DecodingError("its compressed content is damaged") from error


def _too_large(size: int) -> PipelineFailure:
    shown = f"{size / 1_000_000:g} MB" if size >= 1_000_000 else f"{size / 1000:g} KB"  # noqa: PLR2004 - units
    return PipelineFailure("InputTooLarge", f"The page is larger than {shown}. Paste the part of it that matters.")


def _fetched(response: httpx.Response, body: bytes) -> Fetched:
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Fetched(str(response.url), body, content_type, response.charset_encoding)


def _kind(fetched: Fetched) -> Kind:
    start = fetched.body[:_SNIFFED_BYTES]
    if b"%PDF-" in start[:1024]:
        return Kind.PDF
    declared = fetched.content_type
    if not (declared in _UNTOLD_TYPES or declared in _HTML_TYPES or _TEXT_TYPE.fullmatch(declared)):
        raise _unreadable(declared)
    if _looks_binary(start, fetched.charset):
        raise _unreadable("binary data")
    if declared in _HTML_TYPES or (declared in _UNTOLD_TYPES and _HTML_START.search(start)):
        return Kind.HTML
    return Kind.TEXT


def _looks_binary(start: bytes, charset: str | None) -> bool:
    if start.startswith(_WIDE_MARKS) or (charset or "").lower().startswith("utf-16"):
        return False
    return b"\0" in start or len(_CONTROL.findall(start)) > _CONTROL_SHARE * len(start)


def _unreadable(what: str) -> PipelineFailure:
    return PipelineFailure(
        "InvalidInputType", f"The URL leads to {what}; only web pages, plain text and PDF can be read."
    )


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host or url
    except httpx.InvalidURL:
        return url


def _reason(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.DecodingError):
        return str(error)
    if isinstance(error, httpx.ConnectError):
        return "no connection could be made"
    return "the connection broke off"
