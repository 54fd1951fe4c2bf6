"""From a body to readable text: charsets, and the main text of a web page."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from html import unescape

from adapters.cloudsigma.local.failure import PipelineFailure

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{2,40})", re.IGNORECASE)
_META_BYTES = 4096
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Python also knows codecs that are no charsets of pages, and some of those take quadratic time.
_PAGE_CHARSET = re.compile(
    r"utf-(?:8|16|16-le|16-be)|cp\d+|iso8859-\d+|koi8-[rut]|gb\w+|big5\w*|euc_\w+|shift_jis\w*|iso2022_\w+|mac-\w+|tis-620"
)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_WESTERN = "cp1252"


@dataclass(frozen=True)
class Readable:
    """The text that a person would read, and its title if it has one."""

    text: str
    title: str | None = None


def decoded(body: bytes, declared: str | None = None, *, html: bool = False) -> str:
    """Decode by byte order mark, declared charset, `<meta>` and UTF-8, in that order; else as Windows-1252."""
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    told = _META_CHARSET.search(body[:_META_BYTES]) if html else None
    for name in (declared, told and told[1].decode("ascii")):
        known = _page_charset(name)
        if known:
            return body.decode(known, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode(_WESTERN, "replace")


def _page_charset(name: str | None) -> str | None:
    try:
        known = codecs.lookup(name).name if name else ""
    except LookupError:
        return None
    # What pages call Latin-1 or ASCII is Windows-1252 in practice, and browsers read it so.
    if known in ("iso8859-1", "ascii"):
        return _WESTERN
    return known if _PAGE_CHARSET.fullmatch(known) else None


def readable(body: bytes, charset: str | None = None, url: str | None = None) -> Readable:
    """Take the main text of a page, or all its visible text where none stands out; takes up to seconds of CPU."""
    html = decoded(body, charset, html=True)
    try:
        return Readable(text=_text(html, url), title=_title(html))
    except Exception as error:  # trafilatura raises whatever a broken page makes it stumble over
        raise PipelineFailure("InvalidInputType", "The page is damaged and cannot be read. Paste its text.") from error


def _text(html: str, url: str | None) -> str:
    import trafilatura

    page = trafilatura.bare_extraction(html, url=url, include_comments=False)
    main = str(getattr(page, "text", None) or "").strip()
    return main or str(trafilatura.html2txt(html)).strip()


def _title(html: str) -> str | None:
    found = _TITLE.search(html)
    return (unescape(" ".join(found[1].split())) or None) if found else None
