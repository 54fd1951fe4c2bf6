"""Indicators in one form."""

from __future__ import annotations

import pytest

from adapters.sigil.indicators import canonical_indicator, indicator_digest


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("evil[.]example", "evil.example"),
        (" Evil.Example. ", "evil.example"),
        ("evil[dot]example", "evil.example"),
        ("hxxps://Evil[.]example:8443/A.js?b=C", "https://evil.example:8443/A.js?b=C"),
        ("http://evil.example/", "http://evil.example"),
        ("hXXp[:]//evil(.)example/a", "http://evil.example/a"),
        ("45.155.205[.]233", "45.155.205.233"),
        ("[2001:0DB8::0:1]", "2001:db8::1"),
        ("9F86D081884C7D659A2FEAA0C55AD015", "9f86d081884c7d659a2feaa0c55ad015"),
        ("user[@]evil[.]example", "user@evil.example"),
        ("/tmp/Loader(1).sh", "/tmp/Loader(1).sh"),
        ("C:\\Users\\a[1].exe", "C:\\Users\\a[1].exe"),
        ("", ""),
    ],
)
def test_an_indicator_has_one_form(written: str, form: str) -> None:
    """Fanged, in lower case where case means nothing; it stays as it is when it is written so already."""
    assert canonical_indicator(written) == form
    assert canonical_indicator(form) == form
    assert indicator_digest(written) == indicator_digest(form)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "[" * 100_000, "http://[", "x" * 1_000_000])
def test_no_text_is_too_much(text: str) -> None:
    """Whatever a report or a threat calls an indicator has a digest."""
    assert len(indicator_digest(text)) == 64
