from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adapters.errors import AdapterError, DeadlineExceeded, InvalidPayload, NotAllowed, Unreachable
from adapters.sigil.local.registry.download import Source, hashes_of, verify
from adapters.sigil.local.registry.fetch import fetch_package
from adapters.sigil.local.registry.material import Credential, DownloadLimits, NpmConfiguration, Registries
from adapters.sigil.local.target import parse_target

if TYPE_CHECKING:
    from tests.adapters.sigil.local.registry.conftest import SmallRegistry

TOKEN = "npm_a-secret-token"
EXPRESS = parse_target("npm:x")


def source(registry: SmallRegistry, *credentials: Credential, **limits: Any) -> Source:
    registries = registry.limited(**limits)
    return Source("The registry", registries.client, registries.limits, credentials)


def with_token(registry: SmallRegistry, place: str) -> Registries:
    configuration = NpmConfiguration(f"{registry.base}/npm", {}, (Credential(place, f"Bearer {TOKEN}"),))
    return replace(registry.registries, npm=configuration)


async def test_a_token_goes_to_its_own_place_only(registry: SmallRegistry) -> None:
    """It is sent to the registry's addresses under its path, not to the host of archives, nor to another path."""
    port = registry.loopback.port
    tarball = f"http://cdn.example:{port}/npm/x/-/1.0.0.tgz"
    registry.npm_package("x", registry.npm_version("x", "1.0.0", dist={"tarball": tarball}))
    await fetch_package(EXPRESS, with_token(registry, f"registry.example:{port}/npm/"))
    await fetch_package(EXPRESS, with_token(registry, f"registry.example:{port}/other/"))
    sent = [one.headers.get("authorization") for one in registry.loopback.asked]
    assert sent == [f"Bearer {TOKEN}", None, None, None]


async def test_a_token_does_not_follow_a_redirect_to_another_host(registry: SmallRegistry) -> None:
    """Within the host it goes along."""
    port = registry.loopback.port
    registry.loopback.page("/a", status=302, Location="/b")
    registry.loopback.page("/b", status=307, Location=f"http://cdn.example:{port}/c")
    registry.loopback.page("/c", b"data")
    asking = source(registry, Credential(f"registry.example:{port}/", f"Bearer {TOKEN}"))
    assert await asking.archive(f"{registry.base}/a", "x") == b"data"
    sent = [one.headers.get("authorization") for one in registry.loopback.asked]
    assert sent == [f"Bearer {TOKEN}", f"Bearer {TOKEN}", None]


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://cdn.example/x", "http://inside.example/x", "http://u:p@cdn.example/x", "/a"],
)
async def test_redirects_lead_only_to_public_http_addresses_and_end(registry: SmallRegistry, location: str) -> None:
    """Not to files, other protocols, private networks or addresses with a password, and not round for ever."""
    registry.loopback.page("/a", status=302, Location=location)
    with pytest.raises(InvalidPayload) as refused:
        await source(registry).archive(f"{registry.base}/a", "x")
    assert refused.value.code == "registry_answer"
    assert len(registry.loopback.asked) <= 6


@pytest.mark.parametrize(
    ("status", "error", "word"),
    [
        (401, NotAllowed, "Check the configured token"),
        (403, NotAllowed, "Check the configured token"),
        (500, Unreachable, "HTTP 500"),
        (503, Unreachable, "HTTP 503"),
        (418, Unreachable, "HTTP 418"),
    ],
)
async def test_what_a_registry_refuses_is_said_without_the_token(
    registry: SmallRegistry, status: int, error: type[AdapterError], word: str
) -> None:
    """Each status has its error, and none shows what was sent."""
    registry.loopback.page("/npm/x", status=status)
    registries = with_token(registry, f"registry.example:{registry.loopback.port}/")
    with pytest.raises(error, match=word) as refused:
        await fetch_package(EXPRESS, registries)
    assert TOKEN not in str(refused.value) + repr(registries)


async def test_a_registry_that_is_not_there_is_unreachable(registry: SmallRegistry) -> None:
    """The error names its host."""
    await registry.loopback.stop()
    with pytest.raises(Unreachable, match=r"registry\.example.*'x'"):
        await fetch_package(EXPRESS, registry.registries)


async def test_a_token_that_no_header_can_hold_is_not_shown(registry: SmallRegistry) -> None:
    """Its text is in the error of httpx, which is not passed on."""
    configuration = NpmConfiguration(
        registry.base, {}, (Credential(f"registry.example:{registry.loopback.port}/", "Bearer sécret\n"),)
    )
    with pytest.raises(InvalidPayload) as refused:
        await fetch_package(EXPRESS, replace(registry.registries, npm=configuration))
    assert "cret" not in str(refused.value)
    assert refused.value.__suppress_context__


async def test_passing_trouble_is_tried_again(registry: SmallRegistry) -> None:
    """A registry that is overloaded for a moment is asked up to three times."""
    registry.npm_package("x", registry.npm_version("x", "1.0.0"))
    answers = iter([registry.loopback.head(503), registry.loopback.head(502)])
    good = json.dumps({"versions": {}}).encode()

    async def document() -> AsyncIterator[bytes]:
        yield next(answers, registry.loopback.head(Content_Length=str(len(good))) + good)

    registry.loopback.stream("/y", document)
    assert await source(registry).metadata(f"{registry.base}/y", "y") == good
    assert len(registry.loopback.asked) == 3


async def test_a_slow_registry_runs_out_of_time(registry: SmallRegistry) -> None:
    """All of one download has one deadline, however steadily bytes drip."""

    async def drip() -> AsyncIterator[bytes]:
        yield registry.loopback.head()
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    registry.loopback.stream("/npm/x", drip)
    with pytest.raises(DeadlineExceeded, match=r"'x' in time \(0.2 s"):
        await fetch_package(EXPRESS, registry.limited(seconds=0.2))


async def test_too_much_is_not_read_to_its_end(registry: SmallRegistry) -> None:
    """Neither what is announced, nor what comes unannounced, nor what a few compressed bytes unfold to."""
    registry.loopback.page("/announced", bytes(1001))
    registry.loopback.page("/packed", gzip.compress(bytes(10_000_000)), Content_Encoding="gzip")

    async def endless() -> AsyncIterator[bytes]:
        yield registry.loopback.head()
        while True:
            yield bytes(100)

    registry.loopback.stream("/endless", endless)
    small = source(registry, archive_size=1000, metadata_size=50_000)
    for path in ("/announced", "/endless"):
        with pytest.raises(InvalidPayload, match=r"more than 0\.001 MB"):
            await small.archive(registry.base + path, "x")
    with pytest.raises(InvalidPayload, match=r"more than 0\.05 MB"):
        await small.metadata(f"{registry.base}/packed", "x")


async def test_documents_come_compressed_and_archives_as_they_are(registry: SmallRegistry) -> None:
    """A gzip archive is not inflated on the way, though a server calls it an encoding: its hash is of the gzip."""
    packed = gzip.compress(b"content")
    registry.loopback.page("/x", packed, Content_Encoding="gzip")
    assert await source(registry).metadata(f"{registry.base}/x", "x") == b"content"
    assert await source(registry).archive(f"{registry.base}/x", "x") == packed
    assert [one.headers["accept-encoding"] for one in registry.loopback.asked] == ["gzip", "identity"]


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"content" * 100, mtime=0)[:-20]])
async def test_a_damaged_document_is_an_error(registry: SmallRegistry, body: bytes) -> None:
    """Not half of it taken for the whole."""
    registry.loopback.page("/x", body, Content_Encoding="gzip")
    with pytest.raises(Unreachable):
        await source(registry).metadata(f"{registry.base}/x", "x")


async def test_a_body_that_breaks_off_is_an_error(registry: SmallRegistry) -> None:
    """Fewer bytes than were announced are not an archive."""
    registry.loopback.page("/x", b"half", Content_Length="100")
    with pytest.raises(Unreachable):
        await source(registry).archive(f"{registry.base}/x", "x")


@pytest.mark.parametrize("url", ["", "no address", "http://h:port/", "ftp://registry.example/x", "/relative"])
async def test_an_address_that_is_none_is_an_answer_amiss(registry: SmallRegistry, url: str) -> None:
    """Registries publish addresses, so a bad one is their fault."""
    with pytest.raises(InvalidPayload):
        await source(registry).archive(url, "x")


def test_the_strongest_hash_counts() -> None:
    """A weak one that fits does not make up for a strong one that does not; one of several of a kind is enough."""
    weak, strong = hashlib.sha1(b"x").hexdigest(), hashlib.sha512(b"x").hexdigest()
    verify(b"x", {"sha1": ("00",), "sha512": ("00", strong.upper())}, "x", "r")
    with pytest.raises(InvalidPayload, match="Do not install it"):
        verify(b"x", {"sha1": (weak,), "sha512": ("00",)}, "x", "r")


def test_an_integrity_string_is_read() -> None:
    """Several hashes and options are understood, what is no base64 is left out."""
    assert hashes_of("sha1-AAE= sha512-AQ==?opt sha512-Ag== sha256-% plain sha384-") == {
        "sha1": ("0001",),
        "sha512": ("01", "02"),
    }


async def test_a_redirect_from_https_to_plain_http_is_refused() -> None:
    """Whoever sits on the line could change what comes, and read the token."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": str(request.url.copy_with(scheme="http"))})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(InvalidPayload, match="from https to plain http"):
            await Source("The registry", client, DownloadLimits()).archive("https://registry.example/x", "x")
