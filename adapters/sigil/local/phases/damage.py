"""Rules about damage: files of a person that are ruined, and code of other programs that is rewritten."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.telling_places import (
    application_code,
    foreign_module,
    outside_folder,
    unknown_root,
    wide_root,
    working_folder,
)
from adapters.sigil.local.code.telling_planted import ALL_SECRETS
from adapters.sigil.local.phases.judging import (
    CERTAIN,
    DOUBTFUL,
    HINT,
    NOTE,
    SUSPICIOUS,
    WEAK,
    FactRule,
    FlowRule,
    Judgement,
    Rule,
    by_moment,
)
from adapters.sigil.local.phases.reach import Moment
from adapters.sigil.local.phases.scanned import Scanned

_WRITES = re.compile(r"write|truncate|output(?:File|Json)|open\s*\(", re.IGNORECASE)
_GENERATED = re.compile(
    r"\.(?:py[cod]|so|o|log|tmp|bak|map|egg-info|tsbuildinfo|orig|rej)\b|__pycache__|\b(?:dist|build|out|cache|coverage|temp?|\.?tmp)\b",
    re.IGNORECASE,
)
_WORKFLOW = re.compile(r"\.github[\\/]workflows[\\/]")
_LOCKS = frozenset((Behaviour.ENCODES, Behaviour.DECODES))


def _ruins(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    root, sink = flow.source.detail, flow.sink
    if any(_GENERATED.search(text) for text in (root, sink.detail, sink.snippet)):
        return None
    locked = any(way.sink == sink and way.source.behaviour in _LOCKS for way in scanned.facts[path].flows)
    overwrites = bool(_WRITES.search(sink.snippet))
    if wide_root(root):
        return by_moment(CERTAIN, CERTAIN, CERTAIN if locked else SUSPICIOUS)[moment]
    if outside_folder(root):
        blind = CERTAIN if overwrites else SUSPICIOUS
        return by_moment(blind, blind, SUSPICIOUS if locked else HINT)[moment]
    if working_folder(root) and overwrites and sink.at_load and not scanned.does(path, Behaviour.READS_FILE):
        return by_moment(CERTAIN, CERTAIN, HINT)[moment]
    return _ruins_somewhere(flow, moment, locked=locked, overwrites=overwrites)


def _ruins_somewhere(flow: Flow, moment: Moment, *, locked: bool, overwrites: bool) -> Judgement | None:
    """Judge ruin in a folder that is the package's own, or of which nothing is known."""
    if not unknown_root(flow.source.detail):
        return by_moment(DOUBTFUL, DOUBTFUL, NOTE)[moment] if locked else None
    if locked:
        return by_moment(CERTAIN, CERTAIN, WEAK)[moment]
    return by_moment(SUSPICIOUS, SUSPICIOUS, NOTE)[moment] if overwrites and flow.sink.at_load else NOTE


def _own(scanned: Scanned, path: str) -> bool:
    return scanned.package.name.lower() in path.lower().replace("\\", "/")


def _rewrites(scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if not application_code(fact.detail) or _own(scanned, fact.detail):
        return None
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]


def _injects(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    target = flow.sink.detail
    if _own(scanned, target):
        return None
    if application_code(target):
        return CERTAIN
    if _WORKFLOW.search(target) and flow.source.behaviour is Behaviour.HOLDS_CODE:
        if flow.source.detail == ALL_SECRETS:
            return CERTAIN
        return by_moment(CERTAIN, CERTAIN, DOUBTFUL)[moment]
    return by_moment(CERTAIN, CERTAIN, DOUBTFUL)[moment] if foreign_module(target) else None


RULES: tuple[FlowRule | FactRule, ...] = (
    FlowRule(
        Rule("files-ruined", "Files that a walk through folders finds are removed, emptied, overwritten or locked."),
        frozenset((Behaviour.LISTS_FILES,)),
        frozenset((Behaviour.RUINS_FILES,)),
        _ruins,
    ),
    FactRule(
        Rule("foreign-code-rewritten", "Code of another program is written: an application, an extension."),
        (Behaviour.CHANGES_PACKAGES,),
        _rewrites,
    ),
    FlowRule(
        Rule("code-injection", "Code that was fetched, decoded or brought along is put into another program's code."),
        frozenset((Behaviour.DOWNLOADS, Behaviour.DECODES, Behaviour.HOLDS_CODE)),
        frozenset((Behaviour.CHANGES_PACKAGES,)),
        _injects,
    ),
)
