"""Phase one: what runs when the package is installed; what a hook's code does decides, not that there is one."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.telling import Command, Place
from adapters.sigil.local.phases.hook_commands import COMMANDS, PACKAGES, PUBLISHES, STARTUP, command_findings, line_of
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
    Judgement,
    Rule,
    finding,
    found,
)
from adapters.sigil.local.phases.reach import Moment, reachable
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.phases.shadowed import shadowed
from adapters.sigil.local.phases.traits import (
    LEAVES,
    PROTECTION,
    RUNS,
    SECRETS,
    SOFT_STARTUP,
    address_of,
    belongs_to,
    foreign,
    hides_address,
    hostile_address,
    identifies,
    known_host,
    loot,
    mild_secret,
    redirects_packages,
    trusted,
)
from adapters.sigil.models import Finding

_ELSEWHERE = re.compile(r"^(?:~|/tmp|/var/tmp|/dev/shm)/|/\.[\w-]+$")
_PUBLIC_ADDRESS = re.compile(r"(?<![\d.])(?!10\.|127\.|0\.|192\.168\.)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_WORKFLOWS = re.compile(r"\.github[\\/]workflows[\\/]\S", re.IGNORECASE)
_PUSHES = re.compile(
    r"\b(?:npm|pnpm|yarn|bun)\s+publish\b|\btwine\s+upload\b|\bgit\s+push\b|\bgh\s+repo\s+create\b", re.IGNORECASE
)
_UNPACKER = re.compile(
    r"(?:\S*[\\/])?(?:bsdtar|tar|unzip|7za?|gunzip|bunzip2|unxz)(?:\.exe)?\s(?![^;&|]*[;&|])", re.IGNORECASE
)
_SAYS = Rule("install-hook", "A command or file of the package runs when it is installed.")


def install_hooks(scanned: Scanned) -> tuple[Finding, ...]:
    """Find what runs at installation, and what it does that an installation has no business doing."""
    said = [
        finding(_SAYS, NOTE, hook.file, line_of(scanned, hook), f"{hook.name}: {hook.command}")
        for hook in scanned.hooks
    ]
    said += [
        finding(_SAYS, NOTE, path, 1, None) for path in sorted(scanned.hook_files) if path.endswith((".py", ".pth"))
    ]
    return (*said, *shadowed(scanned), *command_findings(scanned), *found(scanned, _RULES))


def _at_install(judge: Judgement | None, moment: Moment) -> Judgement | None:
    return judge if moment is Moment.INSTALL else None


def _secret_leaves(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    del path
    if belongs_to(flow):
        return _at_install(HINT, moment)
    if trusted(scanned, flow.sink) and flow.source.behaviour is Behaviour.READS_ENVIRONMENT:
        return _at_install(DOUBTFUL, moment)
    if flow.source.behaviour is Behaviour.READS_ENVIRONMENT and not known_host(flow.sink):
        return _at_install(_nameless(flow), moment)
    return _at_install(CERTAIN, moment)


def _nameless(flow: Flow) -> Judgement:
    """How grave it is that the environment goes to a host that the code does not name."""
    if hostile_address(flow.sink) or flow.sink.behaviour is Behaviour.LOOKS_UP_NAME:
        return CERTAIN
    return GRAVE if flow.sink.at_load else SUSPICIOUS


def _identity_leaves(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    del path
    if not identifies(flow.source):
        return _at_install(DOUBTFUL if hostile_address(flow.sink) else HINT, moment)
    if hostile_address(flow.sink) or flow.sink.behaviour is Behaviour.LOOKS_UP_NAME:
        return _at_install(CERTAIN, moment)
    return _at_install(DOUBTFUL if trusted(scanned, flow.sink) else BAD, moment)


def _output_leaves(_scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    del flow
    return _at_install(CERTAIN, moment)


def _download_runs(scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if trusted(scanned, flow.source):
        return _at_install(WEAK if _UNPACKER.match(flow.sink.detail) else DOUBTFUL, moment)
    if hostile_address(flow.source) or flow.source.detail.startswith("http://"):
        return _at_install(CERTAIN, moment)
    if flow.sink.behaviour is Behaviour.RUNS_CODE:
        return _at_install(CERTAIN if known_host(flow.source) else GRAVE, moment)
    return _at_install(CERTAIN if known_host(flow.source) else DOUBTFUL, moment)


def _decoded_runs(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if flow.sink.behaviour is Behaviour.RUNS_PROCESS and scanned.does(path, Behaviour.DOWNLOADS):
        return _at_install(DOUBTFUL, moment)
    return _at_install(CERTAIN, moment)


def _hidden_address(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    return _at_install(CERTAIN if hides_address(scanned, path, flow) else None, moment)


def _persists(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return _at_install(WEAK if SOFT_STARTUP.search(fact.detail) else CERTAIN, moment)


def _changes_packages(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if redirects_packages(fact.detail):
        return _at_install(CERTAIN, moment)
    if not PUBLISHES.search(fact.detail):
        return _at_install(HINT, moment)
    if _WORKFLOWS.search(fact.detail) or (fact.at_load and _PUSHES.search(fact.detail)):
        return _at_install(CERTAIN, moment)
    return _at_install(
        CERTAIN if scanned.does(path, Behaviour.READS_SECRET_FILE, Behaviour.READS_ENVIRONMENT) else SUSPICIOUS, moment
    )


def _reads_secrets(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return _at_install(HINT if mild_secret(fact) else SUSPICIOUS, moment)


def _sends(scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if hostile_address(fact):
        return _at_install(BAD, moment)
    if address_of(fact) is Place.OWN_ADDRESS:
        return _at_install(WEAK, moment)
    return _at_install(None if trusted(scanned, fact) or not known_host(fact) else WEAK, moment)


def _gathered(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if moment is not Moment.INSTALL or not known_host(fact) or trusted(scanned, fact):
        return None
    parts = [
        scanned.facts[part].facts for part in reachable((path,), scanned.facts, scanned.paths) if part in scanned.facts
    ]
    read = [each for facts in parts for each in facts]
    if any(map(loot, read)):
        return BAD
    if any(loot(each) for other in scanned.installed & scanned.facts.keys() for each in scanned.facts[other].facts):
        return CERTAIN if foreign(scanned, fact) else BAD
    return DOUBTFUL if any(identifies(each) for each in read) else None


def _downloads(scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if hostile_address(fact):
        return _at_install(SUSPICIOUS, moment)
    return _at_install(HINT if known_host(fact) and not trusted(scanned, fact) else None, moment)


def _certain(_scanned: Scanned, _path: str, _fact: Fact, moment: Moment) -> Judgement | None:
    return _at_install(CERTAIN, moment)


def _deletes(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return _at_install(BAD if re.fullmatch(r"(?:~|/|\*|home)\S{0,3}|.*\brm\s.*", fact.detail) else HINT, moment)


def _hides(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if PROTECTION.search(fact.detail):
        return _at_install(CERTAIN, moment)
    placed = [each.detail for each in scanned.facts[path].facts if each.behaviour is Behaviour.MAKES_EXECUTABLE]
    if _PUBLIC_ADDRESS.search(fact.detail) or any(_ELSEWHERE.search(detail) for detail in placed):
        return _at_install(BAD, moment)
    return _at_install(WEAK if scanned.does(path, *RUNS) else HINT, moment)


_RULES = (
    FlowRule(
        Rule("install-sends-secrets", "While it installs, the package sends secrets of this machine away."),
        SECRETS,
        LEAVES,
        _secret_leaves,
    ),
    FlowRule(
        Rule("install-sends-identity", "While it installs, the package tells somebody which machine and user this is."),
        frozenset((Behaviour.READS_SYSTEM,)),
        LEAVES,
        _identity_leaves,
    ),
    FlowRule(
        Rule("install-sends-output", "While it installs, the package sends away what a command has printed."),
        frozenset((Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS)),
        LEAVES,
        _output_leaves,
    ),
    FlowRule(COMMANDS[Command.DOWNLOAD_AND_RUN][0], frozenset((Behaviour.DOWNLOADS,)), RUNS, _download_runs),
    FlowRule(COMMANDS[Command.DECODE_AND_RUN][0], frozenset((Behaviour.DECODES,)), RUNS, _decoded_runs),
    FlowRule(
        Rule("install-hidden-address", "The address that the installation speaks to is written in code that hides it."),
        frozenset((Behaviour.DECODES,)),
        LEAVES | {Behaviour.DOWNLOADS},
        _hidden_address,
    ),
    FactRule(STARTUP, (Behaviour.WRITES_STARTUP,), _persists),
    FactRule(PACKAGES, (Behaviour.CHANGES_PACKAGES,), _changes_packages),
    FactRule(
        Rule("install-reads-secrets", "While it installs, the package reads files in which secrets lie."),
        (Behaviour.READS_SECRET_FILE,),
        _reads_secrets,
    ),
    FactRule(
        Rule("install-sends", "While it installs, the package sends something out."),
        (Behaviour.SENDS, Behaviour.LOOKS_UP_NAME),
        _sends,
    ),
    FactRule(
        Rule("install-gathers-and-sends", "The installation gathers secrets of this machine and sends something out."),
        (Behaviour.SENDS,),
        _gathered,
    ),
    FactRule(
        Rule("install-downloads", "While it installs, the package fetches something."),
        (Behaviour.DOWNLOADS,),
        _downloads,
    ),
    FactRule(COMMANDS[Command.CONNECT_BACK][0], (Behaviour.CONNECTS_BACK,), _certain),
    FactRule(COMMANDS[Command.DELETE][0], (Behaviour.DELETES_FILES,), _deletes),
    FactRule(COMMANDS[Command.HIDDEN][0], (Behaviour.HIDES,), _hides),
)
