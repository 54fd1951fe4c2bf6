"""Phase five: code that hides what it does; minified code is not obfuscated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.phases.disguised import disguised
from adapters.sigil.local.phases.judging import (
    BAD,
    CERTAIN,
    DOUBTFUL,
    GRAVE,
    HINT,
    NOTE,
    SUSPICIOUS,
    WEAK,
    FactRule,
    FlowRule,
    HitRule,
    Judge,
    Judgement,
    Rule,
    by_moment,
    finding,
    found,
)
from adapters.sigil.local.phases.reach import Moment
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.phases.traits import RUNS, decoded_text
from adapters.sigil.local.signatures import HIDDEN_RIGHT
from adapters.sigil.models import Finding

_NOT_ANALYSED = Rule("not-analysed", "The file is no code of its language, or too large to be read to its end.")
_BLOB = re.compile(r"[A-Za-z0-9+/=_-]{400,}|(?:[0-9a-fA-F]{2}){200,}|(?:\\x[0-9a-fA-F]{2}){60,}")
_PICKLES = re.compile(r"\b(?:pickle|cPickle|dill|jsonpickle|cloudpickle|pkl)\b|Unpickler", re.IGNORECASE)
_HIDING_WORTHY = re.compile(
    r"\b(?:child_process|subprocess|https?|socket|net|dns|fs|vm|os|exec|eval|system|popen|urllib\.request|requests|base64|marshal)\b"
)


def obfuscation(scanned: Scanned) -> tuple[Finding, ...]:
    """Find what in the code is written so that nobody reads it."""
    return (*found(scanned, _RULES), *disguised(scanned), *_not_analysed(scanned))


def _not_analysed(scanned: Scanned) -> Iterator[Finding]:
    """Say which files could not be read as code, or not to their end."""
    for path, facts in scanned.facts.items():
        if not facts.parsed:
            moment = scanned.moment(path)
            judgement = by_moment(DOUBTFUL, HINT, NOTE)[moment] or NOTE
            yield finding(_NOT_ANALYSED, judgement.damped(scanned.standing(path), moment), path, None, None)


def _decoded_runs(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    telling = bool(decoded_text(flow.source)) or _has_blob(scanned, path)
    if flow.sink.behaviour is Behaviour.RUNS_PROCESS:
        if not telling and _unpacks_download(scanned, path, flow):
            return by_moment(DOUBTFUL, WEAK, NOTE)[moment]
        return by_moment(GRAVE, SUSPICIOUS, HINT)[moment]
    if not telling and _PICKLES.search(flow.sink.snippet):
        return by_moment(DOUBTFUL, HINT, NOTE)[moment]
    if flow.sink.behaviour is Behaviour.IMPORTS_DYNAMICALLY:
        return by_moment(CERTAIN, CERTAIN, WEAK if telling else HINT)[moment]
    called = SUSPICIOUS if telling else WEAK
    return by_moment(CERTAIN, CERTAIN, called)[moment]


def _unpacks_download(scanned: Scanned, path: str, flow: Flow) -> bool:
    """Whether what is decoded was fetched: a program that comes packed is judged as a download."""
    ways = scanned.facts[path].flows
    return any(way.sink == flow.source and way.source.behaviour is Behaviour.DOWNLOADS for way in ways)


def _packed_runs(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if not (scanned.does(path, Behaviour.DECODES) and _has_blob(scanned, path)):
        return None
    return by_moment(SUSPICIOUS, SUSPICIOUS if fact.at_load else WEAK, HINT)[moment]


def _hides_import(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return by_moment(DOUBTFUL, WEAK, NOTE)[moment] if _HIDING_WORTHY.fullmatch(fact.detail) else None


def _has_blob(scanned: Scanned, path: str) -> bool:
    known = scanned.facts.get(path)
    return known is not None and any(_BLOB.search(text) for text in known.strings)


def _shape(install: Judgement, load: Judgement, call: Judgement) -> Judge:
    judgements = by_moment(install, load, call)
    return lambda _scanned, _path, moment: judgements[moment]


def _unpacks(scanned: Scanned, path: str, moment: Moment) -> Judgement | None:
    """Judge what is unpacked in one expression: what is never run is data."""
    known = scanned.facts.get(path)
    if known is not None and known.parsed and not scanned.does(path, *RUNS):
        return None
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]


_RULES = (
    FlowRule(
        Rule("encoded-payload-run", "Code that was written encoded or packed is decoded and run."),
        frozenset((Behaviour.DECODES,)),
        RUNS,
        _decoded_runs,
    ),
    FactRule(
        Rule("packed-code-beside-eval", "A file with a large encoded text decodes something and runs code."),
        (Behaviour.RUNS_CODE,),
        _packed_runs,
    ),
    FactRule(
        Rule("hidden-import", "The name of a powerful module or function is put together so that nobody reads it."),
        (Behaviour.IMPORTS_DYNAMICALLY,),
        _hides_import,
    ),
    HitRule(
        Rule("string-array-obfuscator", "The code went through an obfuscator that hides all names and texts."),
        "javascript_string_array",
        _shape(CERTAIN, CERTAIN, SUSPICIOUS),
    ),
    HitRule(
        Rule("escaped-string-array", "Texts stand in an array, written wholly in hexadecimal escapes."),
        "javascript_escaped_array",
        _shape(CERTAIN, CERTAIN, SUSPICIOUS),
    ),
    HitRule(
        Rule("six-character-code", "The code is written in six characters."),
        "javascript_six_characters",
        _shape(CERTAIN, CERTAIN, SUSPICIOUS),
    ),
    HitRule(
        Rule("invisible-text", "A long run of invisible characters, which can carry code, stands in the file."),
        "invisible_text",
        _shape(CERTAIN, CERTAIN, GRAVE),
    ),
    HitRule(
        Rule(
            "mixed-directions", "Characters turn the direction of writing, so that code reads otherwise than it runs."
        ),
        "mixed_directions",
        _shape(WEAK, WEAK, HINT),
    ),
    HitRule(
        Rule("code-far-right", "Code stands so far to the right of a line that no editor shows it."),
        HIDDEN_RIGHT,
        _shape(CERTAIN, CERTAIN, BAD),
    ),
    HitRule(
        Rule("packer", "Code is unpacked and run in one expression."),
        "python_packer",
        _unpacks,
    ),
    HitRule(
        Rule("armoured-script", "PyArmor has locked the script."),
        "python_armoured",
        _shape(GRAVE, SUSPICIOUS, DOUBTFUL),
    ),
    HitRule(
        Rule("encoded-program", "A program for this machine stands in the code as text."),
        "encoded_executable",
        _shape(CERTAIN, BAD, WEAK),
    ),
)
