"""Names that are made to be taken for a widely used package's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from adapters.sigil.local.material import Ecosystem
from adapters.sigil.local.provenance.popular import canonical, is_popular, popular_names

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-._"
_ROWS = ("1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHORTEST_EDITED = 5
_SHORTEST_SURE = 6
_SHORTEST_WORD = 4
_SEPARATORS = re.compile(r"[-_.]+")
_LOOKALIKES = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("3", "e"))
_AFFIXES = {
    Ecosystem.NPM: re.compile(
        r"^(?:node|js|npm)[-_.]?(?=\w)|(?:[-_.]?js|[-_.](?:node|npm|javascript|ts|lib|core|pkg))$"
    ),
    Ecosystem.PYPI: re.compile(r"^(?:python[23]?-?|py-?)|-?(?:python[23]?|py[23]?|lib|pkg|pypi)$"),
}


class Likeness(StrEnum):
    """In what way a name resembles another."""

    LOOKALIKE = "letters that look alike"
    SEPARATORS = "other separators"
    SCOPE = "a scope that is written differently"
    TYPO = "one slip of the fingers"
    EDIT = "one character"
    AFFIX = "an addition that says nothing"
    COMBINATION = "words that are added"


@dataclass(frozen=True)
class Resemblance:
    """What a name resembles; `sure` where hardly anyone comes by such a name honestly."""

    popular: str
    likeness: Likeness
    sure: bool


def resemblance(ecosystem: Ecosystem, name: str) -> Resemblance | None:
    """Find the widely used package whose name is closest; None for such a package itself and for strangers."""
    written = canonical(ecosystem, name)
    if not popular_names(ecosystem) or is_popular(ecosystem, written):
        return None
    return next(_resemblances(ecosystem, written), None)


def _resemblances(ecosystem: Ecosystem, name: str) -> Iterator[Resemblance]:
    names = popular_names(ecosystem)
    if found := _by_separators(ecosystem).get(_joined(name)):
        scoped = "/" in name or "/" in found
        yield Resemblance(found, Likeness.SCOPE if scoped else Likeness.SEPARATORS, sure=len(found) >= _SHORTEST_SURE)
    if found := _by_look(ecosystem).get(_look(name)):
        yield Resemblance(found, Likeness.LOOKALIKE, sure=True)
    slips = _slips(name)
    for edited in sorted(_edits(name) & names, key=lambda each: (each not in slips, each)):
        if min(len(edited), len(name)) >= _SHORTEST_EDITED:
            slip = edited in slips and not _another_number(name, edited) and not _another_ending(name, edited)
            sure = slip and (len(edited) >= _SHORTEST_SURE or sorted(edited) == sorted(name))
            yield Resemblance(edited, Likeness.TYPO if slip else Likeness.EDIT, sure=sure)
    stem = _AFFIXES[ecosystem].sub("", name)
    if stem != name and len(stem) >= _SHORTEST_WORD and stem in names:
        yield Resemblance(stem, Likeness.AFFIX, sure=False)
    for part in _ends(name):
        if len(part) >= _SHORTEST_EDITED and part in names:
            yield Resemblance(part, Likeness.COMBINATION, sure=False)


@cache
def _by_separators(ecosystem: Ecosystem) -> dict[str, str]:
    """Names of several words by themselves without separators; where two agree, the first in the alphabet."""
    names = sorted(popular_names(ecosystem), reverse=True)
    return {_joined(name): name for name in names if len(_joined(name)) > _SHORTEST_WORD}


@cache
def _by_look(ecosystem: Ecosystem) -> dict[str, str]:
    names = sorted(popular_names(ecosystem), reverse=True)
    return {_look(name): name for name in names if len(name) > _SHORTEST_WORD}


def _joined(name: str) -> str:
    return _SEPARATORS.sub("", name.removeprefix("@").replace("/", ""))


def _look(name: str) -> str:
    """Fold letters that look alike into one; the registries take names in ASCII only."""
    text = name.lower()
    for look, taken_for in _LOOKALIKES:
        text = text.replace(look, taken_for)
    return text


def _edits(name: str) -> set[str]:
    """Spell all names at one insertion, deletion, substitution or transposition from this one."""
    parts = [(name[:at], name[at:]) for at in range(len(name) + 1)]
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1}
    shorter = {head + tail[1:] for head, tail in parts if tail}
    replaced = {head + letter + tail[1:] for head, tail in parts if tail for letter in _LETTERS}
    longer = {head + letter + tail for head, tail in parts for letter in _LETTERS}
    return swapped | shorter | replaced | longer


def _slips(name: str) -> set[str]:
    """Spell the names that one takes this for by a slip: letters swapped, doubled, left out, or of a key beside."""
    parts = [(name[:at], name[at:]) for at in range(len(name) + 1)]
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1}
    doubled = {head + tail[1:] for head, tail in parts if tail and head.endswith(tail[0])}
    left_out = {head + letter + tail for head, tail in parts for letter in _LETTERS if tail}
    beside = {head + key + tail[1:] for head, tail in parts if tail for key in _keys_beside(tail[0])}
    return swapped | doubled | left_out | beside


@cache
def _keys_beside(key: str) -> str:
    for number, row in enumerate(_ROWS):
        at = row.find(key)
        if at >= 0:
            rows = [row[max(at - 1, 0) : at], row[at + 1 : at + 2]]
            rows += [
                _ROWS[other][max(at - 1, 0) : at + 2] for other in (number - 1, number + 1) if 0 <= other < len(_ROWS)
            ]
            return "".join(rows)
    return ""


def _another_number(name: str, popular: str) -> bool:
    """Whether they differ in a digit: `psycopg2` and `psycopg3` are versions of one thing."""
    return re.sub(r"\d+", "", name) == re.sub(r"\d+", "", popular)


def _another_ending(name: str, popular: str) -> bool:
    """Whether one is the other with one more letter at its end, such as a plural's, that does not double the last."""
    shorter, longer = sorted((name, popular), key=len)
    return longer.startswith(shorter) and longer[-1] != shorter[-1]


def _ends(name: str) -> Iterator[str]:
    """Give what is left of a name without its last or first word."""
    words = _SEPARATORS.split(name.rpartition("/")[2])
    if len(words) > 1:
        for place in (_SEPARATORS.finditer(name), reversed(list(_SEPARATORS.finditer(name)))):
            separator = next(iter(place))
            yield name[: separator.start()]
            yield name[separator.end() :]
