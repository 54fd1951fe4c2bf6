"""Wording that shows a technique, from `cues.yaml`, found in sentences by looking up their words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import msgspec

CUE_FILE = Path(__file__).with_name("cues.yaml")

NEAR = 12
"""Words within which the groups of a cue must occur."""

SURE, STRONG, FAIR = 4.0, 1.0, 0.3
"""What a cue is worth: the number of sentences with a strong cue that it stands for."""

_WORD = re.compile(r"[a-z0-9]+")
_Positions = Mapping[str, Sequence[int]]


class Cues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A technique's cues by how much they show; written as the head of `cues.yaml` explains."""

    sure: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    fair: tuple[str, ...] = ()


class CueFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of cues: named lists of words, and cues by technique id."""

    words: dict[str, str]
    techniques: dict[str, Cues]


class Cue(msgspec.Struct, frozen=True):
    """One cue made ready: all of `groups` near each other, none of `forbidden` in the sentence."""

    technique_id: str
    worth: float
    groups: tuple[tuple[str, ...], ...]
    forbidden: tuple[str, ...]


class CueMatcher:
    """Finds the techniques whose cues are in a sentence."""

    def __init__(self, file: CueFile) -> None:
        cues = [
            _cue(technique_id, worth, text, file.words)
            for technique_id, of_technique in file.techniques.items()
            for worth, texts in ((SURE, of_technique.sure), (STRONG, of_technique.strong), (FAIR, of_technique.fair))
            for text in texts
        ]
        self.technique_ids = frozenset(file.techniques)
        self._terms = _Terms({term for cue in cues for term in (*cue.forbidden, *(t for g in cue.groups for t in g))})
        self._by_first_group: defaultdict[str, list[Cue]] = defaultdict(list)
        for cue in cues:
            for term in cue.groups[0]:
                self._by_first_group[term].append(cue)

    def match(self, sentence: str) -> dict[str, float]:
        """Return the ids of the techniques that `sentence` shows, each with the worth of its best cue."""
        at = self._terms.find(_WORD.findall(sentence.lower()))
        found: dict[str, float] = {}
        for cue in (cue for term in at for cue in self._by_first_group.get(term, ())):
            if found.get(cue.technique_id, 0) < cue.worth and _holds(cue, at):
                found[cue.technique_id] = cue.worth
        return found


@lru_cache(maxsize=1)
def load_cues() -> CueMatcher:
    """Load the cues of this package, once a process."""
    return CueMatcher(msgspec.yaml.decode(CUE_FILE.read_bytes(), type=CueFile))


class _Terms:
    """The words and phrases that cues ask for, found in one walk over a sentence's words."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._exact: defaultdict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        self._prefix: defaultdict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for term in terms:
            first, *rest = term.split("_")
            index = self._prefix if first.endswith("*") else self._exact
            index[first.removesuffix("*")].append((term, tuple(rest)))
        lengths = {len(prefix) for prefix in self._prefix}
        self._lengths = range(min(lengths, default=1), max(lengths, default=0) + 1)

    def find(self, words: Sequence[str]) -> _Positions:
        positions: defaultdict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(words):
            for term, rest in self._starting(word):
                following = words[place + 1 : place + 1 + len(rest)]
                if len(following) == len(rest) and all(map(_is, following, rest)):
                    positions[term].append(place)
        return positions

    def _starting(self, word: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from self._exact.get(word, ())
        for length in self._lengths[: max(0, len(word) + 1 - self._lengths.start)]:
            yield from self._prefix.get(word[:length], ())


def _is(word: str, asked: str) -> bool:
    return word.startswith(asked[:-1]) if asked.endswith("*") else word == asked


def _cue(technique_id: str, worth: float, text: str, words: Mapping[str, str]) -> Cue:
    asked, _, forbidden = re.sub(r"\$(\w+)", lambda name: words[name[1]], text).partition("!")
    groups = tuple(tuple(group.split("|")) for group in asked.split())
    return Cue(technique_id, worth, groups, tuple(forbidden.replace("|", " ").split()))


def _holds(cue: Cue, at: _Positions) -> bool:
    if any(term in at for term in cue.forbidden):
        return False
    rows = [sorted({place for term in group for place in at.get(term, ())}) for group in cue.groups]
    return all(rows) and (len(rows) == 1 or any(_near(place, rows[1:]) for place in rows[0]))


def _near(place: int, rows: Sequence[Sequence[int]]) -> bool:
    """Say whether each row has a place close to `place`; no two groups may be shown by the same word."""
    nearest = [min((p for p in row if p != place), key=lambda p: abs(p - place), default=None) for row in rows]
    taken = sorted([place, *(p for p in nearest if p is not None)])
    return None not in nearest and taken[-1] - taken[0] <= NEAR and all(a != b for a, b in pairwise(taken))
