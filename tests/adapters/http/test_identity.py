"""Which reads are the same."""

from __future__ import annotations

import pytest

from adapters.http.identity import read_key, token_digest
from tests.doubles.held_wire import request_of

TOKEN = "csk_live_00112233445566778899aabbccddeeff"


def test_equal_requests_have_one_key() -> None:
    """Also when their headers come in another order, or name another request of a caller's."""
    one = request_of(accept="application/json", x_request_id="one", traceparent="00-1")
    other = request_of(x_request_id="two", accept="application/json")
    assert read_key(one) == read_key(other)


@pytest.mark.parametrize(
    "other",
    [
        request_of(path="/v1/others"),
        request_of(path="/v1/things?page=2"),
        request_of(token="u"),
        request_of(accept="text/plain"),
        request_of("HEAD"),
    ],
    ids=["path", "parameters", "token", "header", "method"],
)
def test_whatever_is_forwarded_makes_a_difference(other: object) -> None:
    """Nobody gets an answer that was meant for another question."""
    assert read_key(request_of()) != read_key(other)  # type: ignore[arg-type] # a request


def test_no_key_holds_a_token() -> None:
    """A digest stands for it."""
    request = request_of(token=TOKEN)
    assert TOKEN not in repr(read_key(request))
    assert TOKEN.encode() not in token_digest(request)
    assert token_digest(request) != token_digest(request_of())
