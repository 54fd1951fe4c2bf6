"""Tokens of upstreams that callers bring."""

from __future__ import annotations

import pytest

from adapters.errors import InvalidInput
from gateway.access.upstream_tokens import tokens_in

TOKEN = "sk_live_0123456789abcdefWXYZ"


def test_tokens_are_read_from_headers_of_any_case() -> None:
    """Each for its service."""
    found = tokens_in({"X-Trigraph-Sigil-Token": TOKEN, "x-trigraph-cloudlink-token": "cl_live_x", "Accept": "*/*"})
    assert found is not None
    assert (found.of("sigil"), found.of("cloudlink"), found.of("cloudsigma")) == (TOKEN, "cl_live_x", None)


def test_who_brings_no_token_has_none() -> None:
    """An Authorization header is the gateway's own key."""
    assert tokens_in({"Authorization": "Bearer tg_key"}) is None


@pytest.mark.parametrize("value", ["", "a b", "é", None, 3])
def test_what_is_no_token_is_refused_by_the_name_of_its_header(value: object) -> None:
    """Without repeating it."""
    with pytest.raises(InvalidInput, match=r"^validation_error: X-Trigraph-Sigil-Token: "):
        tokens_in({"X-Trigraph-Sigil-Token": value})
