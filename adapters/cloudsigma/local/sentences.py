"""A report's text as sentences and list lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 1200
"""Characters after which a run without an end of sentence (code, a dump, a flattened table) is cut at a space."""

_BULLET = re.compile(r"^(?:[-*+•‣◦▪●○►➤→–—·#>|]+\s+|\(?(?:\d{1,2}|[a-z])[.)]\s+)+")  # noqa: RUF001 - dashes are meant
_SPACES = re.compile(r"[\s\u200b\ufeff]+")
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]*[A-Z0-9])|[。！？]")  # noqa: RUF001 - full-width marks are meant
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"'])(?:e\.g|i\.e|etc|vs|cf|al|approx|inc|ltd|corp|co|no|nos|fig|figs|ver|v|dr|mr|mrs|ms|st|sec|dept"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[a-z]|(?:[a-z]\.)+[a-z])\.$",
    re.IGNORECASE,
)
_CONTINUES = re.compile(r"[a-z]")
_ENDS = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")  # noqa: RUF001 - full-width marks are meant
_READABLE = re.compile(r"\w{2}")


def sentences(text: str) -> tuple[str, ...]:
    """Return the readable sentences, headings and list lines of `text` in their order, whitespace made single.

    Dots inside addresses, paths, versions and defanged indicators end nothing; a bullet or number before a line is
    left off; a line that goes on in lower case after an unfinished one is joined to it.
    """
    return tuple(
        piece
        for line in _lines(text)
        for sentence in _split(line)
        for piece in _cut(sentence)
        if _READABLE.search(piece)
    )


def _lines(text: str) -> Iterator[str]:
    """Yield lines without their bullets, with those joined that were wrapped in the middle of a sentence."""
    pending = ""
    for raw in text.splitlines():
        stripped = _SPACES.sub(" ", raw).strip()
        line = _BULLET.sub("", stripped)
        wrapped = pending and line == stripped and _CONTINUES.match(line) and not _ENDS.search(pending)
        if wrapped and len(pending) < LONGEST:
            pending = f"{pending} {line}"
            continue
        if pending:
            yield pending
        pending = line
    if pending:
        yield pending


def _split(line: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(line):
        if line[end.start()] == "." and _ABBREVIATION.search(line, max(start, end.start() - 12), end.start() + 1):
            continue
        yield line[start : end.end()].strip()
        start = end.end()
    yield line[start:].strip()


def _cut(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST:
        at = sentence.rfind(" ", LONGEST // 2, LONGEST)
        at = at if at > 0 else LONGEST
        yield sentence[:at]
        sentence = sentence[at:].strip()
    yield sentence
