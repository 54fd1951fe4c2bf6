"""Other programs: what is run, by its command line, and what that is known to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python.execution import machine_payload
from adapters.sigil.local.code.python.values import NOTHING, Arguments, Value, sources_of
from adapters.sigil.local.code.telling import (
    Command,
    command_kinds,
    package_command,
    reads_clipboard,
    startup_command,
    writes_clipboard,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_LEADING = {
    Command.DOWNLOAD_AND_RUN: Behaviour.DOWNLOADS,
    Command.DOWNLOAD: Behaviour.DOWNLOADS,
    Command.DECODE_AND_RUN: Behaviour.DECODES,
}
_FOLLOWING = {
    Command.CONNECT_BACK: Behaviour.CONNECTS_BACK,
    Command.SEND: Behaviour.SENDS,
    Command.HIDDEN: Behaviour.HIDES,
    Command.DELETE: Behaviour.DELETES_FILES,
    Command.LOAD_LIBRARY: Behaviour.LOADS_LIBRARY,
}
_PLAIN_COMMANDS = re.compile(
    r"^(?:whoami|hostname|uname|ifconfig|ipconfig|id|systeminfo|wmic\s+csproduct|ip\s+a\b|net\s+user)\b"
)
_WAITED_FOR = frozenset({"with_item", "as_pattern"})
_MOST_WORDS_BEFORE = 2
_HIDDEN_WINDOW = 0x08000000
_DETACHED = 0x00000008
_HIDING = re.compile(r"CREATE_NO_WINDOW|DETACHED_PROCESS|SW_HIDE")
_PYTHON = re.compile(r"(?:^|[\\/])python[\d.w]*(?:\.exe)?$|sys\.executable")


def process(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a program is run, by a list or, with `shell=True`, by a command line."""
    command = arguments.get(0, "args") or Value()
    shell = arguments.keywords.get("shell")
    if callee.name.startswith(("os.exec", "os.spawn", "os.posix_spawn", "asyncio.create_subprocess_exec")):
        command = Value(items=tuple(arguments.positional))
    through_shell = shell is not None and shell.constant != 0
    program = arguments.keywords.get("executable")
    if program is not None and not through_shell:
        command = Value(items=(program, *command.parts()))
    behaviour = Behaviour.RUNS_SHELL if through_shell else Behaviour.RUNS_PROCESS
    result = _ran(machine, node, behaviour, command, _inputs(arguments))
    _hidden(machine, node, arguments)
    if callee.member == "Popen" and (node.parent is None or node.parent.type not in _WAITED_FOR):
        _left_running(machine, _line(command))
    if any(v.name.startswith("socket.socket()") for k, v in arguments.keywords.items() if k in ("stdin", "stdout")):
        machine.record(Behaviour.CONNECTS_BACK, node, _line(command))
    return Value(name=f"{callee.name}()", sources=result)


def _inputs(arguments: Arguments) -> frozenset[int]:
    given = [value for key, value in arguments.keywords.items() if key in ("input", "stdin")]
    return sources_of(given)


def shell_line(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a command line is given to a shell."""
    command = arguments.get(0, "command") or arguments.get(0, "cmd") or Value()
    if command.text.rstrip().endswith("&"):
        _left_running(machine, command.text)
    return Value(name=f"{callee.name}()", sources=_ran(machine, node, Behaviour.RUNS_SHELL, command, NOTHING))


def _left_running(machine: Machine, line: str) -> None:
    """Remember which programs that the code wrote run from now on without anybody's waiting for their end."""
    for path in machine.written:
        before, named, _ = line.partition(path)
        if named and before.count(" ") <= _MOST_WORDS_BEFORE:
            machine.started[path] = machine.scope


def waited(machine: Machine, _node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a process whose end is waited for: what it ran may be removed then."""
    machine.started.clear()
    return Value(name=f"{callee.name}()", sources=callee.sources | sources_of(arguments.every()))


def _line(command: Value) -> str:
    parts = [part for word in command.parts()[:100] for part in word.parts()[:100]]
    return " ".join(part.template or part.text for part in parts)[:2000]


def _ran(machine: Machine, node: Node, behaviour: Behaviour, command: Value, inputs: frozenset[int]) -> frozenset[int]:
    line = _line(command)
    sources = sources_of((command, *command.parts())) | inputs | _files_named(machine, line)
    number = machine.sink(behaviour, node, sources, line)
    _known(machine, node, line, number)
    _carried(machine, node, command)
    result = sources | {number}
    if _PLAIN_COMMANDS.match(line):
        result |= machine.source_value(Behaviour.READS_SYSTEM, node, line, latent=True)
    return result


def _files_named(machine: Machine, line: str) -> frozenset[int]:
    found = NOTHING
    for path, sources in machine.written.items():
        if path in line:
            found |= sources
    return found


def _known(machine: Machine, node: Node, line: str, number: int) -> None:
    for kind in command_kinds(line):
        if kind in _LEADING:
            source = machine.record(_LEADING[kind], node, line)
            if kind is not Command.DOWNLOAD:
                machine.recorder.flow(frozenset((source,)), number)
        elif kind in _FOLLOWING:
            machine.record(_FOLLOWING[kind], node, line)
    if startup_command(line):
        machine.record(Behaviour.WRITES_STARTUP, node, line)
    if package_command(line):
        machine.record(Behaviour.CHANGES_PACKAGES, node, line)
    if reads_clipboard(line):
        machine.record(Behaviour.READS_CLIPBOARD, node, line)
    if writes_clipboard(line):
        machine.record(Behaviour.WRITES_CLIPBOARD, node, line)


def _carried(machine: Machine, node: Node, command: Value) -> None:
    parts = command.items or ()
    for place in range(len(parts) - 2):
        code = parts[place + 2].constant
        if (
            parts[place + 1].constant == "-c"
            and isinstance(code, str)
            and _PYTHON.search(parts[place].text.strip("{}"))
        ):
            machine_payload(machine, node, code.encode("utf-8", "replace"), "run")


def _hidden(machine: Machine, node: Node, arguments: Arguments) -> None:
    flags = arguments.keywords.get("creationflags")
    if flags is None:
        return
    bits = flags.constant if isinstance(flags.constant, int) else 0
    if bits & (_HIDDEN_WINDOW | _DETACHED) or _HIDING.search(flags.text) or _HIDING.search(flags.name):
        machine.record(Behaviour.HIDES, node, flags.text)


def started(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a file is opened by whatever program belongs to it."""
    line = " ".join(value.text for value in arguments.positional)
    command = Value(items=tuple(arguments.positional), template=line)
    return Value(name=f"{callee.name}()", sources=_ran(machine, node, Behaviour.RUNS_PROCESS, command, NOTHING))


HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    **{f"subprocess.{name}": process for name in ("run", "call", "check_call", "check_output", "Popen")},
    **{f"os.{name}": process for name in ("execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp",
        "execvpe", "spawnl",
                                         "spawnle", "spawnlp", "spawnv", "spawnve", "spawnvp", "posix_spawn")},
    "asyncio.create_subprocess_exec": process,
    **{f"subprocess.Popen().{name}": waited for name in ("wait", "communicate", "poll", "terminate", "kill")},
    **dict.fromkeys(("os.system", "os.popen", "os.popen2", "os.popen3", "commands.getoutput",
        "commands.getstatusoutput",
                     "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell",
                     "asyncio.subprocess.create_subprocess_shell", "ctypes.CDLL().system",
                     "ctypes.cdll.msvcrt.system"), shell_line),
    **dict.fromkeys(("os.startfile", "pty.spawn", "ctypes.windll.shell32.ShellExecuteW",
        "ctypes.windll.shell32.ShellExecuteA",
                     "win32api.ShellExecute", "win32process.CreateProcess"), started),
}  # fmt: skip
