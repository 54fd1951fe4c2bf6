"""Phase two: dangerous ways through the code: fetch and run, run what comes from outside, persist, spread, delete."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.telling import Command, command_kinds, host_of, local_host, secret_path
from adapters.sigil.local.phases import backdoors, damage, dropped, planted
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
    Judgement,
    Rule,
    by_moment,
    found,
)
from adapters.sigil.local.phases.pickled import makes_data, runs_something
from adapters.sigil.local.phases.reach import Moment
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.phases.traits import (
    PROTECTION,
    RUNS,
    SOFT_STARTUP,
    foreign,
    hostile_address,
    known_host,
    redirects_packages,
    trusted,
)
from adapters.sigil.models import Finding

_SPREADS = re.compile(r"publish|\.github[\\/]workflows|twine|gh\s+(?:repo|secret)|git\s+push", re.IGNORECASE)
_SOCKET = re.compile(r"socket\.socket\(\)")
_NO_CODE = re.compile(
    r"\.(?:png|jpe?g|gif|ico|bmp|webp|[ot]tf|woff2?|eot|pdf|mp[34]|wav|ogg|zip|gz|dat|bin|txt|md|log|csv|css|pyc|wasm|po|mo|pot|svg)[\"'})\]]*$|^\{__file__\}$",
    re.IGNORECASE,
)
_TEXT_OR_PICTURE = re.compile(
    r"\.(?:png|jpe?g|gif|ico|bmp|webp|svg|[ot]tf|woff2?|pdf|mp[34]|wav|ogg|txt|md|csv|css|po|mo|pot)[\"'})\]]*$",
    re.IGNORECASE,
)
_LOADED = re.compile(r"marshal|pickle|loader|spec_from|types\.", re.IGNORECASE)
_PICKLED = re.compile(r"pickle|\bdill\b", re.IGNORECASE)
_PICKLE_FILE = re.compile(r"\.(?:pkl|pickle|pck|p|dat|bin)$", re.IGNORECASE)
_UNKNOWN_PART = re.compile(r"[{}…]")
_MOST_PICKLES = 20
_EVERYTHING = re.compile(
    r"\b(?:env|printenv|history)\s*\||(?:\$\(|`)\s*(?:whoami|hostname|id|uname|env|printenv|cat)\b"
)
_ADDRESS = re.compile(r"https?://[\w.-]+\.\w{2,24}(?=[:/?#\s\"']|$)", re.IGNORECASE)
_WHOLE = re.compile(r"(?:~|/|\*|home|[A-Za-z]:\\?)\S{0,3}|.*\b(?:rm|rd|del|mkfs|dd|shred)\b.*", re.DOTALL)


def code_patterns(scanned: Scanned) -> tuple[Finding, ...]:
    """Find what a package's code does that hardly any honest package does."""
    return found(scanned, (*_RULES, *damage.RULES, *backdoors.RULES, *dropped.RULES, *planted.RULES))


def _answered(scanned: Scanned, path: str, flow: Flow) -> bool:
    """Whether what is run was fetched from a host that the code names, and the outcome goes back there."""
    host = flow.source.detail
    back = (
        way for way in scanned.facts[path].flows if way.source == flow.sink and way.sink.behaviour is Behaviour.SENDS
    )
    return known_host(flow.source) and any(way.sink.detail == host for way in back)


def _download_runs(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    remote = not trusted(scanned, flow.source) and _answered(scanned, path, flow)
    return CERTAIN if remote else _fetched_runs(scanned, flow, moment)


def _fetched_runs(scanned: Scanned, flow: Flow, moment: Moment) -> Judgement | None:
    if hostile_address(flow.source):
        return by_moment(CERTAIN, CERTAIN, GRAVE)[moment]
    if trusted(scanned, flow.source):
        return by_moment(DOUBTFUL, DOUBTFUL, HINT)[moment]
    if _SOCKET.match(flow.source.detail) and flow.sink.behaviour is Behaviour.RUNS_SHELL:
        return by_moment(CERTAIN, CERTAIN, GRAVE)[moment] if backdoors.handed_whole(flow.sink) else WEAK
    if flow.sink.behaviour is Behaviour.RUNS_CODE or flow.sink.detail.startswith("data:"):
        sure = known_host(flow.source)
        loaded = CERTAIN if sure or flow.sink.at_load else SUSPICIOUS
        called = CERTAIN if foreign(scanned, flow.source) else DOUBTFUL if sure else HINT
        return by_moment(CERTAIN if sure else GRAVE, loaded, called)[moment]
    if flow.sink.behaviour is Behaviour.IMPORTS_DYNAMICALLY:
        return by_moment(SUSPICIOUS, DOUBTFUL, HINT)[moment]
    sure = known_host(flow.source)
    return by_moment(CERTAIN if sure else DOUBTFUL, CERTAIN if sure else WEAK, WEAK if sure else HINT)[moment]


def _abroad(scanned: Scanned, command: str) -> bool:
    """Whether a command line names an address of somebody else in full."""
    named = _ADDRESS.findall(command)
    return any(not local_host(host_of(address)) and not scanned.serves(address) for address in named)


def _command_runs(scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    kinds = command_kinds(fact.detail)
    if Command.DOWNLOAD_AND_RUN in kinds or Command.DECODE_AND_RUN in kinds:
        return by_moment(CERTAIN, CERTAIN, DOUBTFUL)[moment]
    if Command.SEND in kinds and secret_path(fact.detail) and _abroad(scanned, fact.detail):
        return CERTAIN
    if Command.SEND in kinds:
        secret = secret_path(fact.detail) or _EVERYTHING.search(fact.detail) is not None
        return by_moment(CERTAIN, CERTAIN if secret else SUSPICIOUS, DOUBTFUL if secret else HINT)[moment]
    return None


def _brought(scanned: Scanned, path: str) -> list[str]:
    """Find the files that the package publishes of a path's last name, of which parts may be unknown."""
    name = re.split(r"[\\/]", path.rstrip("\"'}) ]"))[-1]
    if _UNKNOWN_PART.search(name) and (ending := _PICKLE_FILE.search(name)):
        return [published for published in scanned.paths if published.endswith(ending[0])][:_MOST_PICKLES]
    return [published for published in scanned.paths if published.rpartition("/")[2] == name]


def _pickle_runs(scanned: Scanned, flow: Flow, moment: Moment) -> Judgement | None:
    """Judge a pickle that is loaded: one that the package brings along is read for what it makes."""
    brought = _brought(scanned, flow.source.detail)
    own = frozenset(path.partition("/")[0] for path in scanned.paths)
    if not brought:
        return NOTE
    pickles = [scanned.contents[path] for path in brought]
    if any(map(runs_something, pickles)):
        return CERTAIN
    if all(makes_data(pickle, own) for pickle in pickles):
        return by_moment(DOUBTFUL, HINT, NOTE)[moment]
    return by_moment(CERTAIN, CERTAIN, DOUBTFUL)[moment] if _NO_CODE.search(flow.source.detail) else NOTE


def _outside_runs(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if flow.source.behaviour is Behaviour.READS_ENVIRONMENT:
        return by_moment(WEAK, WEAK, NOTE)[moment]
    if _PICKLED.search(flow.sink.detail):
        return _pickle_runs(scanned, flow, moment)
    if _NO_CODE.search(flow.source.detail):
        called = CERTAIN if _brought_encoded(scanned, path, flow) else DOUBTFUL
        return by_moment(CERTAIN, CERTAIN, called)[moment]
    return NOTE


def _brought_encoded(scanned: Scanned, path: str, flow: Flow) -> bool:
    """Whether what is run as code was decoded out of a text or picture that the package brings along."""
    if not _TEXT_OR_PICTURE.search(flow.source.detail) or _LOADED.search(flow.sink.detail):
        return False
    ways = scanned.facts[path].flows
    decoded = any(way.sink == flow.sink and way.source.behaviour is Behaviour.DECODES for way in ways)
    return decoded and bool(_brought(scanned, flow.source.detail))


def _persists(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if SOFT_STARTUP.search(fact.detail):
        return by_moment(WEAK, WEAK, NOTE)[moment]
    return by_moment(CERTAIN, CERTAIN, HINT)[moment]


def _spreads(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if redirects_packages(fact.detail):
        return by_moment(CERTAIN, CERTAIN, NOTE)[moment]
    if not _SPREADS.search(fact.detail):
        return by_moment(HINT, HINT, NOTE)[moment]
    armed = scanned.does(path, Behaviour.READS_SECRET_FILE, Behaviour.READS_ENVIRONMENT)
    return by_moment(CERTAIN if armed else SUSPICIOUS, CERTAIN if armed else DOUBTFUL, HINT if armed else NOTE)[moment]


def _deletes(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if not _WHOLE.fullmatch(fact.detail):
        return by_moment(HINT, HINT, NOTE)[moment]
    return by_moment(CERTAIN, CERTAIN, WEAK)[moment]


def _hides(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if PROTECTION.search(fact.detail):
        return by_moment(CERTAIN, CERTAIN, WEAK)[moment]
    if not scanned.does(path, Behaviour.RUNS_PROCESS, Behaviour.RUNS_SHELL, Behaviour.RUNS_CODE):
        return NOTE
    fetches = scanned.does(path, Behaviour.DOWNLOADS, Behaviour.DECODES)
    return by_moment(DOUBTFUL if fetches else WEAK, DOUBTFUL if fetches else WEAK, HINT)[moment]


def _mines(_scanned: Scanned, _path: str, moment: Moment) -> Judgement | None:
    return by_moment(CERTAIN, BAD, SUSPICIOUS)[moment]


_RULES = (
    FlowRule(
        Rule("download-and-run", "Something is fetched from the network and run."),
        frozenset((Behaviour.DOWNLOADS,)),
        RUNS,
        _download_runs,
    ),
    FactRule(
        Rule(
            "command-downloads-and-runs", "A command line fetches or decodes a program and runs it, or sends data away."
        ),
        (Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS),
        _command_runs,
    ),
    FlowRule(
        Rule("outside-data-run", "Text that comes from a file or the environment is run as code."),
        frozenset((Behaviour.READS_FILE, Behaviour.READS_ENVIRONMENT)),
        frozenset((Behaviour.RUNS_CODE,)),
        _outside_runs,
    ),
    FactRule(
        Rule("persistence", "Code makes something run whenever the machine, a shell or an interpreter starts."),
        (Behaviour.WRITES_STARTUP,),
        _persists,
    ),
    FactRule(
        Rule("package-worm", "Code changes or publishes other packages, repositories or their workflows."),
        (Behaviour.CHANGES_PACKAGES,),
        _spreads,
    ),
    FactRule(
        Rule("wide-deletion", "Code deletes a user's files, a disk or a tree that is computed."),
        (Behaviour.DELETES_FILES,),
        _deletes,
    ),
    FactRule(
        Rule("hidden-run", "Code hides what it runs, or looks whether somebody watches it."), (Behaviour.HIDES,), _hides
    ),
    HitRule(
        Rule("hidden-instruction", "Words to an assistant ask for somebody's secrets, and not to speak of it."),
        "hidden_instruction",
        lambda _scanned, _path, moment: by_moment(CERTAIN, CERTAIN, GRAVE)[moment],
    ),
    HitRule(Rule("cryptocurrency-miner", "The file speaks of mining pools and miners."), "miner", _mines),
)
