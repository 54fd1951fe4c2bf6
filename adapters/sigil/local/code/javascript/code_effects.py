"""What evaluates, decodes, encodes and imports code and data."""

from __future__ import annotations

import re

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript import folding, names
from adapters.sigil.local.code.javascript.call import Call, known, method, passed_on
from adapters.sigil.local.code.javascript.modules import own_module
from adapters.sigil.local.code.javascript.request_effects import replaced
from adapters.sigil.local.code.javascript.values import NOTHING, UNKNOWN_PART, Value, merge, tainted

_EVERYDAY_CODE = re.compile(
    r"^\s*(?:[\"']use strict[\"'];?\s*)?(?:return\s+)?"
    r"(?:\(?\s*(?:this|self|globalThis|window|require|module|exports|import\(\w+\))\s*\)?"
    r"|function\s*\*?\s*\(\)\s*\{\s*\}|async\b.{0,40}|\(?\s*(?:async\s*)?\(?\w{0,9}\)?\s*=>.{0,60}|[\w.]{0,40})?"
    r"\s*;?\s*(?:\(?\))?\s*$"
)
_FILES = (".js", ".cjs", ".mjs", ".json")
_RISKY_MODULES = frozenset({"child_process", "http", "https", "net", "dns", "fs", "vm", "os", "dgram", "tls"})


@known(
    "eval",
    "global.eval",
    "vm.runInThisContext",
    "vm.runInNewContext",
    "vm.runInContext",
    "vm.Script",
    "vm.compileFunction",
    "execScript",
    "module._compile",
    "Module._compile",
)
def _eval(call: Call) -> Value:
    return run_code(call, call.data(0))


def run_code(call: Call, value: Value) -> Value:
    """Enter that text is run as code, unless it is a constant of everyday use."""
    text = value.text or ""
    if value.whole and not value.taints and _EVERYDAY_CODE.match(text):
        return Value(path="global") if "this" in text or "self" in text else NOTHING
    number = call.state.sink(Behaviour.RUNS_CODE, call.node, value.taints, folding.shown(value) if text else "")
    if value.whole and value.taints:
        call.state.strings.setdefault(text[:4096])
    return tainted(value.taints | {number})


@known("<global function>")
def _global_function(call: Call) -> Value:
    """Read a call of a global by an unknown name: with what was decoded it can only be one that runs it."""
    code = call.data(0)
    decoded = any(call.state.ledger.behaviour(taint) is Behaviour.DECODES for taint in code.taints)
    return run_code(call, code) if decoded else passed_on(call)


@known("Function", "GeneratorFunction", "AsyncFunction")
def _function(call: Call) -> Value:
    return run_code(call, call.data(len(call.arguments) - 1)) if call.arguments else NOTHING


@method("_compile", "runInThisContext", "runInNewContext", "runInContext")
def _compiled(call: Call) -> Value:
    if call.method != "_compile" and not call.arguments:
        return NOTHING
    return run_code(call, call.data(0)) if call.arguments[0].functions == () else NOTHING


@method("constructor")
def _constructor(call: Call) -> Value:
    """Read `x.constructor(text)`, the Function that every function carries along."""
    value = call.data(len(call.arguments) - 1) if call.arguments else NOTHING
    if value.whole and value.text == "debugger":
        call.state.note(Behaviour.HIDES, call.node, "debugger")
        return NOTHING
    if call.receiver.path in {"Function", "AsyncFunction"}:
        return run_code(call, value)
    target = call.node.field("function")
    owner = target.field("object") if target is not None else None
    if owner is None or owner.kind == "this" or (value.text is None and not value.taints):
        return NOTHING
    return run_code(call, value)


@known("setTimeout", "setInterval", "setImmediate", "process.nextTick", "queueMicrotask", "requestAnimationFrame")
def _timer(call: Call) -> Value:
    first = call.argument(0)
    if first.whole and first.text and call.path in {"setTimeout", "setInterval"}:
        return run_code(call, call.data(0))
    for function in first.functions:
        call.state.load(function)
        for position, value in enumerate(call.arguments[2:]):
            call.state.absorb(function.parameter(position), value)
    return NOTHING


@known(
    "require",
    "import",
    "module.require",
    "process.mainModule.require",
    "require.main.require",
    "module.constructor._load",
    "process.mainModule.constructor._load",
    "require.main.constructor._load",
    "module._load",
    "importScripts",
    "Module._load",
)
def _require(call: Call) -> Value:
    name = call.data(0)
    own = own_module(call.state, call.node, name.text) if name.whole and name.text else None
    if own is not None:
        return own
    if name.whole and name.text:
        call.state.imports.add(name.text)
        path = names.module_path(name.text)
        plain = call.nodes[0].kind == "string" and "\\x" not in call.state.text(call.nodes[0])
        hidden = any(call.state.ledger.behaviour(taint) is Behaviour.DECODES for taint in name.taints)
        if hidden or (not plain and path in _RISKY_MODULES):
            call.state.sink(Behaviour.IMPORTS_DYNAMICALLY, call.node, name.taints, path)
        elif name.text.startswith("data:"):
            return run_code(call, name)
        if name.text in call.state.written:
            call.state.sink(Behaviour.IMPORTS_DYNAMICALLY, call.node, {call.state.written[name.text]}, name.text)
        return Value(path=path)
    if call.arguments:
        call.state.sink(Behaviour.IMPORTS_DYNAMICALLY, call.node, name.taints, call.shown(0))
    return tainted(name.taints)


@known("require.resolve")
def _resolve_module(call: Call) -> Value:
    """Read where another package's file lies."""
    name = call.argument(0).text or ""
    if not call.argument(0).whole or name.startswith("."):
        return tainted(call.taints)
    return Value(text=f"{UNKNOWN_PART}/node_modules/{name}" + ("" if name.endswith(_FILES) else "/index.js"))


@known("worker_threads.Worker", "Worker")
def _worker(call: Call) -> Value:
    """Read a worker: its code is a file's, or with `eval` the text itself."""
    return run_code(call, call.data(0)) if call.option("eval").text == "true" else passed_on(call)


@known("Object.defineProperty", "Reflect.defineProperty")
def _define_property(call: Call) -> Value:
    path, value = f"{call.argument(0).path}.{call.argument(1).text or ''}", call.option("value")
    if call.argument(0).path and len(call.nodes) > 1:
        replaced(call.state, call.node, call.nodes[1], path, value)
    return tainted(call.receiver.taints)


@known("document.createElement")
def _create_element(call: Call) -> Value:
    return Value(path="<script>") if call.argument(0).text == "script" else NOTHING


@known("module.createRequire", "createRequire")
def _create_require(_: Call) -> Value:
    return Value(path="require")


@known("Reflect.get")
def _reflect_get(call: Call) -> Value:
    name = call.argument(1)
    return names.member_of(call.state, call.node, call.argument(0), name.text) if name.whole and name.text else NOTHING


@known(
    "Object.assign",
    "Object.entries",
    "Object.keys",
    "Object.values",
    "Object.fromEntries",
    "JSON.stringify",
    "JSON.parse",
    "String",
    "Object",
)
def _of_data(call: Call) -> Value:
    if call.path == "Object":
        return call.argument(0)
    value = tainted(call.taints)
    if call.path == "Object.values" and call.argument(0).members:
        return merge(value, Value(items=tuple((call.argument(0).members or {}).values())))
    if call.path in {"JSON.stringify", "String"} and call.argument(0).text is not None:
        return merge(value, Value(text=call.argument(0).text))
    if call.path == "JSON.stringify" and (call.argument(0).members or call.argument(0).variable is not None):
        return merge(value, Value(members=_written_out(call.argument(0))))
    return value


def _written_out(value: Value) -> dict[str, Value]:
    """Keep with what an object holds the object itself, into which more may be put later."""
    kept = {"": Value(variable=value.variable)} if value.variable is not None else {}
    return {**(value.members or {}), **kept}


@known("Promise.all", "Promise.resolve", "Promise.allSettled", "Promise.race", "Promise.any")
def _promises(call: Call) -> Value:
    first = call.argument(0)
    return Value(
        text=first.text,
        taints=call.taints,
        items=first.items,
        path=first.path if call.path == "Promise.resolve" else "",
    )


@known("Promise")
def _promise(call: Call) -> Value:
    """Read `new Promise(run)`: what `run` gives to its first parameter is the promise's value."""
    taints: frozenset[int] = frozenset()
    for function in call.callbacks:
        call.state.load(function)
        resolve = function.parameter(0)
        call.state.absorb(resolve, Value(path="<resolve>", variable=resolve))
        taints |= call.state.read(resolve.member("resolved")).taints
    return Value(taints=taints)


@known("<resolve>")
def _resolve(call: Call) -> Value:
    variable = call.callee.variable
    if variable is not None:
        call.state.absorb(variable.member("resolved"), tainted(call.taints))
    return NOTHING
