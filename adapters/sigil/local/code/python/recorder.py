"""Collects the facts and flows of a file, each place once."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow

_LONGEST_SNIPPET = 500
_LONGEST_DETAIL = 500
_MOST_FACTS = 1000
_MOST_FLOWS = 500
_COMMANDS = frozenset({Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS})


def _on_one_line(text: str, separator: str) -> str:
    if "\n" not in text:
        return text
    return separator.join(" ".join(line.split()) for line in text.splitlines() if line.strip())


@dataclass(slots=True)
class _Entry:
    behaviour: Behaviour
    line: int
    snippet: str
    detail: str
    at_load: bool
    latent: bool

    def fact(self) -> Fact:
        return Fact(
            behaviour=self.behaviour, line=self.line, snippet=self.snippet, detail=self.detail, at_load=self.at_load
        )


class Recorder:
    """Numbers facts as they are found; a latent one counts only where data goes from it to a sink."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._numbers: dict[tuple[Behaviour, object], int] = {}
        self._flows: dict[tuple[int, int], None] = {}

    def record(
        self, behaviour: Behaviour, place: object, line: int, snippet: str, detail: str, at_load: bool, latent: bool
    ) -> int:
        """Give the number of a fact at a place; one seen before keeps its number and its more telling detail."""
        detail = _on_one_line(detail[:_LONGEST_DETAIL], "; " if behaviour in _COMMANDS else " ")
        number = self._numbers.get((behaviour, place))
        if number is None:
            number = self._numbers[behaviour, place] = len(self._entries)
            self._entries.append(_Entry(behaviour, line, snippet[:_LONGEST_SNIPPET], detail, at_load, latent))
            return number
        entry = self._entries[number]
        entry.at_load = entry.at_load or at_load
        entry.latent = entry.latent and latent
        if "{" in entry.detail and "{" not in detail:
            entry.detail = detail
        return number

    def flow(self, sources: frozenset[int], sink: int) -> None:
        """Follow data goes from these facts to a sink."""
        for source in sorted(sources):
            if source != sink and len(self._flows) < _MOST_FLOWS:
                self._flows.setdefault((source, sink))

    def behaviour(self, number: int) -> Behaviour:
        """Tell what a fact is about."""
        return self._entries[number].behaviour

    def __len__(self) -> int:
        return len(self._entries)

    def loaded(self, first: int, behaviours: frozenset[Behaviour]) -> bool:
        """Tell whether any fact from this number on is one of these and happens at load."""
        return any(entry.at_load and entry.behaviour in behaviours for entry in self._entries[first:])

    def facts(self) -> tuple[Fact, ...]:
        """Take all facts that count, by line."""
        flowing = {number for pair in self._flows for number in pair}
        kept = [e.fact() for number, e in enumerate(self._entries) if not e.latent or number in flowing]
        return tuple(sorted(kept, key=lambda fact: fact.line)[:_MOST_FACTS])

    def flows(self) -> tuple[Flow, ...]:
        """Take all flows, by the line of their sink."""
        facts = [entry.fact() for entry in self._entries]
        found = [Flow(source=facts[source], sink=facts[sink]) for source, sink in self._flows]
        return tuple(sorted(found, key=lambda flow: (flow.sink.line, flow.source.line)))
