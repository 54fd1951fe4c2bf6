"""Ways of data put together: what is downloaded, then written, then run is a download that is run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow

_STATIONS = frozenset(
    (
        Behaviour.WRITES_FILE,
        Behaviour.MAKES_EXECUTABLE,
        Behaviour.DECODES,
        Behaviour.ENCODES,
        Behaviour.READS_FILE,
    )
)
_MOST_FLOWS = 400
_MOST_STATIONS = 4


def whole_ways(flows: Sequence[Flow]) -> tuple[Flow, ...]:
    """Add to a file's flows those that lead over stations: files written, made executable, decoded, encoded."""
    if len(flows) > _MOST_FLOWS:
        return tuple(flows)
    onward: dict[Fact, list[Fact]] = defaultdict(list)
    for flow in flows:
        onward[flow.source].append(flow.sink)
    known = {(flow.source, flow.sink): flow for flow in flows}
    reached = list(known)
    for _ in range(_MOST_STATIONS):
        found = [
            (source, sink)
            for source, station in reached
            if station.behaviour in _STATIONS
            for sink in onward[station]
            if (source, sink) not in known and source != sink
        ]
        known.update({way: Flow(source=way[0], sink=way[1]) for way in found})
        reached = found[:_MOST_FLOWS]
    return tuple(known.values())
