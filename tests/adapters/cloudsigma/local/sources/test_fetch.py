from __future__ import annotations

import asyncio
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.sources.fetch import Fetched, Kind, Limits, fetch
from adapters.http.public import public_client

if TYPE_CHECKING:
    from tests.adapters.conftest import Loopback

MEGABYTE = 1_000_000


@pytest.fixture
async def client(loopback: Loopback) -> AsyncIterator[httpx.AsyncClient]:
    """Reach the loopback server as `reports.example`, with the guard in place."""
    async with public_client(allowed=loopback.allowed("reports.example"), resolver=loopback.resolve) as guarded:
        yield guarded


async def failure(client: httpx.AsyncClient, url: str, limits: Limits | None = None) -> PipelineFailure:
    """Fetch what must fail."""
    with pytest.raises(PipelineFailure) as raised:
        await fetch(client, url, limits=limits or Limits())
    return raised.value


def zeros(size: int) -> bytes:
    """Compress a run of zeros as gzip."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(size // MEGABYTE)) + packer.flush()


async def test_a_page_comes_with_its_type_and_final_address(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """A relative redirect is followed, and what came says what it is."""
    loopback.page("/old", status=301, Location="/new")
    loopback.page("/new", "<html><p>Hello", "Text/HTML; charset=ISO-8859-2")
    fetched = await fetch(client, loopback.url("/old"))
    assert fetched == Fetched(loopback.url("/new"), b"<html><p>Hello", "text/html", "iso-8859-2")
    assert fetched.kind is Kind.HTML


async def test_five_redirects_are_followed_and_a_sixth_is_not(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """A chain of redirects ends somewhere."""
    for hop in range(6):
        loopback.page(f"/{hop}", status=302, Location=f"/{hop + 1}")
    loopback.page("/6", "arrived")
    assert (await fetch(client, loopback.url("/1"))).body == b"arrived"
    failed = await failure(client, loopback.url("/0"))
    assert failed.code == "InvalidUrl"
    assert "more than 5 times" in failed.message


async def test_the_body_of_a_redirect_is_not_read(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """An endless redirect body costs nothing."""

    async def endless() -> AsyncIterator[bytes]:
        yield loopback.head(302, Location="/end")
        while True:
            yield bytes(65536)

    loopback.stream("/", endless)
    loopback.page("/end", "arrived")
    assert (await fetch(client, loopback.url("/"))).body == b"arrived"


async def test_a_page_of_exactly_the_limit_is_read(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """Five megabytes are not too many."""
    loopback.page("/", b"x" * (5 * MEGABYTE))
    assert len((await fetch(client, loopback.url("/"))).body) == 5 * MEGABYTE


async def test_a_page_that_says_it_is_too_large_is_not_read(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """The declared length is enough to refuse: of this page nothing but the head ever comes."""

    async def head_only() -> AsyncIterator[bytes]:
        yield loopback.head(200, Content_Length=str(6 * MEGABYTE))
        await asyncio.Event().wait()

    loopback.stream("/", head_only)
    failed = await failure(client, loopback.url("/"))
    assert failed.code == "InputTooLarge"
    assert "5 MB" in failed.message


async def test_a_page_that_hides_its_size_is_cut_off(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """An endless body without a length is stopped at the limit."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield loopback.head(200, Content_Type="text/html")
        while True:
            sent += 65536
            yield b"x" * 65536

    loopback.stream("/", endless)
    assert (await failure(client, loopback.url("/"))).code == "InputTooLarge"
    assert sent < 20 * MEGABYTE


async def test_a_gzipped_page_is_unpacked(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """Ordinary compression works."""
    loopback.page("/", zeros(2 * MEGABYTE), Content_Encoding="gzip")
    assert (await fetch(client, loopback.url("/"))).body == bytes(2 * MEGABYTE)


async def test_a_gzip_bomb_is_stopped(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """Fifty megabytes in fifty kilobytes are never unpacked beyond the limit."""
    bomb = zeros(50 * MEGABYTE)
    assert len(bomb) < MEGABYTE
    loopback.page("/", bomb, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        assert (await failure(client, loopback.url("/"))).code == "InputTooLarge"
        assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"no gzip", "gzip"), (zeros(MEGABYTE)[:-500], "gzip"), (b"x", "br"), (b"x", "gzip, gzip")]
)
async def test_damaged_or_foreign_compression_fails(
    loopback: Loopback, client: httpx.AsyncClient, body: bytes, encoding: str
) -> None:
    """What cannot be unpacked whole is no page."""
    loopback.page("/", body, Content_Encoding=encoding)
    failed = await failure(client, loopback.url("/"))
    assert failed.code == "PipelineFailed"
    assert "compressed" in failed.message


@pytest.mark.parametrize("pause_in_head", [True, False])
async def test_a_slow_answer_ends_at_the_deadline(
    loopback: Loopback, client: httpx.AsyncClient, pause_in_head: bool
) -> None:
    """A server that trickles is left, although each of its bytes comes soon enough."""

    async def trickle() -> AsyncIterator[bytes]:
        if not pause_in_head:
            yield loopback.head(200, Content_Type="text/html")
        while True:
            yield b"x"
            await asyncio.sleep(0.02)

    loopback.stream("/", trickle)
    failed = await failure(client, loopback.url("/"), Limits(seconds=0.2))
    assert failed.code == "PipelineFailed"
    assert "in time (0.2 seconds)" in failed.message


@pytest.mark.parametrize(
    ("status", "code"), [(404, "NotFound"), (410, "NotFound"), (403, "PipelineFailed"), (500, "PipelineFailed")]
)
async def test_an_error_status_is_told(loopback: Loopback, client: httpx.AsyncClient, status: int, code: str) -> None:
    """The sentence names the host and the status, and the code fits."""
    loopback.page("/", "<p>Sorry", status=status)
    failed = await failure(client, loopback.url("/"))
    assert failed.code == code
    assert f"HTTP {status}" in failed.message
    assert "reports.example" in failed.message


async def test_a_broken_connection_is_told(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """A body that ends before its declared length is no page."""
    loopback.page("/", "short", Content_Length="500")
    failed = await failure(client, loopback.url("/"))
    assert (failed.code, "broke off" in failed.message) == ("PipelineFailed", True)


async def test_a_refused_connection_is_told(client: httpx.AsyncClient, loopback: Loopback) -> None:
    """Where nobody listens, the sentence says that no connection could be made."""
    await loopback.stop()
    failed = await failure(client, loopback.url("/"))
    assert (failed.code, "no connection" in failed.message) == ("PipelineFailed", True)


@pytest.mark.parametrize(
    "location", ["http://inside.example/", "http://127.0.0.1/", "file:///etc/passwd", "http://[::1]/"]
)
async def test_a_redirect_to_a_private_address_is_refused(
    loopback: Loopback, client: httpx.AsyncClient, location: str
) -> None:
    """A public page cannot point the reader inside, and the inner address is not told."""
    loopback.page("/", status=302, Location=location)
    failed = await failure(client, loopback.url("/"))
    assert failed.code == "InvalidUrl"
    assert "10.0.0.5" not in failed.message


async def test_a_redirect_away_from_the_given_hosts_is_refused(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """With a list of hosts, every hop has to stay on it."""
    loopback.page("/", status=302, Location="http://elsewhere.example/")
    with pytest.raises(PipelineFailure, match=r"elsewhere\.example"):
        await fetch(client, loopback.url("/"), hosts=frozenset({"reports.example"}))


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (b"<p>no head", "text/html", Kind.HTML),
        (b"<?xml version='1.0'?><html>", "application/xhtml+xml", Kind.HTML),
        (b"  <!DOCTYPE html><p>", "", Kind.HTML),
        (b"<html> in a listing", "text/plain", Kind.TEXT),
        (b"plain", "application/octet-stream", Kind.TEXT),
        (b"{}", "application/stix+json", Kind.TEXT),
        ("weit".encode("utf-16"), "text/plain", Kind.TEXT),
        ("weit".encode("utf-16-be"), "text/plain", Kind.TEXT),
        (b"%PDF-1.7\n\0\1", "application/pdf", Kind.PDF),
        (b"%PDF-1.7\n\0\1", "text/html", Kind.PDF),
    ],
)
def test_the_kind_is_told_by_content_and_declaration(body: bytes, content_type: str, kind: Kind) -> None:
    """HTML, text and PDF are told apart even where the server is wrong or silent."""
    charset = "utf-16-be" if body.startswith(b"\0w") else None
    assert Fetched("http://a.example", body, content_type, charset).kind is kind


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\x7fELF\x02\x01\x01\0\0\0", "application/octet-stream"),
        (b"MZ\x90\0\x03\0", "text/plain"),
        (b"\x89PNG\r\n\x1a\n\0\0", "text/html"),
        (b"PK\x03\x04", "application/zip"),
        (b"<svg>", "image/svg+xml"),
        (b"\x01\x02\x03\x04", ""),
    ],
)
def test_anything_else_is_refused(body: bytes, content_type: str) -> None:
    """A binary is not read as text, whatever it is declared to be."""
    with pytest.raises(PipelineFailure) as raised:
        _ = Fetched("http://a.example", body, content_type, None).kind
    assert raised.value.code == "InvalidInputType"
