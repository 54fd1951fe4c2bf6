"""What the commands and shell scripts of an installation do, by their text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.sigil.local.code.telling import Command, Place, command_kinds, package_command, place, startup_command
from adapters.sigil.local.phases.hooks import Hook, npm_scripts
from adapters.sigil.local.phases.judging import CERTAIN, DOUBTFUL, GRAVE, SUSPICIOUS, WEAK, Judgement, Rule, finding
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.models import Finding

_SHELL_FILES = re.compile(r"\.(?:sh|bash|zsh|ps1|bat|cmd|vbs|command)$|(?:^|/)[^/.]+$", re.IGNORECASE)
_CONTINUED = re.compile(r"\\\r?\n")
PUBLISHES = re.compile(
    r"publish|\.github[\\/]workflows|twine|gh\s+(?:repo|secret|auth)|git\s+push|npm\s+token", re.IGNORECASE
)
_BOTH = 2
_SCRIPT_BYTES = 200_000
_COMMENTS = ("#", "REM ", "rem ", "::", "//")
_FETCHED_ADDRESS = re.compile(r"https?://[^\s\"'|;)]+")

COMMANDS = {
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
    Command.LOAD_LIBRARY: (
        Rule("install-loads-library", "Installing has the system load a library of machine code."),
        CERTAIN,
    ),
    Command.TAKE_OVER: (
        Rule("install-takes-over", "Installing makes a user or an administrator, or opens the whole disk."),
        CERTAIN,
    ),
    Command.HUNT: (
        Rule("install-hunts-secrets", "Installing sends a program that looks for secrets through the machine's files."),
        CERTAIN,
    ),
    Command.LET_LOOSE: (
        Rule("install-lets-assistant-loose", "Installing has an assistant act with its questions switched off."),
        CERTAIN,
    ),
    Command.DOWNLOAD: (
        Rule("install-command-downloads", "A command of the installation downloads something."),
        DOUBTFUL,
    ),
}
STARTUP = Rule(
    "install-persists", "Installing makes something run whenever the machine, a shell or an interpreter starts."
)
PACKAGES = Rule("install-changes-packages", "Installing changes or publishes packages, repositories or workflows.")


def command_findings(scanned: Scanned) -> Iterator[Finding]:
    """Find what the commands of an installation do, and the shell scripts that it runs."""
    for hook in scanned.hooks:
        yield from _of_command(scanned, hook.command, hook.file, line_of(scanned, hook))
    for path in sorted(scanned.installed):
        if _SHELL_FILES.search(path) and path not in scanned.facts:
            text = _CONTINUED.sub(" ", scanned.contents[path][:_SCRIPT_BYTES].decode("utf-8", "replace"))
            yield from _of_script(scanned, text, path)


def _of_script(scanned: Scanned, text: str, path: str) -> Iterator[Finding]:
    best: dict[str, Finding] = {}
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(_COMMENTS)]
    for number, line in enumerate(text.splitlines(), 1):
        for each in _of_command(scanned, line, path, number) if line in lines else ():
            best.setdefault(each.rule, each)
    whole = "\n".join(lines)
    rule, _ = COMMANDS[Command.DOWNLOAD_AND_RUN]
    if rule.name not in best and Command.DOWNLOAD_AND_RUN in command_kinds(whole):
        judgement = _judged(scanned, Command.DOWNLOAD_AND_RUN, whole, GRAVE)
        best[rule.name] = finding(rule, judgement, path, 1, whole)
    yield from best.values()


def _of_command(scanned: Scanned, command: str, path: str, line: int) -> Iterator[Finding]:
    kinds = command_kinds(command)
    if Command.HIDDEN in kinds and Command.DOWNLOAD in kinds and len(kinds) == _BOTH:
        yield finding(COMMANDS[Command.DOWNLOAD_AND_RUN][0], CERTAIN, path, line, command)
        return
    for kind in kinds[:1]:
        rule, judgement = COMMANDS[kind]
        yield finding(rule, _judged(scanned, kind, command, judgement), path, line, command)
    if startup_command(command):
        yield finding(STARTUP, CERTAIN, path, line, command)
    if package_command(command) and PUBLISHES.search(command):
        yield finding(PACKAGES, SUSPICIOUS, path, line, command)


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


def line_of(scanned: Scanned, hook: Hook) -> int:
    """Find the line on which a hook's command stands, from 1."""
    data = scanned.contents.get(hook.file, b"")
    name = hook.name
    for script, command in npm_scripts(data).items() if hook.file.endswith(".json") else ():
        if command == hook.command:
            name = script
    at = data.find(f'"{name}"'.encode(), max(data.find(b'"scripts"'), 0))
    return data.count(b"\n", 0, max(at, 0)) + 1
