"""The facts and flows of one file while they are being found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.javascript.values import UNKNOWN_PART
from adapters.sigil.local.code.telling import host_of

_SNIPPET = 500
_DETAIL = 500
_OWN_DATA = frozenset(
    {
        Behaviour.READS_ENVIRONMENT,
        Behaviour.READS_SECRET_FILE,
        Behaviour.READS_FILE,
        Behaviour.READS_CLIPBOARD,
        Behaviour.READS_SYSTEM,
        Behaviour.READS_INPUT,
        Behaviour.READS_METADATA_SERVICE,
        Behaviour.REPLACES_GLOBAL,
        Behaviour.REPLACES_METHOD,
    }
)
_OUTPUT = frozenset({Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS})
_PAYLOAD = frozenset({Behaviour.DOWNLOADS, Behaviour.DECODES})
_LEAVING = _OWN_DATA | _OUTPUT | {Behaviour.ENCODES}
_KEPT = _OWN_DATA | _OUTPUT | _PAYLOAD | {Behaviour.ENCODES}
_RUNNING = _PAYLOAD | {Behaviour.HOLDS_CODE} | {Behaviour.WRITES_FILE, Behaviour.MAKES_EXECUTABLE}
_WAYS: dict[Behaviour, frozenset[Behaviour]] = {
    Behaviour.SENDS: _LEAVING
    | {Behaviour.DECODES, Behaviour.RUNS_CODE, Behaviour.WRITES_FILE, Behaviour.TAKES_SECRET, Behaviour.LISTS_FILES},
    Behaviour.LOOKS_UP_NAME: _LEAVING | {Behaviour.DECODES, Behaviour.TAKES_SECRET},
    Behaviour.RUINS_FILES: frozenset({Behaviour.LISTS_FILES, Behaviour.ENCODES}),
    Behaviour.DOWNLOADS: frozenset({Behaviour.DECODES}),
    Behaviour.ENCODES: _OWN_DATA | _OUTPUT | {Behaviour.TAKES_SECRET, Behaviour.LISTS_FILES},
    Behaviour.DECODES: frozenset({Behaviour.DOWNLOADS, Behaviour.READS_FILE, Behaviour.TAKES_REQUEST}),
    Behaviour.RUNS_CODE: _RUNNING | {Behaviour.READS_FILE, Behaviour.READS_ENVIRONMENT, Behaviour.TAKES_REQUEST},
    Behaviour.RUNS_SHELL: _RUNNING | {Behaviour.TAKES_REQUEST},
    Behaviour.RUNS_PROCESS: _RUNNING | {Behaviour.TAKES_REQUEST},
    Behaviour.IMPORTS_DYNAMICALLY: _RUNNING,
    Behaviour.MAKES_EXECUTABLE: _PAYLOAD | {Behaviour.WRITES_FILE},
    Behaviour.WRITES_FILE: _KEPT | {Behaviour.LISTS_FILES, Behaviour.HOLDS_CODE},
    Behaviour.WRITES_STARTUP: _KEPT | {Behaviour.HOLDS_CODE},
    Behaviour.CHANGES_PACKAGES: _KEPT | {Behaviour.HOLDS_CODE},
    Behaviour.WRITES_CLIPBOARD: _PAYLOAD | {Behaviour.READS_CLIPBOARD},
    Behaviour.CONNECTS_BACK: _OUTPUT,
}
_SPEAKING = frozenset({Behaviour.SENDS, Behaviour.DOWNLOADS})
_MOST_HOSTS = 16
_MOST_FLOWS = 20_000
_DECODED_FOR_RUNNING = frozenset(
    {Behaviour.RUNS_CODE, Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS, Behaviour.IMPORTS_DYNAMICALLY}
)


class _Entry(msgspec.Struct):
    behaviour: Behaviour
    start: int
    line: int
    snippet: str
    detail: str
    at_load: bool
    hidden: bool  # told only where a flow concerns it


class Ledger:
    """Numbered facts and the flows between them; `changes` grows with everything new."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._numbers: dict[tuple[Behaviour, int, str], int] = {}
        self._others: Counter[int] = Counter()
        self._flows: set[tuple[int, int]] = set()
        self.changes = 0

    def note(
        self,
        behaviour: Behaviour,
        start: int,
        line: int,
        snippet: str,
        *,
        detail: str = "",
        at_load: bool,
        hidden: bool,
    ) -> int:
        """Enter a fact, or add to what is known of it; the answer is its number."""
        place = self._place(behaviour, start, detail)
        known = self._numbers.get(place)
        if known is None:
            self._numbers[place] = known = len(self._entries)
            entry = _Entry(behaviour, start, line, snippet[:_SNIPPET], detail[:_DETAIL], at_load, hidden)
            self._entries.append(entry)
            self.changes += 1
            return known
        entry = self._entries[known]
        self.changes += at_load and not entry.at_load
        entry.at_load = entry.at_load or at_load
        entry.hidden = entry.hidden and hidden
        if not entry.detail or (entry.detail.endswith(UNKNOWN_PART) and detail.startswith(entry.detail[:-1])):
            entry.detail = detail[:_DETAIL]
        return known

    def _place(self, behaviour: Behaviour, start: int, detail: str) -> tuple[Behaviour, int, str]:
        """Tell what is spoken to at another host apart from what is spoken to there first: one may be harmless."""
        first = self._numbers.get((behaviour, start, ""))
        host = host_of(detail) if first is not None and behaviour in _SPEAKING else ""
        before = host_of(self._entries[first].detail) if first is not None else ""
        if before in {"", host} or not host or UNKNOWN_PART in before or self._others[start] >= _MOST_HOSTS:
            return behaviour, start, ""
        if (behaviour, start, host) not in self._numbers:
            self._others[start] += 1
        return behaviour, start, host

    def link(self, sources: Iterable[int], sink: int) -> None:
        """Enter the flows from sources to a sink, as far as they say something."""
        behaviour = self._entries[sink].behaviour
        ways = _WAYS.get(behaviour, frozenset())
        for source in () if self.full else sources:
            entry = self._entries[source]
            if entry.behaviour not in ways or (source, sink) in self._flows:
                continue
            if entry.behaviour is Behaviour.DECODES and behaviour not in _DECODED_FOR_RUNNING and not entry.detail:
                continue
            self._flows.add((source, sink))
            self.changes += 1

    @property
    def full(self) -> bool:
        """Whether so many flows are known that no more are taken."""
        return len(self._flows) >= _MOST_FLOWS

    def behaviour(self, number: int) -> Behaviour:
        """Look up what kind of fact a number stands for."""
        return self._entries[number].behaviour

    def detail(self, number: int) -> str:
        """Look up what a fact concerns."""
        return self._entries[number].detail

    def facts(self) -> tuple[Fact, ...]:
        """List the facts by line, without those that only matter where they lead somewhere."""
        led = {number for flow in self._told() for number in flow}
        told = [entry for number, entry in enumerate(self._entries) if not entry.hidden or number in led]
        return tuple(_fact(entry) for entry in sorted(told, key=lambda entry: (entry.start, entry.behaviour)))

    def _told(self) -> list[tuple[int, int]]:
        """Leave out what is only encoded on its way: that says something where it is the machine's own data."""
        own = {sink for _, sink in self._flows}
        kept = self._flows
        return [
            way
            for way in kept
            if self._entries[way[0]].behaviour is not Behaviour.ENCODES
            or way[0] in own
            or self._entries[way[1]].behaviour is Behaviour.RUINS_FILES
        ]

    def flows(self) -> tuple[Flow, ...]:
        """List the flows by the lines of their sources and sinks."""
        entries, facts = self._entries, [_fact(entry) for entry in self._entries]
        ways = self._told()
        ways.sort(
            key=lambda way: (
                entries[way[0]].start,
                entries[way[1]].start,
                entries[way[0]].behaviour,
                entries[way[1]].behaviour,
                way,
            )
        )
        return tuple(Flow(source=facts[source], sink=facts[sink]) for source, sink in ways)


def _fact(entry: _Entry) -> Fact:
    return Fact(
        behaviour=entry.behaviour,
        line=entry.line,
        snippet=entry.snippet,
        detail=entry.detail,
        at_load=entry.at_load,
    )
