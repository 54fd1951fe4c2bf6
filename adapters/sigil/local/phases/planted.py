"""Rules about what code puts where others act on it by themselves: hooks, start-up files, rules of assistants."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Flow
from adapters.sigil.local.code.telling_planted import SILENT_REQUEST, planted_script, what_is_planted
from adapters.sigil.local.phases.judging import (
    CERTAIN,
    DOUBTFUL,
    SUSPICIOUS,
    WEAK,
    FlowRule,
    Judgement,
    Rule,
    by_moment,
)
from adapters.sigil.local.phases.reach import Moment
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.phases.traits import SOFT_STARTUP

_SCRIPT_BYTES = 20_000
_UNKNOWN = re.compile(r"[{}…]")
_FOLDERS = re.compile(r"[\\/]")


def _persists(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if flow.source.behaviour is Behaviour.HOLDS_CODE:
        return _acts(scanned, flow.source.detail, moment)
    if SOFT_STARTUP.search(flow.sink.detail):
        return by_moment(SUSPICIOUS, SUSPICIOUS, WEAK)[moment]
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]


def _acts(scanned: Scanned, planted: str, moment: Moment) -> Judgement:
    """Judge a text that makes others do something: who gets what it sends decides, where somebody asked for it."""
    abroad = planted.startswith("http") and not scanned.serves(planted)
    return CERTAIN if planted == SILENT_REQUEST or abroad else by_moment(CERTAIN, CERTAIN, DOUBTFUL)[moment] or DOUBTFUL


def _brought_persists(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    """Judge a file of the package that is put there by what it says."""
    name = _FOLDERS.split(flow.source.detail)[-1]
    if not name or _UNKNOWN.search(name):
        return None
    for path in scanned.paths:
        if path.rpartition("/")[2] == name:
            text = scanned.contents[path][:_SCRIPT_BYTES].decode("utf-8", "replace")
            if planted_script(text):
                return _acts(scanned, what_is_planted(text, path), moment)
    return None


_RULE = Rule("payload-persistence", "What was fetched, decoded or brought along is put where it starts by itself.")
RULES: tuple[FlowRule, ...] = (
    FlowRule(
        _RULE,
        frozenset((Behaviour.DOWNLOADS, Behaviour.DECODES, Behaviour.HOLDS_CODE)),
        frozenset((Behaviour.WRITES_STARTUP,)),
        _persists,
    ),
    FlowRule(_RULE, frozenset((Behaviour.READS_FILE,)), frozenset((Behaviour.WRITES_STARTUP,)), _brought_persists),
)
