"""Rules about what people type, show on their screens or put into forms: where it is watched and where it goes."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.phases.judging import (
    BAD,
    CERTAIN,
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
from adapters.sigil.local.phases.traits import LEAVES, foreign, hostile_address, known_host, trusted

_TYPED = frozenset(("keydown", "keypress", "keyup", "paste", "input", "submit", "copy"))
_LEFT = frozenset(("change", "blur", "focusout"))
_EVERY_FIELD = re.compile(
    r"(?:(?:form|input|select|textarea|\*)(?:\[[^\]]*+\]|:[a-z-]++(?:\([^)]*+\))?+)*+[\s,>]*+)++|document\.forms",
    re.IGNORECASE,
)
_CARDS = re.compile(
    rb"\bcc-(?:number|csc|exp|name|[\"'`])|card[_?\\\[\]-]{0,6}(?:number|num|cvc|cvv|code|holder)\b|\bcv[vc]2?\b"
    rb"|\bsecurity[_-]?code\b|\blocation\b[^\n]{0,200}\b(?:checkout|payment|billing)\b"
    rb"|\b(?:checkout|payment|billing)\b[^\n]{0,200}\blocation\b",
    re.IGNORECASE,
)
_SECRET_FIELD = re.compile(r"password|passwd|card|cvv|cvc", re.IGNORECASE)


def _skims(scanned: Scanned, path: str, flow: Flow) -> bool:
    """Whether code that knows fields of payments or passwords sends what any form holds to a host of somebody else."""
    source = flow.source.detail
    if not foreign(scanned, flow.sink) or not (source in _TYPED | _LEFT or _EVERY_FIELD.fullmatch(source)):
        return False
    return bool(_SECRET_FIELD.search(source) or _CARDS.search(scanned.contents[path]))


def _input_leaves(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    skims = flow.sink.behaviour in LEAVES and _skims(scanned, path, flow)
    if skims:
        return CERTAIN
    if flow.source.detail in _LEFT:
        return None
    if flow.sink.behaviour in LEAVES:
        called = SUSPICIOUS if hostile_address(flow.sink) else HINT
        sure = known_host(flow.sink) and not trusted(scanned, flow.sink)
        if sure and flow.source.detail == "document.cookie":
            called = CERTAIN if path in scanned.loaded else WEAK
        return by_moment(CERTAIN, CERTAIN if sure else SUSPICIOUS, called)[moment]
    return by_moment(CERTAIN, BAD, WEAK)[moment]


def _watches(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if fact.detail in _TYPED | _LEFT:
        return None
    if fact.at_load and any(_sent_at_load(each) for each in scanned.facts[path].facts):
        return by_moment(CERTAIN, CERTAIN, HINT)[moment]
    leaves = scanned.does(path, Behaviour.SENDS, Behaviour.WRITES_FILE)
    return by_moment(BAD, SUSPICIOUS if leaves else HINT, HINT if leaves else NOTE)[moment]


def _sent_at_load(fact: Fact) -> bool:
    return fact.behaviour is Behaviour.SENDS and fact.at_load and known_host(fact)


RULES: tuple[FlowRule | FactRule, ...] = (
    FlowRule(
        Rule("input-leaves", "Keystrokes, screenshots or form fields are recorded or sent."),
        frozenset((Behaviour.READS_INPUT,)),
        LEAVES | {Behaviour.WRITES_FILE},
        _input_leaves,
    ),
    FactRule(
        Rule("input-watched", "Code listens to keys or takes pictures of the screen."),
        (Behaviour.READS_INPUT,),
        _watches,
    ),
)
