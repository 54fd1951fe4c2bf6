"""Rules about programs that code drops and starts: out of pictures, for a pool of miners, or gone once they run."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.telling_commands import mines
from adapters.sigil.local.code.telling_places import REMOVED_RUNNING
from adapters.sigil.local.phases.judging import (
    CERTAIN,
    HINT,
    SUSPICIOUS,
    FactRule,
    FlowRule,
    Judgement,
    Rule,
    by_moment,
)
from adapters.sigil.local.phases.reach import Moment
from adapters.sigil.local.phases.scanned import Scanned

_NO_PROGRAM = re.compile(
    r"\.(?:png|jpe?g|gif|ico|bmp|webp|svg|tiff?|[ot]tf|woff2?|eot|pdf|mp[34]|wav|ogg|flac|txt|md|rst|log|csv|css|json|ya?ml)[\"'})\]]*$",
    re.IGNORECASE,
)
_MINING = re.compile(r"\b(?:mining|miners?|xmrig|hashrate)\b")
_COMMANDS = frozenset((Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS))


def _carved_runs(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    """Judge a file that is no program by its name, of which something is written elsewhere and run."""
    if not _NO_PROGRAM.search(flow.source.detail):
        return None
    onward = [way for way in scanned.facts[path].flows if way.source == flow.source]
    placed = {way.sink.detail for way in onward if way.sink.behaviour is Behaviour.WRITES_FILE}
    executable = any(way.sink.behaviour is Behaviour.MAKES_EXECUTABLE for way in onward)
    first = any(flow.sink.detail.lstrip("\"'").startswith(written) for written in placed if written)
    if not first and not (executable and placed):
        return None
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]


def _mines(scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if not mines(fact.detail):
        return None
    told = _MINING.search(f"{scanned.package.name.lower()} {scanned.documents}")
    return by_moment(CERTAIN, CERTAIN, HINT if told else CERTAIN)[moment]


def _gone_once_it_runs(_scanned: Scanned, _path: str, flow: Flow, _moment: Moment) -> Judgement | None:
    return CERTAIN if flow.sink.detail == REMOVED_RUNNING else None


RULES: tuple[FlowRule | FactRule, ...] = (
    FlowRule(
        Rule("carved-program-run", "A picture, text or the like holds a program, which is written elsewhere and run."),
        frozenset((Behaviour.READS_FILE,)),
        _COMMANDS,
        _carved_runs,
    ),
    FactRule(Rule("miner-run", "A program is run with a miner's arguments."), tuple(sorted(_COMMANDS)), _mines),
    FlowRule(
        Rule("program-removed-running", "A program that was fetched or decoded is removed as soon as it runs."),
        frozenset((Behaviour.DOWNLOADS, Behaviour.DECODES)),
        frozenset((Behaviour.HIDES,)),
        _gone_once_it_runs,
    ),
)
