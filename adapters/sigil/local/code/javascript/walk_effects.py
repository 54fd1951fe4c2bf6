"""What goes through folders, ruins what it finds there, and puts whole folders into archives."""

from __future__ import annotations

import re

from adapters.sigil.local.code import telling, telling_places
from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript.call import Call, known, method
from adapters.sigil.local.code.javascript.folding import shown
from adapters.sigil.local.code.javascript.names import variable_of
from adapters.sigil.local.code.javascript.state import State
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, WORKING_FOLDER, Value, constant, tainted

PATTERN = "<pattern>"
"""The path of a regular expression that names files with secrets."""
_LISTINGS = ("readdir", "readdirSync", "opendir", "opendirSync", "glob", "globSync")
_GLOBBERS = (
    "glob",
    "glob.glob",
    "glob.globSync",
    "glob.sync",
    "fast-glob",
    "fast-glob.sync",
    "globby",
    "globby.globby",
    "globby.globbySync",
    "globby.sync",
    "tinyglobby.glob",
    "tinyglobby.globSync",
    "recursive-readdir",
    "klaw",
    "klaw-sync",
    "walkdir",
    "walkdir.sync",
    "readdirp",
)
_PICKED = re.compile(
    rb"(!?)(?:[\w$.]{1,60}(?:\s*([!=]==?)\s*|\.(?:startsWith|endsWith)\(\s*)['\"`]|/\^?(?=[^/\n]{1,40}/\w{0,3}\.test\())"
    rb"(\\?\.?[a-z][\w.-]{2,30})(?:[^;{}\n]{0,60}\)\s*\{?\s*(continue|return(?:\s+(?:false|null|undefined))?\s*[;}\n]))?"
)
_PICKING_BYTES = 2_000
_PICKING = frozenset({"endsWith", "match"})
_LISTED = frozenset({"includes", "indexOf"})
_MOST_FORMS = 3
_BESIDE = 60
_REFUSED = re.compile(rb"!\s*\(?\s*$")
_SKIPPED = re.compile(rb"[\s)]*\{?\s*(?:continue|break|throw|return(?:\s+(?:false|null|undefined))?\s*[;}\n])")
_ENDS = ("unlink", "unlinkSync", "truncate", "truncateSync")


@known(*(f"fs.{name}" for name in _LISTINGS), *_GLOBBERS)
@method("readdirSync")
def _list(call: Call) -> Value:
    """Follow the names that a folder holds to what is done with each."""
    path, beside = call.argument(0), call.option("cwd")
    text = "." if path.path == WORKING_FOLDER else shown(path) if path.text else ""
    if beside.text:
        text = f"{shown(beside)}/{text}"
    taints = path.taints | call.state.source(Behaviour.LISTS_FILES, call.node, text, hidden=True)
    if telling.secret_path(text):
        taints |= call.state.source(Behaviour.READS_SECRET_FILE, call.node, text)
    elif named := _globbed(path, text):
        taints |= call.state.source(Behaviour.READS_SECRET_FILE, call.node, named, hidden=True)
    value = tainted(taints)
    call.answer(value)
    return value


def _globbed(path: Value, text: str) -> str:
    """Name the files with secrets that patterns of a glob match."""
    texts = " ".join((text, *(item.text or "" for item in path.items or ())))
    return telling_places.secret_pattern(texts) if "*" in texts else ""


def found_by_walking(state: State, path: Value) -> frozenset[int]:
    """Pick the facts of folders gone through that a path comes from."""
    return frozenset(taint for taint in path.taints if state.ledger.behaviour(taint) is Behaviour.LISTS_FILES)


def picked_secret(state: State, path: Value) -> str:
    """Name the secret file that code picks by its name from folders gone through; empty for what it skips by name."""
    if not found_by_walking(state, path):
        return ""
    scope = state.scope
    while scope.owner is not None and scope.owner.node.end - scope.owner.node.start < _PICKING_BYTES:
        node = scope.owner.node
        for found in _PICKED.finditer(state.data, node.start, node.end):
            name = found[3].decode("utf-8", "replace").replace("\\", "").rstrip("*.")
            negative = bool(found[1]) or (found[2] or b"").startswith(b"!")
            if negative is bool(found[4]) and telling.secret_path(name):
                return name
        if scope.parent is None:
            break
        scope = scope.parent
    return ""


@known("RegExp")
def _pattern(call: Call) -> Value:
    """Keep the text of a pattern that names files with secrets."""
    pattern = pattern_of(call.argument(0).text or "")
    return pattern if pattern is not NOTHING else tainted(call.taints)


def pattern_of(text: str) -> Value:
    """Describe a regular expression by the files with secrets that it names; nothing for every other."""
    named = telling_places.secret_pattern(text)
    return Value(path=PATTERN, members={"source": constant(named)}) if named else NOTHING


@known(f"{PATTERN}.test", f"{PATTERN}.exec")
def _tested(call: Call) -> Value:
    return _picked(call, call.argument(0), call.nodes[0], _named(call.receiver)) if call.nodes else NOTHING


def picked_by_name(call: Call) -> Value:
    """Follow what a name that a folder holds is picked by: `name.match(pattern)`, `['.pem'].includes(name)`."""
    if call.method in _LISTED and call.receiver.items and call.nodes:
        text = " ".join(item.text or "" for item in call.receiver.items)
        return _picked(call, call.argument(0), call.nodes[0], telling_places.secret_pattern(text))
    owner = call.node.field("function") if call.method in _PICKING and call.receiver.taints else None
    name = owner.field("object") if owner is not None else None
    if name is None:
        return NOTHING
    given = call.argument(0)
    text = given.text or "" if call.method == "endsWith" else ""
    return _picked(call, call.receiver, name, telling_places.secret_pattern(text) if text else _named(given))


def _named(pattern: Value) -> str:
    return (pattern.members or {}).get("source", NOTHING).text or ""


def _picked(call: Call, name: Value, written: Node, secret: str) -> Value:
    """Let a name carry that it is one of a file with secrets, unless those are left out; the answer tells it too."""
    if not secret or not found_by_walking(call.state, name):
        return NOTHING
    data, node = call.state.data, call.node
    refused = _REFUSED.search(data, max(0, node.start - _BESIDE), node.start)
    if bool(refused) is not bool(_SKIPPED.match(data, node.end, node.end + _BESIDE)):
        return NOTHING
    picked = Value(taints=call.state.source(Behaviour.READS_SECRET_FILE, node, secret, hidden=True))
    variable = variable_of(call.state, _innermost(written))
    if variable is not None:
        call.state.absorb(variable, picked)
    return picked


def _innermost(node: Node) -> Node:
    """Find the name within calls that give a part or a form of it: `path.extname(name)`, `name.toLowerCase()`."""
    for _ in range(_MOST_FORMS):
        arguments, called = node.field("arguments"), node.field("function")
        if node.kind != "call_expression" or arguments is None or called is None:
            break
        inner = arguments.named[0] if arguments.named else called.field("object")
        node = inner if inner is not None else node
    return node


def ruined(state: State, node: Node, path: Value, content: frozenset[int] = frozenset()) -> None:
    """Enter that a file found in folders gone through is removed or overwritten; `content` is what it then holds."""
    walked = found_by_walking(state, path)
    if not walked:
        return
    locked = {taint for taint in content if state.ledger.behaviour(taint) is Behaviour.ENCODES}
    detail = shown(path) if path.text else ""
    state.sink(Behaviour.RUINS_FILES, node, walked | locked, detail, hidden=True)


@known(*(f"fs.{name}" for name in _ENDS))
@method("unlinkSync", "truncateSync")
def _end(call: Call) -> Value:
    ruined(call.state, call.node, call.argument(0))
    for function in call.callbacks:
        call.state.load(function)
    return NOTHING


@method("addLocalFolder", "directory", "addLocalFile")
def _packed(call: Call) -> Value:
    """Follow a whole folder into an archive."""
    path = call.argument(0)
    if path.text is None and not path.taints:
        return call.receiver
    text = shown(path) if path.text else ""
    secret = telling.secret_path(text)
    taints = path.taints | call.state.source(
        Behaviour.READS_SECRET_FILE if secret else Behaviour.LISTS_FILES, call.node, text, hidden=not secret
    )
    if call.receiver.variable is not None:
        call.state.absorb(call.receiver.variable, tainted(taints))
    return tainted(taints | call.receiver.taints)


@known("archiver", "archiver.create", "jszip", "yazl.ZipFile", "tar-stream.pack")
def _archive(_: Call) -> Value:
    return Value(path="<archive>")


@known(*(f"<archive>.{name}" for name in ("file", "entry", "addFile", "addBuffer", "addReadStream")))
def _put_in(call: Call) -> Value:
    """Follow single files into an archive."""
    if call.receiver.variable is not None:
        call.state.absorb(call.receiver.variable, tainted(call.taints))
    return tainted(call.taints | call.receiver.taints)


@known("tar.c", "tar.create", "tar-fs.pack", "archiver-promise", "zip-folder", "zip-a-folder.zip", "cross-zip.zipSync")
def _archived(call: Call) -> Value:
    items = call.argument(1).items or ()
    texts = [shown(value) for value in (call.option("cwd"), call.argument(0), *items) if value.text]
    taints = call.taints | call.state.source(Behaviour.LISTS_FILES, call.node, "/".join(texts), hidden=True)
    target = call.option("file") if call.path.startswith("tar.") else call.argument(1)
    if target.text:
        number = call.state.sink(Behaviour.WRITES_FILE, call.node, taints, shown(target), hidden=True)
        call.state.wrote(shown(target), number)
    if target.variable is not None:
        call.state.absorb(target.variable, tainted(taints))
    value = tainted(taints)
    call.answer(value)
    return value
