from __future__ import annotations

import pytest
import trafilatura

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.sources.page import decoded, readable

ARTICLE = "".join(
    f"<p>In step {step} the intruders copied the archive to a share and removed the traces.</p>" for step in range(9)
)


def test_the_main_text_is_taken_and_the_rest_of_the_page_left() -> None:
    """Navigation, scripts and footer are not part of a report."""
    page = (
        "<html><head><title>A quiet intrusion</title><script>var tracker</script></head><body>"
        f"<nav><a href=/>Home</a><a href=/jobs>Jobs</a></nav><article><h1>A quiet intrusion</h1>{ARTICLE}</article>"
        "<footer>All rights reserved</footer></body></html>"
    )
    found = readable(page.encode())
    assert found.title == "A quiet intrusion"
    assert "In step 8 the intruders copied the archive" in found.text
    assert not any(word in found.text for word in ("Jobs", "tracker", "rights reserved"))


def test_a_page_without_main_text_gives_all_that_is_visible() -> None:
    """A few words in a bare page are still read, and its title too."""
    found = readable(
        b"<html><head><title>Note &amp;\n more</title></head><body><div>It used rundll32.</div></body></html>"
    )
    assert "It used rundll32." in found.text
    assert found.title == "Note & more"


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"<html><body><script>x()</script><img src=a></body></html>"])
def test_an_empty_page_gives_no_text(body: bytes) -> None:
    """Nothing visible is no text and no error."""
    assert readable(body).text == ""


@pytest.mark.parametrize(
    "body", [b"<div>" * 50_000 + b"deep", b"a\0b<p>\xff\xfe" * 50, b"<table>" * 3000, b"<a " + b"b=c " * 90_000]
)
def test_a_hostile_page_is_survived(body: bytes) -> None:
    """Depth, garbage and endless attributes end in some text or none."""
    assert isinstance(readable(body).text, str)


def test_a_page_that_breaks_the_parser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the library trips over ends in one clear failure."""

    def tripping(*_arguments: object, **_options: object) -> None:
        raise AssertionError

    monkeypatch.setattr(trafilatura, "bare_extraction", tripping)
    with pytest.raises(PipelineFailure) as raised:
        readable(b"<html>")
    assert raised.value.code == "InvalidInputType"


@pytest.mark.parametrize(
    ("body", "declared", "text"),
    [
        ("Größe".encode(), None, "Größe"),
        ("Größe".encode("iso-8859-1"), None, "Größe"),
        ("„Größe“ €".encode("cp1252"), "iso-8859-1", "„Größe“ €"),
        ("Łódź".encode("iso-8859-2"), "ISO-8859-2", "Łódź"),
        ("атака".encode("koi8-r"), "koi8-r", "атака"),
        ("攻撃".encode("shift_jis"), "Shift_JIS", "攻撃"),
        ("attaque".encode("utf-16"), "utf-8", "attaque"),
        (b"\xef\xbb\xbfmark", None, "mark"),
        ("Größe".encode(), "no-such-charset", "Größe"),
        (b"broken \xff end", "utf-8", "broken � end"),
        (b"abc-", "punycode", "abc-"),
        (b"616263", "hex", "616263"),
    ],
)
def test_text_is_decoded_by_what_is_known_of_it(body: bytes, declared: str | None, text: str) -> None:
    """A mark beats the declaration, the declaration beats guessing, and codecs that are no charsets are not used."""
    assert decoded(body, declared) == text


def test_a_charset_in_the_page_is_heeded_in_pages_only() -> None:
    """`<meta>` counts where the server says nothing, and never for plain text."""
    body = '<meta http-equiv=x content="text/html; charset=windows-1251"><p>атака'.encode("cp1251")
    assert decoded(body, html=True).endswith("атака")
    assert not decoded(body).endswith("атака")
    assert (
        readable('<html><head><meta charset="gb2312"></head><body><p>攻击者</p></body></html>'.encode("gb2312")).text
        == "攻击者"
    )
