"""What the served REST APIs share: bearer tokens, bodies within a limit, rates of accounts, web pages that may call."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.errors import InvalidInput
from adapters.keys import Unauthorized

T = TypeVar("T")

Endpoint = Callable[[Request], Awaitable[Response]]


class BodyTooLarge(Exception):
    """The body is larger than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit} bytes")


@dataclass(frozen=True)
class Rate:
    """A bucket of `burst` requests that fills by `per_second`."""

    burst: float
    per_second: float


class AccountRates:
    """Counts the requests of each account; `accounts` is how many are remembered, the rest begin anew."""

    def __init__(self, accounts: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts = accounts
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, account: str, rate: Rate) -> bool:
        """Count a request; False when the account's bucket is empty."""
        now = self._clock()
        left, since = self._buckets.pop(account, (rate.burst, now))
        left = min(rate.burst, left + (now - since) * rate.per_second)
        self._buckets[account] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > self._accounts:
            self._buckets.popitem(last=False)
        return left >= 1


def one_route_per_path(routes: Iterable[Route]) -> list[Route]:
    """Make one route of those that share a path: asked for another method, it names all of them in `Allow`."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for route in routes:
        by_path.setdefault(route.path, {}).update(dict.fromkeys(route.methods or (), route.endpoint))
    return [Route(path, _by_method(endpoints), methods=list(endpoints)) for path, endpoints in by_path.items()]


def _by_method(endpoints: Mapping[str, Endpoint]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await endpoints[request.method](request)

    return endpoint


def bearer_token(request: Request) -> str:
    """Give a request's token; raises Unauthorized if it brings none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized
    return token.strip()


async def read_body(request: Request, limit: int) -> bytes:
    """Read a body of at most `limit` bytes; raises BodyTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit)
    return bytes(body)


def decode_body(body: bytes, shape: type[T], code: str) -> T:
    """Read a body as a `shape`; raises InvalidInput with the API's own code."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(code, f"The body does not fit: {error}", "body") from None


def web_pages(origins: Sequence[str]) -> list[Middleware]:
    """Let browsers call from the web pages of `origins`."""
    if not origins:
        return []
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization"],
        expose_headers=["Retry-After"],
    )
    return [cors]
