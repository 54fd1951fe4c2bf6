"""What runs processes and reads the system, the clipboard and keys."""

from __future__ import annotations

import re

from adapters.sigil.local.code import telling, telling_places
from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript.call import Call, known, method
from adapters.sigil.local.code.javascript.file_effects import answered, of_written
from adapters.sigil.local.code.javascript.folding import shown
from adapters.sigil.local.code.javascript.values import NOTHING, UNKNOWN_PART, WORKING_FOLDER, Value, constant, tainted

_OUTPUTS = (
    "child_process.exec",
    "child_process.execSync",
    "shelljs.exec",
    "execa.command",
    "execa.commandSync",
    "execSync",
    "execa.execaCommand",
    "execa.execaCommandSync",
)


@known(*_OUTPUTS)
@method("execSync")
def _shell(call: Call) -> Value:
    return run_shell(call, call.data(0))


def run_shell(call: Call, command: Value) -> Value:
    """Enter that a command line is run, and what it is known to do."""
    text = shown(command) if command.text else ""
    taints = of_written(call, command)
    number = call.state.sink(Behaviour.RUNS_SHELL, call.node, taints, text)
    _command_facts(call, text, command.taints)
    answer = {number}
    value = Value(taints=frozenset(answer), path="<process>", handle=number)
    call.answer(Value(taints=frozenset(answer)))
    return value


def _command_facts(call: Call, text: str, taints: frozenset[int]) -> None:
    kinds = telling.command_kinds(text)
    facts = {
        telling.Command.CONNECT_BACK: Behaviour.CONNECTS_BACK,
        telling.Command.SEND: Behaviour.SENDS,
        telling.Command.DOWNLOAD: Behaviour.DOWNLOADS,
        telling.Command.HIDDEN: Behaviour.HIDES,
        telling.Command.DELETE: Behaviour.DELETES_FILES,
        telling.Command.LOAD_LIBRARY: Behaviour.LOADS_LIBRARY,
    }
    for kind in kinds:
        if kind in facts:
            call.state.sink(facts[kind], call.node, taints, text)
    made, within = telling.archived(text)
    for folder in filter(telling_places.wide_root, within):
        call.state.wrote(made, call.state.note(Behaviour.LISTS_FILES, call.node, folder, hidden=True))
    if telling.startup_command(text):
        call.state.sink(Behaviour.WRITES_STARTUP, call.node, taints, text)
    if telling.package_command(text):
        call.state.sink(Behaviour.CHANGES_PACKAGES, call.node, taints, text)
    if telling.secret_path(text):
        call.state.note(Behaviour.READS_SECRET_FILE, call.node, text)
    if telling.reads_clipboard(text):
        call.state.note(Behaviour.READS_CLIPBOARD, call.node, text)
    if telling.writes_clipboard(text):
        call.state.sink(Behaviour.WRITES_CLIPBOARD, call.node, taints, text)


@known(
    "child_process.spawn",
    "child_process.spawnSync",
    "child_process.execFile",
    "child_process.execFileSync",
    "child_process.fork",
    "cross-spawn",
    "cross-spawn.sync",
    "execa",
    "execa.execa",
    "execa.sync",
    "execa.execaSync",
    "Deno.Command",
    "Bun.spawn",
    "Bun.spawnSync",
    "process.binding",
    "Deno.run",
)
@method("spawnSync", "execFileSync")
def _spawn(call: Call) -> Value:
    line = _command_line(call)
    shell = call.option("shell")
    if call.option("detached") is not NOTHING and (call.option("stdio").text == "ignore" or call.method == "spawn"):
        call.state.note(Behaviour.HIDES, call.node, line.text or "", hidden=call.option("stdio").text != "ignore")
    text = line.text or ""
    if shell.text or re.match(
        r"^\S*\b(?:ba|z|da|k)?sh(?:\.exe)?\s+-\w*c\b|^\S*cmd(?:\.exe)?\s+/|^\S*(?:powershell|pwsh)\b", text
    ):
        return run_shell(call, line)
    number = call.state.sink(Behaviour.RUNS_PROCESS, call.node, of_written(call, line), text)
    _command_facts(call, text, line.taints)
    value = Value(taints=frozenset({number}), path="<process>", handle=number)
    call.answer(Value(taints=value.taints))
    return value


def _command_line(call: Call) -> Value:
    """Write a program and its list of arguments as one line."""
    first = call.data(0)
    parts = list(first.items) if first.items else [first]
    second = call.argument(1)
    if second.items is not None:
        parts += second.items
    taints = frozenset().union(*(part.taints for part in parts))
    text = " ".join(shown(part) for part in parts)
    whole = all(part.whole for part in parts)
    return Value(text=text if text.strip(UNKNOWN_PART + " ") else None, whole=whole, taints=taints)


@known(
    "os.hostname",
    "os.userInfo",
    "os.networkInterfaces",
    "dns.getServers",
    "Deno.hostname",
    "node-machine-id.machineIdSync",
    "node-machine-id.machineId",
)
@method("networkInterfaces", "userInfo", "getServers")
def _system(call: Call) -> Value:
    return Value(
        taints=call.state.source(Behaviour.READS_SYSTEM, call.node, call.method, hidden=call.method == "getServers")
    )


@known("screenshot-desktop", "desktop-screenshot", "robotjs.screen.capture", "desktop-screenshot.default")
def _screen(call: Call) -> Value:
    return answered(call, Value(taints=call.state.source(Behaviour.READS_INPUT, call.node, call.path)))


@known("node-global-key-listener.GlobalKeyboardListener")
def _key_listener(_: Call) -> Value:
    return Value(path="<keys>")


@known("uiohook-napi.uIOhook.on", "iohook.on", "<keys>.addListener")
def _keys(call: Call) -> Value:
    call.answer(Value(taints=call.state.source(Behaviour.READS_INPUT, call.node, call.path)))
    return NOTHING


@known("process.dlopen")
def _dlopen(call: Call) -> Value:
    path = call.argument(1)
    call.state.sink(Behaviour.LOADS_LIBRARY, call.node, path.taints, shown(path) if path.text else "")
    return NOTHING


_FIELDS = re.compile(r"\b(?:input|form|textarea|password|passwd|card|cvv|cvc|email)\b", re.IGNORECASE)


@known(
    "document.querySelector",
    "document.querySelectorAll",
    "document.getElementsByTagName",
    "document.getElementsByName",
    "document.getElementById",
)
def _field(call: Call) -> Value:
    """Read a form's field that is looked up: what its user writes there may go elsewhere."""
    wanted = call.argument(0).text or ""
    if not _FIELDS.search(wanted):
        return NOTHING
    return Value(taints=call.state.source(Behaviour.READS_INPUT, call.node, wanted, hidden=True))


@known("os.homedir", "os.tmpdir", "process.cwd")
def _folder(call: Call) -> Value:
    if call.method == "cwd":
        return Value(text=UNKNOWN_PART, path=WORKING_FOLDER)
    return constant("~") if call.method == "homedir" else Value(text=UNKNOWN_PART)


@known("Deno.env.toObject")
def _environment(call: Call) -> Value:
    return Value(taints=call.state.source(Behaviour.READS_ENVIRONMENT, call.node, "Deno.env"))


@known(
    "navigator.clipboard.readText",
    "navigator.clipboard.read",
    "clipboardy.read",
    "clipboardy.readSync",
    "copy-paste.paste",
    "electron.clipboard.readText",
)
def _read_clipboard(call: Call) -> Value:
    return answered(call, Value(taints=call.state.source(Behaviour.READS_CLIPBOARD, call.node)))


@known(
    "navigator.clipboard.writeText",
    "navigator.clipboard.write",
    "clipboardy.write",
    "clipboardy.writeSync",
    "copy-paste.copy",
    "electron.clipboard.writeText",
)
def _write_clipboard(call: Call) -> Value:
    call.state.sink(Behaviour.WRITES_CLIPBOARD, call.node, call.taints)
    return NOTHING


_KEYS = frozenset({"keydown", "keypress", "keyup", "paste", "input", "submit", "copy", "change", "blur", "focusout"})


@method("addEventListener")
def _listen(call: Call) -> Value:
    """Read listeners to keys and forms; what they are given is the user's input."""
    event = call.argument(0).text
    if event in _KEYS:
        value = Value(taints=call.state.source(Behaviour.READS_INPUT, call.node, event or "", hidden=True))
        for function in call.callbacks:
            call.state.absorb(function.parameter(0), value)
    for function in call.callbacks:
        if event in {"load", "DOMContentLoaded"}:
            call.state.load(function)
        elif event in {"message", "readystatechange"}:
            call.state.absorb(function.parameter(0), tainted(call.receiver.taints))
    return NOTHING
