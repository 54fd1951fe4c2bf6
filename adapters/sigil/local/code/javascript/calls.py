"""Calls: to known functions, to functions of the file, to what is unknown."""

from __future__ import annotations

from msgspec.structs import replace

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript import folding, names, tables
from adapters.sigil.local.code.javascript.call import KNOWN, METHODS, REFLECTED, Call, passed_on, rebound, reflected
from adapters.sigil.local.code.javascript.request_effects import answer_requests, intercepted
from adapters.sigil.local.code.javascript.state import State, evaluate, handles
from adapters.sigil.local.code.javascript.statements import element, run
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, UNKNOWN, Function, Value, merge, tainted
from adapters.sigil.local.code.javascript.walk_effects import picked_by_name

_ITERATIONS = frozenset({"forEach", "map", "filter", "flatMap", "some", "every", "find", "findIndex", "reduce"})
_NO_ANSWER = frozenset(
    {
        "includes",
        "startsWith",
        "endsWith",
        "test",
        "indexOf",
        "lastIndexOf",
        "existsSync",
        "isArray",
        "hasOwnProperty",
        "has",
        "equals",
        "log",
        "error",
        "warn",
        "info",
        "debug",
        "statSync",
        "lstatSync",
        "search",
        "isFile",
        "isDirectory",
    }
)
_LATER = frozenset(
    {
        "createServer",
        "addEventListener",
        "action",
        "command",
        "use",
        "post",
        "put",
        "delete",
        "patch",
        "route",
        "define",
        "defineProperty",
        "defineProperties",
        "registerCommand",
        "handle",
        "tap",
        "tapAsync",
        "tapPromise",
    }
)
_BUNDLERS = frozenset({"__commonJS", "__esm", "__commonJSMin", "__export"})
_LOADING = frozenset({"load", "DOMContentLoaded", "exit", "beforeExit"})
_GLOBAL = frozenset({"global", "process.env", "process", "arguments", "undefined", "exports", "module", "require"})
_METHOD_CANDIDATES = 2
_MOST_DECODED = 200
_INLINED_BYTES = 400
_INLINED_CALLS = 3_000
_WRAPPED = 2  # wrap(module, flag)
_FLUENT = frozenset({"then", "catch", "finally"})


@handles("call_expression", "new_expression")
def _call(state: State, node: Node) -> Value:
    callee = node.field("function") or node.field("constructor")
    if callee is None:
        return NOTHING
    while callee.kind == "parenthesized_expression" and callee.named:
        callee = callee.named[0]
    receiver, method, function = _callee(state, callee)
    arguments = node.field("arguments")
    nodes = _argument_nodes(arguments)
    values = tuple(evaluate(state, argument) for argument in nodes)
    if tables.runs_module(state, callee, nodes):
        return NOTHING
    call = Call(state, node, function.path, method, receiver, function, values, nodes)
    if function.path in REFLECTED:
        call = reflected(call)
    elif call.method in {"call", "apply", "bind"} and receiver is not NOTHING and not function.functions:
        call = rebound(call)
    return _answer(call)


def _argument_nodes(arguments: Node | None) -> tuple[Node, ...]:
    if arguments is None:
        return ()
    return (arguments,) if arguments.kind == "template_string" else arguments.named


def _callee(state: State, node: Node) -> tuple[Value, str, Value]:
    if node.kind not in {"member_expression", "subscript_expression"}:
        if node.kind in {"import", "super"}:
            return NOTHING, "", Value(path=node.kind)
        value = evaluate(state, node)
        return NOTHING, value.path.rpartition(".")[2], value
    receiver = evaluate(state, node.field("object"))
    method = names.property_name(state, node)
    if method is None:
        index = node.field("index")
        hidden = evaluate(state, index).taints if index is not None else frozenset()
        return receiver, "", names.any_member(receiver, hidden)
    return receiver, method, names.member_of(state, node, receiver, method)


def _answer(call: Call) -> Value:
    effect = KNOWN.get(call.path)
    if effect is not None:
        return effect(call)
    if call.callee.functions:
        return _own_function(call, call.callee.functions)
    folded = _folded(call)
    return folded if folded is not None else _by_method(call)


def _by_method(call: Call) -> Value:
    if call.method in _ITERATIONS:
        return _iteration(call)
    effect = METHODS.get(call.method)
    if effect is not None:
        return effect(call)
    candidates = call.state.read(call.state.methods.member(call.method)).functions if not call.path else ()
    if 0 < len(candidates) <= _METHOD_CANDIDATES:
        return merge(_own_function(call, candidates), tainted(call.receiver.taints))
    return _unknown(call)


def _folded(call: Call) -> Value | None:
    arguments = list(call.arguments)
    if call.receiver.whole:
        return folding.text_method(call.receiver, call.method, arguments)
    if call.receiver.items is not None:
        if call.method == "map" and call.receiver.items and call.callbacks:
            return _mapped(call)
        return folding.list_method(call.receiver, call.method, arguments)
    if call.path in {"path.join", "path.resolve", "path.posix.join", "path.win32.join"}:
        return folding.path_joined(arguments)
    return None


def _mapped(call: Call) -> Value:
    call.answer(element(call.receiver), positions=1)
    result = NOTHING
    for function in call.callbacks:
        result = merge(result, call.state.read(function.result))
    taints = call.receiver.taints | result.taints
    return Value(items=_each_decoded(call, result) or ((result,) if result is not NOTHING else None), taints=taints)


def _each_decoded(call: Call, result: Value) -> tuple[Value, ...]:
    """Decode the constants of a list one by one, where that is what it is gone through for."""
    items = call.receiver.items or ()
    decodes = any(call.state.ledger.behaviour(taint) is Behaviour.DECODES for taint in result.taints)
    if not (decodes and len(call.callbacks) == 1 and len(items) <= _MOST_DECODED):
        return ()
    each = [_inlined(replace(call, arguments=(item,)), call.callbacks[0]) for item in items]
    return tuple(value for value in each if value is not None) if None not in each else ()


def _iteration(call: Call) -> Value:
    value = element(call.receiver)
    for function in call.callbacks:
        call.state.load(function)
        first = 1 if call.method == "reduce" else 0
        call.state.absorb(function.parameter(first), value)
        if first:
            call.state.absorb(function.parameter(0), call.state.read(function.result))
    taints = call.receiver.taints
    for function in call.callbacks:
        taints |= call.state.read(function.result).taints
    return Value(taints=taints, text=value.text, items=call.receiver.items if call.method == "filter" else None)


def _inlined(call: Call, function: Function) -> Value | None:
    """Evaluate a small function for constants, as decoders of strings are called; None if no constant comes of it."""
    state = call.state
    constants = call.arguments and all(value.whole or value.number is not None for value in call.arguments)
    small = function.node.end - function.node.start < _INLINED_BYTES
    if not (constants and small and function.read and state.inlined < _INLINED_CALLS and not state.inlining):
        return None
    state.inlined += 1
    trial = Function(function.node, function.scope.parent or state.root, function.this)
    trial.at_load = state.at_load
    for position, value in enumerate(call.arguments):
        trial.parameter(position).absorb(value)
    state.inlining = True
    try:
        run(state, trial)
    finally:
        state.inlining = False
    value = trial.result.value
    known = value.whole or value.number is not None or (value.path and "<" not in value.path)
    return value if known else None


def _own_function(call: Call, functions: tuple[Function, ...]) -> Value:
    module = tables.loaded(call, functions[0]) or tables.wrapped(call, functions[0])
    if module is not None:
        call.state.load(functions[0])
        return module
    constant = _inlined(call, functions[0]) if len(functions) == 1 else None
    if constant is not None:
        call.state.load(functions[0])
        return constant
    result = NOTHING
    for function in functions:
        call.state.load(function)
        for position, value in enumerate(call.arguments):
            call.state.absorb(function.parameter(position), UNKNOWN if value is NOTHING else value)
        result = merge(result, call.state.read(function.result) if function.read else tainted(call.taints))
    anonymous = call.path == "" and call.callee.variable is None
    for value in call.arguments:
        _load_within(call, value, deep=anonymous)
    return result


def _load_within(call: Call, value: Value, *, deep: bool) -> None:
    """Mark functions that are handed over as called, for bundles those in lists and tables too."""
    for function in value.functions:
        call.state.load(function)
    if deep:
        for item in (*(value.items or ()), *(value.members or {}).values()):
            for function in item.functions:
                call.state.load(function)


def _unknown(call: Call) -> Value:
    name = call.method or call.path
    if call.path in _BUNDLERS or name in _BUNDLERS:
        for value in call.arguments:
            _load_within(call, value, deep=True)
        return NOTHING
    if name in _NO_ANSWER:
        return picked_by_name(call)
    answer_requests(call)
    intercepted(call)
    first = call.argument(0)
    if (name in _LATER and first.text not in _LOADING) or (name == "get" and (first.text or "").startswith("/")):
        return tainted(call.receiver.taints)
    if name in _FLUENT:
        return _continued(call)
    return _handed_over(call)


def _handed_over(call: Call) -> Value:
    """Read a call of something quite unknown: what wraps a module's member may well be that member."""
    first = call.argument(0)
    value = merge(passed_on(call), picked_by_name(call))
    wraps = not call.receiver.path or call.method == "promisify"
    if first.path and wraps and len(call.arguments) <= _WRAPPED and first.path not in _GLOBAL:
        return merge(value, Value(path=first.path))
    if call.receiver.handle is not None:
        return merge(value, Value(handle=call.receiver.handle, path=call.receiver.path))
    return value


def _continued(call: Call) -> Value:
    """Read `promise.then(f)`: f receives the promise's value and its answer goes on."""
    receiver = call.receiver
    received = Value(
        text=receiver.text,
        taints=receiver.taints,
        handle=receiver.handle,
        items=receiver.items,
        path=receiver.path,
        members=receiver.members,
    )
    result = NOTHING
    for position, value in enumerate(call.arguments):
        if value.functions:
            call.answer(received, value.functions, positions=1)
            for function in value.functions:
                result = merge(result, call.state.read(function.result))
        elif value.path and position == 0:
            handed = Call(
                call.state,
                call.node,
                value.path,
                value.path.rpartition(".")[2],
                NOTHING,
                value,
                (received,),
                call.nodes[:1],
            )
            result = merge(result, _answer(handed))
    return merge(result, tainted(receiver.taints))
