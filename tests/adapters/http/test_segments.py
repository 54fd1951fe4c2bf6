"""Keys of callers that become part of a path."""

from __future__ import annotations

import pytest

from adapters.http.segments import is_segment


@pytest.mark.parametrize(
    "key", ["a", "scan_01", "arn:aws:states:REGION:1:execution:Pipeline:1", "...", "a/..", "é", "x" * 4096]
)
def test_a_key_that_is_escaped_names_one_thing(key: str) -> None:
    """Whatever characters it has."""
    assert is_segment(key)


@pytest.mark.parametrize("key", ["", ".", "..", "a\n", "\x00", "\ud800", "x" * 4097])
def test_a_key_that_leads_elsewhere_or_is_no_text_names_nothing(key: str) -> None:
    """Escaping does not help: dots mean the path itself, and the one above."""
    assert not is_segment(key)
