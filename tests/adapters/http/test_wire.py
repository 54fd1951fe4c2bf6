"""What goes over the wire, what becomes of everything that can go wrong there, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.http.wire import WireTransport

TOKEN = "csk_live_00112233445566778899aabbccddeeff"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Serving = Callable[[asyncio.StreamWriter], Awaitable[bool]]


class Server:
    """A server on loopback that answers each request's head as a test says; connections are counted."""

    def __init__(self, serve: Serving) -> None:
        self.serve = serve
        self.heads: list[bytes] = []
        self.opened = 0
        self.left = 0
        self.gone = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            is_kept = True
            while is_kept:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                is_kept = await self.serve(writer)
        self.left += 1
        self.gone.set()
        writer.close()


@asynccontextmanager
async def serving(serve: Serving, context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Server, str]]:
    server = Server(serve)
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=context)
    address = f"{'https' if context else 'http'}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server, address
    finally:
        listening.close()


def giving(answer: bytes, *, is_kept: bool = True) -> Serving:
    async def serve(writer: asyncio.StreamWriter) -> bool:
        writer.write(answer)
        await writer.drain()
        return is_kept

    return serve


@pytest.fixture
async def wire() -> AsyncIterator[WireTransport]:
    transport = WireTransport(connections=4)
    yield transport
    await transport.aclose()


async def fetch(wire: WireTransport, url: str, method: str = "GET", **request: object) -> tuple[int, bytes]:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {TOKEN}"}
    response = await wire.handle_async_request(httpx.Request(method, url, headers=headers, **request))  # type: ignore[arg-type] # a body
    try:
        return response.status_code, b"".join([chunk async for chunk in response.aiter_bytes()])
    finally:
        await response.aclose()


async def test_a_request_goes_out_as_it_is(wire: WireTransport) -> None:
    """What is escaped stays escaped, and there are no headers but those it has."""
    async with serving(giving(OK)) as (server, address):
        assert await fetch(wire, f"{address}/v1/status/arn%3Aaws%2Fx?target=npm%3A%40x") == (200, b"ok")
    line, *headers = server.heads[0].decode().strip().split("\r\n")
    assert line == "GET /v1/status/arn%3Aaws%2Fx?target=npm%3A%40x HTTP/1.1"
    assert {header.partition(":")[0].lower() for header in headers} == {"host", "accept", "authorization"}


async def test_a_body_is_sent_with_its_length(wire: WireTransport) -> None:
    """As one piece."""

    async def serve(writer: asyncio.StreamWriter) -> bool:
        writer.write(OK)
        return False

    async with serving(serve) as (server, address):
        await fetch(wire, address, "POST", content=b"{}")
    assert b"content-length: 2" in server.heads[0].lower()


async def test_connections_are_kept(wire: WireTransport) -> None:
    """One after the other, calls use the same."""
    async with serving(giving(OK)) as (server, address):
        for _ in range(5):
            await fetch(wire, address)
        assert server.opened == 1


async def test_redirects_and_cookies_are_left_alone(wire: WireTransport) -> None:
    """The token goes to nobody else, and one caller's cookie to no other."""
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:9/\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    async with serving(giving(answer)) as (server, address):
        assert await fetch(wire, address) == (302, b"")
        await fetch(wire, address)
    assert len(server.heads) == 2
    assert b"cookie" not in server.heads[1].lower()


async def test_proxy_variables_are_ignored(wire: WireTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was configured is the one that is called."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serving(giving(OK)) as (_, address):
        assert await fetch(wire, address) == (200, b"ok")


TROUBLE = [
    ("closed before an answer", b"", httpx.RemoteProtocolError),
    ("half a body", b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nok", httpx.RemoteProtocolError),
    ("half a chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", httpx.RemoteProtocolError),
    ("no HTTP", b"SSH-2.0-OpenSSH\r\n\r\n", httpx.RemoteProtocolError),
    ("a wrong length", b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n", httpx.RemoteProtocolError),
    ("a huge header", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", httpx.RemoteProtocolError),
    (
        "no gzip",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
        httpx.DecodingError,
    ),
]


@pytest.mark.parametrize(("answer", "meant"), [each[1:] for each in TROUBLE], ids=[each[0] for each in TROUBLE])
async def test_trouble_is_httpx_trouble(wire: WireTransport, answer: bytes, meant: type[Exception]) -> None:
    """Whoever reads it needs to know one tree of errors only, and none of them shows the token."""
    async with serving(giving(answer, is_kept=False)) as (_, address):
        with pytest.raises(meant) as caught:
            await fetch(wire, address, "POST")
    assert TOKEN not in repr(caught.value)
    assert TOKEN not in repr(caught.value.__cause__)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


async def test_a_reset_is_a_broken_connection(wire: WireTransport) -> None:
    """And a write is not sent twice over it."""

    async def reset(writer: asyncio.StreamWriter) -> bool:
        writer.transport.abort()
        return False

    async with serving(reset) as (server, address):
        with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
            await fetch(wire, address, "POST", content=b"{}")
    assert len(server.heads) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://nowhere.invalid/"])
async def test_nobody_there_is_no_connection(wire: WireTransport, url: str) -> None:
    """Whether the name or the port is wrong."""
    with pytest.raises(httpx.ConnectError):
        await fetch(wire, url)


@pytest.mark.parametrize("url", ["ftp://upstream.example/", "nowhere"])
async def test_what_is_no_address_is_said_to_be_none(wire: WireTransport, url: str) -> None:
    """Nothing is sent."""
    with pytest.raises(httpx.UnsupportedProtocol):
        await fetch(wire, url)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def until(has_happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not has_happened():  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nok"])
async def test_a_call_that_is_given_up_closes_its_connection(wire: WireTransport, begun: bytes) -> None:
    """Before its answer as in the middle of it; the next call has a connection of its own."""
    forever = asyncio.Event()

    async def hang(writer: asyncio.StreamWriter) -> bool:
        writer.write(begun)
        closed = asyncio.create_task(writer.wait_closed())
        await asyncio.wait([closed, asyncio.create_task(forever.wait())], return_when=asyncio.FIRST_COMPLETED)
        return False

    async with serving(hang) as (server, address):
        files = open_files()
        calls = [asyncio.create_task(fetch(wire, address)) for _ in range(4)]
        await until(lambda: len(server.heads) == 4)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        assert all(call.cancelled() for call in calls)
        forever.set()
        await until(lambda: server.left == 4 and open_files() <= files)
        server.serve = giving(OK)
        assert await fetch(wire, address) == (200, b"ok")


async def test_closing_closes_all_connections() -> None:
    """Those that were kept, too."""
    wire = WireTransport(connections=4)
    async with serving(giving(OK)) as (server, address):
        await fetch(wire, address)
        await wire.aclose()
        async with asyncio.timeout(5):
            await server.gone.wait()
        with pytest.raises(httpx.LocalProtocolError, match="closed"):
            await fetch(wire, address)


def certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 that nobody has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "upstream")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "upstream.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + built.public_bytes(pem))
    return file


async def test_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nobody vouches for is refused; an operator's own authority is named by `SSL_CERT_FILE`."""
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    async with serving(giving(OK), context) as (server, address):
        stranger = WireTransport(connections=4)
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await fetch(stranger, address)
        await stranger.aclose()
        assert server.heads == []
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        trusting = WireTransport(connections=4)
        assert await fetch(trusting, address) == (200, b"ok")
        await trusting.aclose()
