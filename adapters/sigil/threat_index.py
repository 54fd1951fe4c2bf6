"""An upstream's threats by their indicators, which its API can't be asked for: the newest are read and kept a while."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from adapters.http.lookups import Lookups
from adapters.sigil.decoding import SERVICE
from adapters.sigil.indicators import canonical_indicator
from adapters.sigil.lists import Lists
from adapters.sigil.models import Threat
from adapters.sigil.port import THREATS_OF_AN_INDICATOR

GOOD_SECONDS = 600.0
"""How long what was read is good for: reading takes up to twenty calls of the hundred that a minute has."""
_EVERYTHING = "threats"

Index = Mapping[str, Sequence[Threat]]


class ThreatIndex:
    """Reads at most the newest 2,000 threats, once for all who ask."""

    def __init__(self, lists: Lists, good_seconds: float = GOOD_SECONDS) -> None:
        self._lists = lists
        self._good_seconds = good_seconds
        self._kept: tuple[float, Index] | None = None
        self._reads: Lookups[Index] = Lookups(SERVICE, self._read, lambda _: False, lambda _: False)

    async def threats_of(self, values: Sequence[str]) -> list[list[Threat]]:
        """Give the threats that name each indicator, newest first."""
        index = await self._index()
        return [list(index.get(canonical_indicator(value), ())) for value in values]

    async def close(self) -> None:
        """Break off what is being read."""
        await self._reads.close()

    async def _index(self) -> Index:
        if self._kept is not None and time.monotonic() < self._kept[0]:
            return self._kept[1]
        return await self._reads.get(_EVERYTHING) or {}

    async def _read(self, _key: str) -> Index:
        index: dict[str, dict[str, Threat]] = {}
        async for threats in self._lists.threats({}):
            for threat in threats:
                for form in map(canonical_indicator, threat.indicators):
                    index.setdefault(form, {})[threat.id] = threat
        lists = {form: list(threats.values())[:THREATS_OF_AN_INDICATOR] for form, threats in index.items()}
        self._kept = (time.monotonic() + self._good_seconds, lists)
        return lists
