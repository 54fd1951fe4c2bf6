"""Phase one: what runs when the package is installed; what a hook's code does decides, not that there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.sigil.local.code.facts import Behaviour, Fact, Flow
from adapters.sigil.local.code.telling import Command, Place, command_kinds, package_command, place, startup_command
from adapters.sigil.local.phases.hooks import Hook, npm_scripts
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
from adapters.sigil.local.phases.reach import Moment
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.local.phases.traits import (
    LEAVES,
    RUNS,
    SECRETS,
    address_of,
    belongs_to,
    hostile_address,
    identifies,
    known_host,
    mild_secret,
    trusted,
)
from adapters.sigil.models import Finding

_SHELL_FILES = re.compile(r"\.(?:sh|bash|zsh|ps1|bat|cmd|vbs|command)$|(?:^|/)[^/.]+$", re.IGNORECASE)
_CONTINUED = re.compile(r"\\\r?\n")
_GIT_HOOKS = re.compile(r"\.git[\\/]hooks|\.vscode|completion", re.IGNORECASE)
_PUBLISHES = re.compile(
    r"publish|\.github[\\/]workflows|twine|gh\s+(?:repo|secret|auth)|git\s+push|npm\s+token", re.IGNORECASE
)
_WORKFLOWS = re.compile(r"\.github[\\/]workflows[\\/]\S", re.IGNORECASE)
_FETCHED_ADDRESS = re.compile(r"https?://[^\s\"'|;)]+")

_SAYS = Rule("install-hook", "A command or file of the package runs when it is installed.")
_COMMANDS = {
    Command.CONNECT_BACK: (
        Rule("install-reverse-shell", "Installing opens a shell for somebody on the network."),
        CERTAIN,
    ),
    Command.DECODE_AND_RUN: (
        Rule("install-decodes-and-runs", "Installing decodes a hidden payload and runs it."),
        CERTAIN,
    ),
    Command.DOWNLOAD_AND_RUN: (
        Rule("install-downloads-and-runs", "Installing fetches a program and runs it at once."),
        CERTAIN,
    ),
    Command.SEND: (
        Rule("install-command-sends", "A command of the installation sends data of this machine away."),
        CERTAIN,
    ),
    Command.DELETE: (Rule("install-deletes-widely", "Installing deletes the user's files or a whole disk."), CERTAIN),
    Command.HIDDEN: (Rule("install-hides", "Installing hides what it runs or switches a protection off."), SUSPICIOUS),
    Command.DOWNLOAD: (
        Rule("install-command-downloads", "A command of the installation downloads something."),
        DOUBTFUL,
    ),
}
_STARTUP = Rule(
    "install-persists", "Installing makes something run whenever the machine, a shell or an interpreter starts."
)
_PACKAGES = Rule("install-changes-packages", "Installing changes or publishes packages, repositories or workflows.")


def install_hooks(scanned: Scanned) -> tuple[Finding, ...]:
    """Find what runs at installation, and what it does that an installation has no business doing."""
    said = [
        finding(_SAYS, NOTE, hook.file, _line(scanned, hook), f"{hook.name}: {hook.command}") for hook in scanned.hooks
    ]
    said += [
        finding(_SAYS, NOTE, path, 1, None) for path in sorted(scanned.hook_files) if path.endswith((".py", ".pth"))
    ]
    return (*said, *_command_findings(scanned), *found(scanned, _RULES))


def _command_findings(scanned: Scanned) -> Iterator[Finding]:
    for hook in scanned.hooks:
        yield from _of_command(scanned, hook.command, hook.file, _line(scanned, hook))
    for path in sorted(scanned.installed):
        if _SHELL_FILES.search(path) and path not in scanned.facts:
            text = _CONTINUED.sub(" ", scanned.contents[path][:200_000].decode("utf-8", "replace"))
            seen: set[str] = set()
            for number, line in enumerate(text.splitlines(), 1):
                if not line.lstrip().startswith(("#", "REM ", "::")):
                    for each in _of_command(scanned, line, path, number):
                        if each.rule not in seen:
                            seen.add(each.rule)
                            yield each


def _of_command(scanned: Scanned, command: str, path: str, line: int) -> Iterator[Finding]:
    for kind in command_kinds(command)[:1]:
        rule, judgement = _COMMANDS[kind]
        yield finding(rule, _judged(scanned, kind, command, judgement), path, line, command)
    if startup_command(command):
        yield finding(_STARTUP, CERTAIN, path, line, command)
    if package_command(command) and _PUBLISHES.search(command):
        yield finding(_PACKAGES, SUSPICIOUS, path, line, command)


def _judged(scanned: Scanned, kind: Command, command: str, judgement: Judgement) -> Judgement:
    addresses = _FETCHED_ADDRESS.findall(command)
    own = bool(addresses) and all(scanned.trusts(address) for address in addresses)
    if kind is Command.DOWNLOAD_AND_RUN and own:
        return DOUBTFUL
    if kind is Command.DOWNLOAD:
        if any(place(address) not in {None, Place.OWN_ADDRESS} for address in addresses):
            return SUSPICIOUS
        return WEAK if own else judgement
    return judgement


def _line(scanned: Scanned, hook: Hook) -> int:
    data = scanned.contents.get(hook.file, b"")
    name = hook.name
    for script, command in npm_scripts(data).items() if hook.file.endswith(".json") else ():
        if command == hook.command:
            name = script
    at = data.find(f'"{name}"'.encode(), max(data.find(b'"scripts"'), 0))
    return data.count(b"\n", 0, max(at, 0)) + 1


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
        return _at_install(DOUBTFUL, moment)
    if hostile_address(flow.source) or flow.source.detail.startswith("http://"):
        return _at_install(CERTAIN, moment)
    if flow.sink.behaviour is Behaviour.RUNS_CODE:
        return _at_install(CERTAIN if known_host(flow.source) else GRAVE, moment)
    return _at_install(CERTAIN if known_host(flow.source) else DOUBTFUL, moment)


def _decoded_runs(scanned: Scanned, path: str, flow: Flow, moment: Moment) -> Judgement | None:
    if flow.sink.behaviour is Behaviour.RUNS_PROCESS and scanned.does(path, Behaviour.DOWNLOADS):
        return _at_install(DOUBTFUL, moment)
    return _at_install(CERTAIN, moment)


def _hidden_address(_scanned: Scanned, _path: str, flow: Flow, moment: Moment) -> Judgement | None:
    return _at_install(CERTAIN if "." in flow.source.detail else None, moment)


def _persists(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return _at_install(WEAK if _GIT_HOOKS.search(fact.detail) else CERTAIN, moment)


def _changes_packages(scanned: Scanned, path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if not _PUBLISHES.search(fact.detail):
        return _at_install(HINT, moment)
    if _WORKFLOWS.search(fact.detail):
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


def _downloads(scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    if hostile_address(fact):
        return _at_install(SUSPICIOUS, moment)
    return _at_install(HINT if known_host(fact) and not trusted(scanned, fact) else None, moment)


def _certain(_scanned: Scanned, _path: str, _fact: Fact, moment: Moment) -> Judgement | None:
    return _at_install(CERTAIN, moment)


def _deletes(_scanned: Scanned, _path: str, fact: Fact, moment: Moment) -> Judgement | None:
    return _at_install(BAD if re.fullmatch(r"(?:~|/|\*|home)\S{0,3}|.*\brm\s.*", fact.detail) else HINT, moment)


def _hides(scanned: Scanned, path: str, _fact: Fact, moment: Moment) -> Judgement | None:
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
    FlowRule(_COMMANDS[Command.DOWNLOAD_AND_RUN][0], frozenset((Behaviour.DOWNLOADS,)), RUNS, _download_runs),
    FlowRule(_COMMANDS[Command.DECODE_AND_RUN][0], frozenset((Behaviour.DECODES,)), RUNS, _decoded_runs),
    FlowRule(
        Rule("install-hidden-address", "The address that the installation speaks to is written in code that hides it."),
        frozenset((Behaviour.DECODES,)),
        LEAVES | {Behaviour.DOWNLOADS},
        _hidden_address,
    ),
    FactRule(_STARTUP, (Behaviour.WRITES_STARTUP,), _persists),
    FactRule(_PACKAGES, (Behaviour.CHANGES_PACKAGES,), _changes_packages),
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
        Rule("install-downloads", "While it installs, the package fetches something."),
        (Behaviour.DOWNLOADS,),
        _downloads,
    ),
    FactRule(_COMMANDS[Command.CONNECT_BACK][0], (Behaviour.CONNECTS_BACK,), _certain),
    FactRule(_COMMANDS[Command.DELETE][0], (Behaviour.DELETES_FILES,), _deletes),
    FactRule(_COMMANDS[Command.HIDDEN][0], (Behaviour.HIDES,), _hides),
)
