"""What a call is for."""

from __future__ import annotations

import asyncio

import httpx

from adapters.http.traits import CallKind, CallTraits, calls_of_kind, current_kind, traits_of
from tests.doubles.held_wire import request_of


async def test_a_call_is_a_query_unless_it_is_said_to_be_a_poll() -> None:
    """Tasks that begin within have it from there."""

    async def look() -> CallKind:
        return current_kind()

    assert current_kind() is CallKind.QUERY
    with calls_of_kind(CallKind.POLL):
        task = asyncio.create_task(look())
    assert (await task, current_kind()) == (CallKind.POLL, CallKind.QUERY)


def test_a_request_says_what_it_is_for() -> None:
    """One that says nothing is a query of its own path."""
    assert traits_of(request_of(kind=CallKind.POLL)) == CallTraits(CallKind.POLL, "/v1/things")
    assert traits_of(httpx.Request("GET", "http://upstream/a/b?c=d")) == CallTraits(CallKind.QUERY, "/a/b")
