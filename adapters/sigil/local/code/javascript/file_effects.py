"""What reads, writes, marks as executable and removes files."""

from __future__ import annotations

import re

from msgspec.structs import replace

from adapters.sigil.local.code import telling, telling_places, telling_planted
from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript.call import Call, known, method
from adapters.sigil.local.code.javascript.folding import shown
from adapters.sigil.local.code.javascript.state import State
from adapters.sigil.local.code.javascript.values import NOTHING, UNKNOWN_PART, Value, tainted
from adapters.sigil.local.code.javascript.walk_effects import found_by_walking, picked_secret, ruined

_READS = (
    "readFile",
    "readFileSync",
    "createReadStream",
    "readJson",
    "readJsonSync",
    "readJSON",
    "openSync",
)
_WRITES = (
    "writeFile",
    "writeFileSync",
    "appendFile",
    "appendFileSync",
    "createWriteStream",
    "outputFile",
    "outputFileSync",
    "writeJson",
    "writeJsonSync",
    "outputJson",
)
_COPIES = (
    "copyFile",
    "copyFileSync",
    "cp",
    "cpSync",
    "copy",
    "copySync",
    "rename",
    "renameSync",
    "symlink",
    "symlinkSync",
    "move",
)
_MODES = ("chmod", "chmodSync", "fchmod", "fchmodSync")
_REMOVALS = ("rm", "rmSync", "rmdir", "rmdirSync", "remove", "removeSync", "emptyDir", "emptyDirSync")
_MOST_PARTS = 400
_WIDE = re.compile(rf"^(?:/|~/?|[A-Za-z]:\\?|\*|/(?:home|Users|root|etc|var|usr)/?\*?|{UNKNOWN_PART}/?\*?)$")


def _fs(names: tuple[str, ...]) -> list[str]:
    return [f"fs.{name}" for name in names]


@known(*_fs(_READS))
@method("readFileSync", "readJsonSync")
def _read(call: Call) -> Value:
    path = call.argument(0)
    text = shown(path) if path.text else ""
    picked = picked_secret(call.state, path)
    secret = telling.secret_path(text) or picked
    text = text.removesuffix(UNKNOWN_PART) + picked if picked else text
    behaviour = Behaviour.READS_SECRET_FILE if secret else Behaviour.READS_FILE
    taints = call.state.source(behaviour, call.node, text, hidden=not secret)
    packed = {number for written, number in call.state.written.items() if written == text}
    return answered(call, Value(taints=taints | packed | _behind(call, path)))


def _behind(call: Call, path: Value) -> frozenset[int]:
    """Pick the folders gone through to find a file, the secrets looked for, and what was written to its path before."""
    kinds = {Behaviour.WRITES_FILE, Behaviour.READS_SECRET_FILE}
    known = {taint for taint in path.taints if call.state.ledger.behaviour(taint) in kinds}
    return found_by_walking(call.state, path) | known


def answered(call: Call, value: Value) -> Value:
    """Hand what was read to the callbacks, and answer with it."""
    call.answer(value)
    return value


@known(*_fs(_WRITES), "Deno.writeTextFile", "Bun.write")
@method("writeFileSync", "appendFileSync", "createWriteStream")
def _write(call: Call) -> Value:
    path = call.argument(0)
    text = shown(path) if path.text else ""
    content = call.data(1).taints if call.method != "createWriteStream" else frozenset()
    if "append" not in call.method.lower() and call.option("flags").text != "a":
        ruined(call.state, call.node, path, content)
    content |= _planted(call, text)
    number = _written(call, text, content)
    _code_changed(call, text, content, call.argument(1))
    _mark_path(call, text, number, content)
    for function in call.callbacks:
        call.state.load(function)
    return Value(path="<file>", handle=number)


def _planted(call: Call, path: str) -> frozenset[int]:
    """Enter that what is written makes others do something, where they act on what lies there or run it."""
    value = call.argument(1)
    if not (telling.startup_path(path) or telling.package_path(path)):
        planted = telling_planted.fetching_script(held(value))
        return call.state.source(Behaviour.HOLDS_CODE, call.node, path, hidden=True) if planted else frozenset()
    text = put_together(call.state, value)
    if not telling_planted.planted_text(text):
        return frozenset()
    told = telling_planted.what_is_planted(text, path)
    return call.state.source(Behaviour.HOLDS_CODE, call.node, told, hidden=True)


def _written(call: Call, text: str, content: frozenset[int]) -> int:
    number = call.state.sink(Behaviour.WRITES_FILE, call.node, content, text, hidden=True)
    if telling.startup_path(text):
        call.state.sink(Behaviour.WRITES_STARTUP, call.node, content, text)
    if telling.package_path(text):
        call.state.sink(Behaviour.CHANGES_PACKAGES, call.node, content, text)
    return number


def held(value: Value, depth: int = 5) -> str:
    """Put the texts together that a value holds, those within objects and lists too."""
    within = [*(value.members or {}).values(), *(value.items or ())] if depth else []
    return " ".join(filter(None, [value.text or "", *(held(inner, depth - 1) for inner in within[:50])]))[:20_000]


def put_together(state: State, value: Value) -> str:
    """Put the texts together that a value holds, with their names, and those that were put into it later."""
    texts: list[str] = []
    waiting = [("", value)]
    for _ in range(_MOST_PARTS):
        if not waiting:
            break
        name, one = waiting.pop()
        texts += filter(None, (name.strip("<>0123456789"), one.text))
        waiting += reversed(_parts(state, one))
    return " ".join(texts)[:20_000]


def _parts(state: State, value: Value) -> list[tuple[str, Value]]:
    parts = list((value.members or {}).items())
    if value.variable is not None:
        state.take(value.variable)
        parts += [(name, replace(each.value, variable=each)) for name, each in value.variable.members.items()]
    return [*parts, *(("", item) for item in value.items or ())][:_MOST_PARTS]


def _code_changed(call: Call, target: str, content: frozenset[int], data: Value) -> None:
    """Enter that code of another program or package is written, and whether the text is code by itself."""
    if not (telling_places.application_code(target) or telling_places.foreign_module(target)):
        return
    if data.text and telling_places.powerful_code(data.text):
        content |= call.state.source(Behaviour.HOLDS_CODE, call.node, target, hidden=True)
    call.state.sink(Behaviour.CHANGES_PACKAGES, call.node, content, target)


def _mark_path(call: Call, text: str, number: int, content: frozenset[int]) -> None:
    """Let the path carry the fact that it was written, to what is run, loaded or sent from there."""
    variable = call.variable(0)
    if variable is not None:
        call.state.absorb(variable, tainted(content | {number}))
    if len(text.strip(UNKNOWN_PART + "/.")) > 3:  # noqa: PLR2004 - shorter names are in every command
        call.state.wrote(text, number)


@known(*_fs(_COPIES))
def _copy(call: Call) -> Value:
    text = call.shown(0)
    if telling.secret_path(text):
        call.state.note(Behaviour.READS_SECRET_FILE, call.node, text)
    target = call.shown(1)
    if telling.startup_path(target):
        copied = call.state.source(Behaviour.READS_FILE, call.node, text, hidden=True)
        call.state.sink(Behaviour.WRITES_STARTUP, call.node, call.data(0).taints | copied, target)
    _code_changed(call, target, of_written(call, call.data(0)), NOTHING)
    for function in call.callbacks:
        call.state.load(function)
    return NOTHING


@known(*_fs(_MODES))
@method("chmodSync")
def _chmod(call: Call) -> Value:
    mode = call.argument(1)
    bits = (
        int(mode.text, 8)
        if mode.text and mode.whole and re.fullmatch(r"[0-7]{3,5}", mode.text)
        else int(mode.number or 0)
    )
    if bits & 0o111 or mode.text == "+x":
        path = call.data(0)
        number = call.state.sink(
            Behaviour.MAKES_EXECUTABLE, call.node, of_written(call, path), call.shown(0), hidden=True
        )
        variable = call.variable(0)
        if variable is not None:
            call.state.absorb(variable, tainted(frozenset({number})))
    for function in call.callbacks:
        call.state.load(function)
    return NOTHING


def of_written(call: Call, value: Value) -> frozenset[int]:
    """Add to a value's facts those that wrote the files whose paths it names."""
    text = value.text or ""
    found = {number for path, number in call.state.written.items() if path in text} if text else set()
    return value.taints | found


@known(*_fs(_REMOVALS), "rimraf", "rimraf.sync", "del", "del.sync")
def _remove(call: Call) -> Value:
    path = call.argument(0)
    wide = bool(_WIDE.match(path.text or "")) or path.path == "os.homedir()"
    if wide and path.text not in {UNKNOWN_PART, UNKNOWN_PART + "/"}:
        call.state.note(Behaviour.DELETES_FILES, call.node, path.text or "home")
    ruined(call.state, call.node, path)
    for function in call.callbacks:
        call.state.load(function)
    return NOTHING
