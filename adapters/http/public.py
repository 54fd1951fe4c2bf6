"""Requests that may only reach the public internet: what a caller names as a URL is never trusted to be harmless."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host and port, the preferred one first; raises `OSError` when there are none."""

RESOLVE_SECONDS = 5.0
MAX_PORT = 65_535
ATTEMPTS = 3
"""How many of a host's addresses are tried when one does not take the connection."""

_REFUSED_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT
        "168.63.129.16/32",  # public by number, but Azure answers there from inside the host
        "192.0.0.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "2001::/23",  # Teredo and other protocol assignments
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)")


class AddressRefused(httpx.TransportError):
    """The request names something that is not on the public internet; nothing was sent."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, without blocking the event loop."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address in its usual notation is globally routable; forms that carry an IPv4 address count as that."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        carried = _carried(parsed)
        if carried is None:
            return parsed in _GLOBAL_UNICAST and _is_global(parsed)
        parsed = carried
    return _is_global(parsed)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def _is_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if any(address in network for network in _REFUSED_NETWORKS):
        return False
    return address.is_global and not address.is_multicast


class PublicTransport(httpx.AsyncBaseTransport):
    """Resolves a request's host, refuses what is not public, and connects to the very address that was checked.

    `allowed` holds `host:port` pairs, in lower case, whose addresses are not checked. Raises `AddressRefused`.
    `inner` must not keep connections: it sees addresses only, and two hosts may share one.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport | None = None,
        *,
        allowed: frozenset[str] = frozenset(),
        resolver: Resolver = resolve,
    ) -> None:
        self._inner = inner or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
        self._allowed = allowed
        self._resolver = resolver

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to a checked address; the next one is tried only if no connection came about."""
        host = _plain_host(request)
        *others, last = (await self._addresses(host, request))[:ATTEMPTS]
        for address in others:
            try:
                return await self._inner.handle_async_request(_pinned(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_pinned(request, host, last))

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()

    async def _addresses(self, host: str, request: httpx.Request) -> Sequence[str]:
        port = port_of(request.url)
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                addresses = await self._resolver(host, port)
        except TimeoutError:
            raise httpx.ConnectTimeout(f"the name {host} was not resolved in time", request=request) from None
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"the name {host} cannot be resolved", request=request) from error
        if not addresses:
            raise httpx.ConnectError(f"the name {host} has no address", request=request)
        if f"{host}:{port}" not in self._allowed and not all(map(is_public, addresses)):
            raise AddressRefused(f"{host} is not on the public internet", request=request)
        return addresses


def port_of(url: httpx.URL) -> int:
    """Give the port that a URL leads to, written out or not."""
    return (443 if url.scheme == "https" else 80) if url.port is None else url.port


def _plain_host(request: httpx.Request) -> str:
    url = request.url
    host = url.raw_host.decode("ascii").lower()
    if url.scheme not in ("http", "https"):
        raise AddressRefused(f"only http and https are fetched, not {url.scheme or 'an address without scheme'}")
    if url.userinfo:
        raise AddressRefused("an address with a user name in it is not fetched", request=request)
    if not 0 < port_of(url) <= MAX_PORT:
        raise AddressRefused(f"there is no port {url.port}", request=request)
    if not host or host.endswith(".") or "%" in host or _is_odd_number(host):
        raise AddressRefused(f"the host {host!r} is not written in its usual form", request=request)
    return host


def _is_odd_number(host: str) -> bool:
    if not _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


def _pinned(request: httpx.Request, host: str, address: str) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )


def public_client(
    *, allowed: frozenset[str] = frozenset(), resolver: Resolver = resolve, timeout_seconds: float = 20.0
) -> httpx.AsyncClient:
    """Build a client that reaches only public addresses, ignores proxy variables and keeps no cookies.

    `timeout_seconds` is for each wait, a quarter of it for each attempt to connect.
    """
    return httpx.AsyncClient(
        transport=PublicTransport(allowed=allowed, resolver=resolver),
        trust_env=False,
        timeout=httpx.Timeout(timeout_seconds, connect=timeout_seconds / 4),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )
