"""Rules about doors that code keeps open for others, and about programs that it hands the machine to."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.telling import Command, command_kinds
from adapters.sigil.local.code.telling_places import MACHINE_CODE, runs_in_memory
from adapters.sigil.local.phases.judging import (
    CERTAIN,
    DOUBTFUL,
    GRAVE,
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
from adapters.sigil.local.phases.standing import Standing

_UNKNOWN = re.compile(
    r"(?:\S*\b(?:ba|z|da|k)?sh(?:\.exe)?\s+-\w*c|\S*\bcmd(?:\.exe)?\s+/[cC]|(?:node|bun|ruby|perl)\s+-e|python[\d.]*\s+-c"
    r"|(?:powershell|pwsh)(?:\.exe)?(?:\s+-\w+)*)?"
    r"(?:…|\{[^{}]*\}|[\s\"'])*"
)
_WRITTEN_CODE = re.compile(r"\b(?:return|function|var|const|lambda|import|def)\b|=>")
_COMMANDS = frozenset((Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS))
_OWN_LIBRARY = re.compile(r"[\\/].*\.(?:so|dll|dylib|pyd|node|ocx|cpl)\b", re.IGNORECASE)
_LOADERS = re.compile(r"rundll32|regsvr32", re.IGNORECASE)

_MEMORY_RUN = Rule("memory-run", "A program is run out of memory alone, so that no disk ever holds it.")


def handed_whole(fact: Fact) -> bool:
    """Whether the code writes nothing of what is run itself: all of it comes from elsewhere."""
    return bool(_UNKNOWN.fullmatch(fact.detail))


def _request_runs(scanned: Scanned, path: str, flow: Flow, _moment: Moment) -> Judgement | None:
    if scanned.standing(path) is Standing.BUNDLE:
        return HINT
    if flow.sink.behaviour is Behaviour.RUNS_CODE:
        return GRAVE if _WRITTEN_CODE.search(flow.sink.detail) else CERTAIN
    if flow.sink.behaviour is Behaviour.RUNS_SHELL and handed_whole(flow.sink):
        return CERTAIN
    return DOUBTFUL if handed_whole(flow.sink) else WEAK


def _loads(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if _LOADERS.search(fact.detail):
        return by_moment(CERTAIN, CERTAIN, DOUBTFUL)[moment]
    return by_moment(CERTAIN, NOTE, NOTE)[moment] if _OWN_LIBRARY.search(fact.detail) else None


def _hunts(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if Command.HUNT not in command_kinds(fact.detail):
        return None
    return by_moment(CERTAIN, CERTAIN, HINT)[moment] if fact.at_load else HINT


def _lets_loose(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if Command.LET_LOOSE not in command_kinds(fact.detail):
        return None
    return by_moment(CERTAIN, CERTAIN, HINT)[moment] if fact.at_load else HINT


def _takes_over(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if Command.TAKE_OVER not in command_kinds(fact.detail):
        return None
    return by_moment(CERTAIN, CERTAIN, HINT)[moment] if fact.at_load else HINT


def _from_memory(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment] if runs_in_memory(fact.detail) else None


def _machine_code(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return by_moment(CERTAIN, CERTAIN, WEAK)[moment] if fact.detail == MACHINE_CODE else None


def _brought_to_memory(_scanned: Scanned, _path: str, flow: Flow, _moment: Moment) -> Judgement | None:
    return CERTAIN if runs_in_memory(flow.sink.detail) else None


def _tap_runs(_scanned: Scanned, _path: str, _flow: Flow, moment: Moment) -> Judgement | None:
    return by_moment(SUSPICIOUS, SUSPICIOUS, HINT)[moment]


def _brought_script(_scanned: Scanned, _path: str, _flow: Flow, moment: Moment) -> Judgement | None:
    return by_moment(CERTAIN, CERTAIN, SUSPICIOUS)[moment]


RULES: tuple[FlowRule | FactRule, ...] = (
    FlowRule(
        Rule("request-runs", "What a client sends to a server in the code is run as code or as a command."),
        frozenset((Behaviour.TAKES_REQUEST,)),
        _COMMANDS | {Behaviour.RUNS_CODE},
        _request_runs,
    ),
    FactRule(
        Rule("library-loaded", "Machine code that the package brings along is loaded past the language's own imports."),
        (Behaviour.LOADS_LIBRARY,),
        _loads,
    ),
    FactRule(
        Rule("secrets-hunted", "A program that looks for secrets is sent through the machine's files."),
        tuple(sorted(_COMMANDS)),
        _hunts,
    ),
    FactRule(
        Rule("assistant-let-loose", "An assistant on the machine is set to work with its questions switched off."),
        tuple(sorted(_COMMANDS)),
        _lets_loose,
    ),
    FactRule(
        Rule("machine-taken-over", "A command makes a user or an administrator, or opens the whole disk."),
        tuple(sorted(_COMMANDS)),
        _takes_over,
    ),
    FlowRule(
        Rule("script-brought-and-run", "A script that the code writes to a file, and runs, fetches and runs another."),
        frozenset((Behaviour.HOLDS_CODE,)),
        _COMMANDS,
        _brought_script,
    ),
    FactRule(
        Rule("machine-code-run", "Memory is mapped so that machine code in it may be run."),
        (Behaviour.RUNS_CODE,),
        _machine_code,
    ),
    FactRule(_MEMORY_RUN, tuple(sorted(_COMMANDS)), _from_memory),
    FlowRule(_MEMORY_RUN, frozenset((Behaviour.DOWNLOADS, Behaviour.DECODES)), _COMMANDS, _brought_to_memory),
    FlowRule(
        Rule("replaced-function-runs", "What passes through another library's replaced function is run."),
        frozenset((Behaviour.REPLACES_METHOD,)),
        frozenset((Behaviour.RUNS_SHELL,)),
        _tap_runs,
    ),
)
