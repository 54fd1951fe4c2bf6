"""What the served REST APIs share."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from adapters.http.serving import AccountRates, Rate, one_route_per_path

BURST = Rate(100, 50)


def test_an_account_has_a_burst_of_100_and_then_50_requests_a_second() -> None:
    """A caller that goes on knocking while it is refused gets its 50 a second all the same."""
    now = 0.0
    rates = AccountRates(clock=lambda: now)

    def served(requests: int, every: float) -> int:
        nonlocal now
        count = 0
        for _ in range(requests):
            now += every
            count += rates.take("ann", BURST)
        return count

    assert served(150, 0.0) == 100
    assert 49 <= served(1000, 0.001) <= 50
    assert rates.take("bob", BURST)
    now += 60
    assert served(150, 0.0) == 100


def test_accounts_that_are_long_gone_are_forgotten() -> None:
    """Memory is bounded, whoever calls."""
    rates = AccountRates(accounts=3)
    for account in range(10):
        rates.take(str(account), BURST)
    assert len(rates._buckets) == 3


async def _name_the_method(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.method} {request.path_params.get('name', '')}")


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/things", 200, "GET "),
        ("POST", "/things", 200, "POST "),
        ("DELETE", "/things/a", 200, "DELETE a"),
        ("PUT", "/things", 405, "GET, HEAD, POST"),
        ("POST", "/things/a", 405, "DELETE, PUT"),
    ],
)
async def test_a_path_tells_all_its_methods_where_another_is_asked_for(
    method: str, path: str, status: int, told: str
) -> None:
    """As RFC 9110 wants `Allow`; those it has are answered by their own endpoints."""
    methods = [("/things", "GET"), ("/things", "POST"), ("/things/{name}", "PUT"), ("/things/{name}", "DELETE")]
    routes = one_route_per_path(Route(path, _name_the_method, methods=[method]) for path, method in methods)
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://things.test") as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert (answer.text if status == 200 else ", ".join(sorted(answer.headers["allow"].split(", ")))) == told
