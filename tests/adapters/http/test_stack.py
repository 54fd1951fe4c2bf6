"""The transports together: what one call meets, and how they stand."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from adapters.errors import DeadlineExceeded, LimitExceeded, Unreachable
from adapters.health import Health, ServiceHealth
from adapters.http.breaker import LEAST_CALLS, BreakerState
from adapters.http.cache import Freshness
from adapters.http.deadline import operation_deadline
from adapters.http.rate_limit import Limit
from adapters.http.stack import Stack, UpstreamPolicy, open_stack
from adapters.http.upstream import Upstream, UpstreamCodes
from tests.doubles.held_wire import ADDRESS, HeldWire, settled

POLICY = UpstreamPolicy(
    service="Sigil",
    limits=(Limit("scan", 1, 60.0, "POST", "/v1/scans"), Limit("all", 100, 60.0)),
    fresh=(Freshness("/v1/threats", 60.0),),
    questions="/v1/policies/evaluate",
)
CODES = UpstreamCodes(unreachable="Gone", resting="Resting", timeout="Late", limited="Slow")


def upstream(wire: HeldWire, policy: UpstreamPolicy = POLICY, token: str = "t") -> Upstream:
    return Upstream("Sigil", ADDRESS, token, Stack(policy, wire), codes=CODES)


async def test_equal_reads_are_one_call_and_their_answer_is_kept() -> None:
    """Until the token writes; a question by POST is no write."""
    wire = HeldWire()
    sigil = upstream(wire)
    await asyncio.gather(*(sigil.send("GET", "/v1/threats") for _ in range(20)))
    await sigil.send("POST", "/v1/policies/evaluate", body=b"{}")
    await sigil.send("GET", "/v1/threats")
    assert len(wire.requests) == 2
    await sigil.send("POST", "/v1/scans", body=b"{}")
    await sigil.send("GET", "/v1/threats")
    assert len(wire.requests) == 4


async def test_a_limit_that_is_used_up_is_told_before_anything_is_sent() -> None:
    """With the service's own code, and when to come back."""
    wire = HeldWire()
    sigil = upstream(wire)
    await sigil.send("POST", "/v1/scans", body=b"{}")
    with pytest.raises(LimitExceeded, match="Sigil's limit of 1 calls in 60 s is used up: try again in 60 s") as caught:
        await sigil.send("POST", "/v1/scans", body=b"{}")
    assert (caught.value.code, caught.value.limit, caught.value.retry_after_seconds) == ("Slow", 1, 60)
    assert len(wire.requests) == 1


async def test_an_upstream_that_fails_is_left_alone() -> None:
    """The error says so with a code of its own; health shows it."""
    wire = HeldWire(lambda _: httpx.Response(500))
    sigil = upstream(wire)
    for number in range(LEAST_CALLS):
        with pytest.raises(Unreachable) as failed:
            await sigil.send("GET", f"/v1/scans/{number}")
        assert (failed.value.code, failed.value.retry_after_seconds) == ("Gone", None)
    with pytest.raises(Unreachable, match="left alone as most calls have failed: try again in 5 s") as caught:
        await sigil.send("GET", "/v1/scans")
    assert (caught.value.code, caught.value.retry_after_seconds) == ("Resting", 5)
    assert len(wire.requests) == LEAST_CALLS
    assert sigil.with_standing(ServiceHealth(adapter="rest", health=Health.DOWN)).breaker is BreakerState.OPEN


async def test_health_shows_the_breaker_and_what_is_left_of_each_limit() -> None:
    """Of the token that is asked with."""
    sigil = upstream(HeldWire())
    await sigil.send("GET", "/v1/scans")
    await sigil.send("POST", "/v1/scans")
    health = sigil.with_standing(ServiceHealth(adapter="rest", health=Health.UP))
    assert (health.breaker, health.rate_limit_remaining) == (BreakerState.CLOSED, 99)
    assert [(limit.name, limit.remaining, limit.calls) for limit in health.limits] == [("scan", 0, 1), ("all", 99, 100)]


async def test_without_a_stack_health_is_shown_as_it_is() -> None:
    """Nothing is made up."""
    bare = Upstream("Sigil", ADDRESS, None, HeldWire())
    health = ServiceHealth(adapter="rest", health=Health.UP)
    assert bare.with_standing(health) is health


async def test_the_operations_deadline_holds_for_every_call_of_it() -> None:
    """What is under way is broken off; what would begin later is not sent."""
    wire = HeldWire()
    sigil = upstream(wire)
    wire.hold()
    with operation_deadline(0.02):
        with pytest.raises(DeadlineExceeded, match="Sigil did not answer GET /v1/scans within 0") as caught:
            await sigil.send("GET", "/v1/scans")
        await settled()
        assert (caught.value.code, wire.cancelled) == ("Late", 1)
        with pytest.raises(DeadlineExceeded, match="within 0 s"):
            await sigil.send("POST", "/v1/scans", body=b"{}")
    assert len(wire.requests) == 1


async def test_a_retry_that_would_outlast_the_deadline_is_not_waited_for() -> None:
    """The upstream's own answer is told instead."""
    wire = HeldWire(lambda _: httpx.Response(503, headers={"Retry-After": "3"}))
    with operation_deadline(2), pytest.raises(Unreachable, match="HTTP 503"):
        await upstream(wire).send("GET", "/v1/scans")
    assert len(wire.requests) == 1


def test_an_operator_may_set_the_general_limit() -> None:
    """The others stay as they are documented."""
    assert POLICY.with_limit(500).limits == (POLICY.limits[0], Limit("all", 500, 60.0))
    assert POLICY.with_limit(None) is POLICY


async def test_an_opened_stack_has_connected_to_nothing() -> None:
    """It can be built without an event loop's doing, and closed unused."""
    await open_stack(POLICY).aclose()


async def test_what_is_said_to_have_changed_is_read_anew() -> None:
    """Neither what is kept nor what is under way answers for it."""
    wire = HeldWire()
    sigil = upstream(wire)
    await sigil.send("GET", "/v1/threats")
    wire.hold()
    before = asyncio.create_task(sigil.send("GET", "/v1/scans"))
    await settled()
    sigil.forget()
    after = [asyncio.create_task(sigil.send("GET", path)) for path in ("/v1/threats", "/v1/scans")]
    await settled()
    wire.release()
    await asyncio.gather(before, *after)
    assert len(wire.requests) == 4


async def test_tokens_share_the_breaker_and_have_limits_of_their_own() -> None:
    """A stack that is lent to a token's upstream stays open when that is closed."""
    wire = HeldWire()
    stack = Stack(POLICY, wire)
    ours = Upstream("Sigil", ADDRESS, "ours", stack, codes=CODES)
    theirs = Upstream("Sigil", ADDRESS, "theirs", stack, codes=CODES, is_lent=True)
    for service in (ours, theirs):
        await service.send("POST", "/v1/scans", body=b"{}")
    await theirs.close()
    assert not wire.closed
    wire.answer = lambda _: httpx.Response(500)
    for number in range(LEAST_CALLS):
        with pytest.raises(Unreachable):
            await theirs.send("GET", f"/v1/scans/{number}")
    with pytest.raises(Unreachable, match="left alone"):
        await ours.send("GET", "/v1/scans")
    await ours.close()
    assert wire.closed
