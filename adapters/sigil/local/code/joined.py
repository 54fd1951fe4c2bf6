"""Files of a package joined into one text, so that they are read as the one program they are."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

import msgspec
import tree_sitter

from adapters.sigil.local.code.facts import CodeFacts, Fact, Flow


class Part(msgspec.Struct, frozen=True):
    """A file within the text: the bytes it takes there, and how many lines stand before and in it."""

    path: str
    start: int
    end: int
    before: int
    lines: int

    @property
    def ranges(self) -> list[tree_sitter.Range]:
        """Where a parser finds the file."""
        first, last = tree_sitter.Point(self.before, 0), tree_sitter.Point(self.before + self.lines, 0)
        return [tree_sitter.Range(first, last, self.start, self.end)]


class Joined:
    """The text, and the parts that it is made of in their order."""

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        parts: list[Part] = []
        texts: list[bytes] = []
        start = before = 0
        for path, content in files:
            text = content + b"\n"
            lines = text.count(b"\n")
            parts.append(Part(path, start, start + len(text), before, lines))
            texts.append(text)
            start, before = start + len(text), before + lines
        self.data = b"".join(texts)
        self.parts = tuple(parts)
        self.largest = max((part.end - part.start for part in parts), default=0)
        self._starts = [part.start for part in parts]
        self._before = [part.before for part in parts]

    def part_at(self, offset: int) -> Part:
        """Find the file that a byte belongs to."""
        return self.parts[bisect_right(self._starts, offset) - 1]

    def divided(self, facts: Iterable[Fact], flows: Iterable[Flow]) -> dict[str, CodeFacts]:
        """Give each file its own facts, by its own lines, and the flows that end in it."""
        own: dict[str, list[Fact]] = defaultdict(list)
        ending: dict[str, list[Flow]] = defaultdict(list)
        for fact in facts:
            path, placed = self._placed(fact)
            own[path].append(placed)
        for flow in flows:
            path, sink = self._placed(flow.sink)
            ending[path].append(Flow(source=self._placed(flow.source)[1], sink=sink))
        return {
            part.path: CodeFacts(facts=tuple(own[part.path]), flows=tuple(ending[part.path])) for part in self.parts
        }

    def _placed(self, fact: Fact) -> tuple[str, Fact]:
        part = self.parts[bisect_right(self._before, fact.line - 1) - 1]
        return part.path, msgspec.structs.replace(fact, line=fact.line - part.before)
