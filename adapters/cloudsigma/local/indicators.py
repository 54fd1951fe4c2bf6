"""The indicators of compromise that a text names, found by ioc-finder, without what only looks like one."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import cast

from adapters.cloudsigma.local.false_friends import Found, host_of, is_indicator
from adapters.cloudsigma.local.sentences import sentences
from adapters.cloudsigma.models import Ioc

MOST = 500
"""Indicators that one text may have; what comes after them is left out."""

LONGEST_CONTEXT = 400
"""Characters of a sentence that an indicator carries along."""

_TYPES = {
    "cves": "cve",
    "domains": "domain",
    "email_addresses": "email",
    "file_paths": "file_path",
    "ipv4s": "ipv4",
    "ipv6s": "ipv6",
    "md5s": "md5",
    "sha1s": "sha1",
    "sha256s": "sha256",
    "urls": "url",
}
_CASE_MATTERS = frozenset(("url", "file_path", "cve"))
_SHORTEST_LINE = len("1.1.1.1")
_LONGEST_PIECE = 1_500
_NOISE = re.compile(r"[\[\](){}<>]{4,}|([^\w\s])\1{3,}|[^\S\n]{4,}")
"""What is in no indicator; fanging takes time that grows with the square of a run of brackets."""

_TRAILING = ".,;:!?'\"`)]}>…"
_AROUND = 24

Sentence = tuple[str, str]
"""A sentence, and the same fanged in lower case."""


def indicators(text: str) -> tuple[Ioc, ...]:
    """Return the indicators of `text`, fanged, each once, in order of appearance, at most `MOST` of them.

    Types: ipv4, ipv6, domain, url, email, md5, sha1, sha256, file_path, cve.
    """
    unique: dict[tuple[str, str], None] = {}
    for line in _pieces(text):
        unique.update(((found.type, found.value), None) for found in _in_line(line))
        if len(unique) >= MOST:
            break
    said = [(sentence, _fang()(_NOISE.sub(" ", sentence)).lower()) for sentence in sentences(text)] if unique else []
    return tuple(
        Ioc(type=kind, value=value, context=_context(value.lower(), said)) for kind, value in list(unique)[:MOST]
    )


def _pieces(text: str) -> Iterator[str]:
    """Yield the lines of `text` without what is in no indicator, long ones cut at spaces."""
    for line in _NOISE.sub(" ", text).splitlines():
        start = 0
        while len(line) - start > _LONGEST_PIECE:
            space = line.rfind(" ", start + 1, start + _LONGEST_PIECE)
            end = space if space > 0 else start + _LONGEST_PIECE
            yield line[start:end]
            start = end
        yield line[start:]


def _in_line(line: str) -> Iterator[Found]:
    if len(line) < _SHORTEST_LINE:
        return
    raw, fanged = line.lower(), _fang()(line)
    found = sorted(
        (
            _found(_TYPES[kind], value.rstrip(_TRAILING), raw, fanged)
            for kind, values in _find()(line).items()
            for value in set(values)
        ),
        key=lambda one: (one.place, -len(one.value), one.type),
    )
    url_hosts = frozenset(host_of(one.value) for one in found if one.type == "url")
    yield from (one for one in found if is_indicator(one, url_hosts))


def _found(kind: str, value: str, raw: str, fanged: str) -> Found:
    value = value if kind in _CASE_MATTERS else value.lower()
    place = max(fanged.lower().find(value.lower()), 0)
    return Found(
        place=place,
        type=kind,
        value=value,
        is_defanged=value.lower() not in raw,
        before=fanged[max(0, place - _AROUND) : place],
        written=fanged[place : place + len(value) + _AROUND],
    )


def _context(value: str, said: list[Sentence]) -> str | None:
    for sentence, fanged in said:
        place = fanged.find(value)
        if place >= 0:
            start = max(0, min(place - LONGEST_CONTEXT // 2, len(sentence) - LONGEST_CONTEXT))
            return sentence[start : start + LONGEST_CONTEXT]
    return None


@lru_cache(maxsize=1)
def _find() -> Callable[[str], Mapping[str, list[str]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's grammar warns about itself when it is built
        from ioc_finder import find_iocs  # type: ignore[import-untyped] # ships none
    found = partial(
        find_iocs,
        parse_from_url_path=False,
        parse_domain_from_email_address=False,
        parse_address_from_cidr=False,
        included_ioc_types=tuple(_TYPES),
    )
    return cast("Callable[[str], Mapping[str, list[str]]]", found)


@lru_cache(maxsize=1)
def _fang() -> Callable[[str], str]:
    from ioc_fanger import fang  # type: ignore[import-untyped] # ships none

    return cast("Callable[[str], str]", fang)
