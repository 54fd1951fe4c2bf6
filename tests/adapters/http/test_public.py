from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.http import public
from adapters.http.public import AddressRefused, PublicTransport, is_public, public_client

if TYPE_CHECKING:
    from tests.adapters.conftest import Loopback

PUBLIC = "93.184.215.14"


class Names:
    """A name service under the test's control that remembers what it was asked."""

    def __init__(self, **addresses: Sequence[str]) -> None:
        self.addresses = {name.replace("_", "."): list(found) for name, found in addresses.items()}
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.addresses.get(host, [host])


def echo(request: httpx.Request) -> httpx.Response:
    """Answer with where the request really went."""
    sent = {"to": str(request.url), "host": request.headers["host"], "sni": request.extensions.get("sni_hostname")}
    return httpx.Response(200, json=sent)


def guarded(names: Names, *, allowed: frozenset[str] = frozenset()) -> httpx.AsyncClient:
    """Build a client over the guard whose inner transport tells what it is handed."""
    transport = PublicTransport(httpx.MockTransport(echo), allowed=allowed, resolver=names)
    return httpx.AsyncClient(transport=transport, trust_env=False)


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
)
def test_a_globally_routable_address_is_public(address: str) -> None:
    """Addresses of the internet pass, also an IPv4 one in IPv6 clothes."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "0.0.0.0", "255.255.255.255"),
        *("169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.88.99.1"),
        *("198.18.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1"),
        *(
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "3fff::1",
            "4000::1",
            "fec0::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::10.0.0.1"),
        *("64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
        *("", "example.com", "127.1", "0x7f000001", "2130706433", "010.0.0.1"),
    ],
)
def test_an_address_that_is_not_of_the_internet_is_not_public(address: str) -> None:
    """Private, local, shared, reserved and multicast addresses fail, in every form that can carry them."""
    assert not is_public(address)


async def test_the_request_goes_to_the_address_that_was_checked() -> None:
    """The name is resolved once; the connection gets the address, the server and its certificate the name."""
    names = Names(reports_example=[PUBLIC])
    async with guarded(names) as client:
        response = await client.get("https://reports.example/a?b=c")
    assert response.json() == {"to": f"https://{PUBLIC}/a?b=c", "host": "reports.example", "sni": "reports.example"}
    assert names.asked == [("reports.example", 443)]
    assert str(response.url) == "https://reports.example/a?b=c"


async def test_an_ipv6_address_is_pinned_in_brackets() -> None:
    """A name with only an IPv6 address is reached there."""
    async with guarded(Names(reports_example=["2606:4700::1111"])) as client:
        response = await client.get("http://reports.example:8080/")
    assert response.json()["to"] == "http://[2606:4700::1111]:8080/"
    assert response.json()["host"] == "reports.example:8080"


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    """A name that also leads inside is refused as a whole."""
    async with guarded(Names(mixed_example=[PUBLIC, "10.0.0.5"])) as client:
        with pytest.raises(AddressRefused) as refused:
            await client.get("http://mixed.example/")
    assert "10.0.0.5" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data/",
        ),
        *("http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/"),
        *("http://8.8.8.8./", "http://reports.example./", "http://[fe80::1%25eth0]/", "http://010.8.8.8/"),
        *("http://user@reports.example/", "http://user:word@reports.example/", "ftp://reports.example/"),
        *(
            "file:///etc/passwd",
            "gopher://reports.example/",
            "http://reports.example:99999/",
            "http://reports.example:0/",
        ),
    ],
)
async def test_odd_spellings_and_other_schemes_are_refused(url: str) -> None:
    """What hides its target, or is not the web, is refused even if the name service finds nothing wrong with it."""

    async def all_public(host: str, _port: int) -> Sequence[str]:
        return [host if "127.0.0.1" in host or "169.254" in host or ":" in host else PUBLIC]

    transport = PublicTransport(httpx.MockTransport(echo), resolver=all_public)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        with pytest.raises((AddressRefused, httpx.InvalidURL, httpx.UnsupportedProtocol)):
            await client.get(url)


async def test_an_allowed_host_may_be_private_on_its_own_port_only() -> None:
    """The operator's exception is for one host and one port."""
    names = Names(intern_example=["10.0.0.5"])
    async with guarded(names, allowed=frozenset({"intern.example:8443"})) as client:
        response = await client.get("https://intern.example:8443/")
        assert response.json()["to"] == "https://10.0.0.5:8443/"
        with pytest.raises(AddressRefused):
            await client.get("https://intern.example/")


async def test_a_name_without_address_is_a_connection_error() -> None:
    """An unknown name is no refusal, but a connection that could not be made."""

    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise OSError("unknown")

    async with httpx.AsyncClient(transport=PublicTransport(resolver=nowhere), trust_env=False) as client:
        with pytest.raises(httpx.ConnectError, match="cannot be resolved"):
            await client.get("http://gone.example/")


async def test_a_silent_name_service_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that never answers does not hold the request."""

    async def silent(_host: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    monkeypatch.setattr(public, "RESOLVE_SECONDS", 0.01)
    async with httpx.AsyncClient(transport=PublicTransport(resolver=silent), trust_env=False) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await client.get("http://slow.example/")


async def test_the_systems_resolver_is_asked_by_default() -> None:
    """Without a resolver of one's own, `localhost` is found to be private."""
    async with public_client() as client:
        with pytest.raises(AddressRefused):
            await client.get("http://localhost/")


async def test_a_redirect_inside_is_refused(loopback: Loopback) -> None:
    """Every hop is checked: a permitted page cannot send the reader to a private address."""
    loopback.page("/", status=302, Location=f"http://127.0.0.1:{loopback.port}/secret")
    names = Names(reports_example=["127.0.0.1"])
    allowed = frozenset({f"reports.example:{loopback.port}"})
    async with public_client(allowed=allowed, resolver=names) as client:
        with pytest.raises(AddressRefused):
            await client.get(f"http://reports.example:{loopback.port}/", follow_redirects=True)
    assert [asked.target for asked in loopback.asked] == ["/"]


async def test_the_next_address_is_tried_when_one_does_not_answer(loopback: Loopback) -> None:
    """A host with a dead address first is still reached, over a real socket, under its own name."""
    loopback.page("/", "found")
    names = Names(reports_example=["::1", "127.0.0.1"])
    allowed = frozenset({f"reports.example:{loopback.port}"})
    async with public_client(allowed=allowed, resolver=names) as client:
        response = await client.get(f"http://reports.example:{loopback.port}/")
    assert response.text == "found"
    assert loopback.asked[0].headers["host"] == f"reports.example:{loopback.port}"


async def test_proxy_variables_are_ignored(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy from the environment would resolve names again, so it is not used."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{loopback.port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{loopback.port}")
    async with public_client(resolver=Names(inside_example=["10.0.0.5"])) as client:
        with pytest.raises(AddressRefused):
            await client.get("http://inside.example/")
    assert loopback.asked == []


async def test_cookies_do_not_pass_from_one_request_to_the_next(loopback: Loopback) -> None:
    """What one caller's page sets is not sent with another caller's request."""
    loopback.page("/", "hello", Set_Cookie="session=1")
    names = Names(reports_example=["127.0.0.1"])
    allowed = frozenset({f"reports.example:{loopback.port}"})
    async with public_client(allowed=allowed, resolver=names) as client:
        for _ in range(2):
            await client.get(f"http://reports.example:{loopback.port}/")
    assert ["cookie" in asked.headers for asked in loopback.asked] == [False, False]


async def test_a_connection_is_not_kept_for_another_name() -> None:
    """Two names on one address never share a connection, whose certificate was checked for one of them only."""
    closed: list[asyncio.Event] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        closed.append(asyncio.Event())
        mine = closed[-1]
        while await reader.readline():
            while (await reader.readline()).strip():
                pass
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        mine.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    names = Names(one_example=["127.0.0.1"], two_example=["127.0.0.1"])
    allowed = frozenset({f"one.example:{port}", f"two.example:{port}"})
    async with server:
        async with public_client(allowed=allowed, resolver=names) as client:
            await client.get(f"http://one.example:{port}/")
            await client.get(f"http://two.example:{port}/")
        await asyncio.gather(*(connection.wait() for connection in closed))
    assert len(closed) == 2
