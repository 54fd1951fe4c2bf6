"""How often a tenant may ask."""

from __future__ import annotations

import httpx
import pytest

from adapters.cloudlink.callers import Callers
from adapters.cloudlink.rates import Allowance, TenantRates
from adapters.cloudlink.server import create_server
from adapters.keys import digest_of
from adapters.principal import Principal
from tests.adapters.cloudlink.conftest import ADDRESS, KEY, OTHER_KEY, bearer
from tests.doubles.served_cloudlink import ServedCloudLink

FEW = Allowance("few", 2)


class Clock:
    """Seconds since 1970 as a test sets them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands."""
    return Clock()


@pytest.fixture
def limited(memory: ServedCloudLink, principal: Principal, other: Principal, clock: Clock) -> httpx.AsyncClient:
    """A client of a server that goes by the clock."""
    callers = Callers({digest_of(KEY): principal, digest_of(OTHER_KEY): other})
    transport = httpx.ASGITransport(create_server(memory, callers, TenantRates(clock=clock)))
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=bearer(KEY))


def test_a_minute_begins_with_the_first_request(clock: Clock) -> None:
    """What is left and when it begins anew is told with each; a clock that is set back does not lock anybody out."""
    rates = TenantRates(clock=clock)
    first = rates.take("ann", FEW)
    assert (first.admitted, first.limit, first.remaining, first.reset_at) == (True, 2, 1, 1060)
    clock.now = 1030.5
    assert rates.take("ann", FEW).remaining == 0
    refused = rates.take("ann", FEW)
    assert (refused.admitted, refused.remaining, refused.retry_after_seconds) == (False, 0, 30)
    assert rates.take("bob", FEW).admitted
    assert rates.take("ann", Allowance("others", 1)).admitted
    clock.now = 1060
    assert [rates.take("ann", FEW).remaining for _ in range(2)] == [1, 0]
    clock.now = 500
    assert rates.take("ann", FEW).admitted


def test_tenants_that_are_long_gone_are_forgotten() -> None:
    """Memory is bounded, whoever calls."""
    rates = TenantRates(tenants=3)
    for tenant in range(10):
        rates.take(str(tenant), FEW)
    assert len(rates._windows) == 3


async def test_sixty_requests_a_minute_are_answered(limited: httpx.AsyncClient, clock: Clock) -> None:
    """Whatever they ask for, good or bad; then 429, until the minute is over. Others are not concerned."""
    first = await limited.get("/budgets")
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    assert [first.headers[name] for name in names] == ["60", "59", "1060"]
    for number in range(59):
        path = "/deploys/unknown" if number % 2 else "/regressions"
        assert (await limited.get(path)).status_code in (200, 404)
    clock.now += 20
    refused = await limited.get("/budgets")
    assert (refused.status_code, set(refused.json())) == (429, {"detail"})
    assert refused.headers["retry-after"] == "40"
    assert [refused.headers[name] for name in names] == ["60", "0", "1060"]
    assert (await limited.get("/budgets", headers=bearer(OTHER_KEY))).status_code == 200
    assert (await limited.get("/health")).status_code == 200
    clock.now += 40
    assert (await limited.get("/budgets")).status_code == 200


@pytest.mark.parametrize("path", ["/scan?wait=0", "/regression/run"])
async def test_what_is_costly_is_done_five_times_a_minute(limited: httpx.AsyncClient, path: str) -> None:
    """Counted by itself."""
    for left in range(4, -1, -1):
        answer = await limited.post(path)
        assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, str(left))
    assert (await limited.post(path)).status_code == 429
    assert (await limited.get("/stats")).headers["x-ratelimit-remaining"] == "59"


async def test_who_has_no_key_counts_for_nobody(limited: httpx.AsyncClient) -> None:
    """401 without the headers of a tenant."""
    answer = await limited.get("/budgets", headers=bearer("stranger"))
    assert answer.status_code == 401
    assert "x-ratelimit-limit" not in answer.headers
