"""Modules that a bundler put into a table: what each exports, and what another that asks for it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from adapters.sigil.local.code.javascript.call import KNOWN, Call, known
from adapters.sigil.local.code.javascript.modules import Module, exported
from adapters.sigil.local.code.javascript.state import State, evaluate
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, Function, Scope, Value, Variable, tainted

if TYPE_CHECKING:
    from collections.abc import Mapping

ASKING = "<modules>"
"""The path of what a module of a table asks for others with: `require`, `__webpack_require__`, `n`."""
_EXPORTS = b"exports"
_ALONE = ""
_MOST_MODULES = 4_000


def runs_module(state: State, callee: Node, nodes: tuple[Node, ...]) -> bool:
    """Tell whether a call runs a module, one that hands over `module.exports` of a module just made, and note which."""
    function = state.current
    if function is None or not any(state.data.endswith(_EXPORTS, node.start, node.end) for node in nodes):
        return False
    callee = _called(callee)
    if callee.kind == "member_expression" and state.data.endswith(b"call", callee.start, callee.end):
        inner, nodes = callee.field("object"), nodes[1:]
        callee = inner if inner is not None else callee
    roles = tuple(_role(state, node) for node in nodes)
    owner = callee.field("object") if callee.kind == "subscript_expression" else callee
    if owner is None or state.inlining:
        return owner is not None and owner is not callee
    if owner is callee or _picks_itself(state, callee, owner):
        return _makes_of_parameter(state, owner, roles)
    return function in state.tables.loaders or _makes_table(state, function, owner, roles)


def _picks_itself(state: State, callee: Node, owner: Node) -> bool:
    """Whether a table is asked for its only function: `cb[Object.getOwnPropertyNames(cb)[0]]`."""
    name = re.escape(state.data[owner.start : owner.end])
    return (
        owner.kind == "identifier"
        and re.compile(rb"\b%b\b" % name).search(state.data, owner.end, callee.end) is not None
    )


def _called(callee: Node) -> Node:
    """Find what is called in `(0, f)(…)`."""
    while callee.kind in {"parenthesized_expression", "sequence_expression"} and callee.named:
        callee = callee.named[-1]
    return callee


def _role(state: State, node: Node) -> str:
    """Tell what a module gets by an argument: its exports, itself, or what it asks for others with."""
    if state.data.endswith(_EXPORTS, node.start, node.end):
        return "exports"
    return "module" if node.kind == "identifier" and not evaluate(state, node).functions else "require"


def _makes_of_parameter(state: State, owner: Node, roles: tuple[str, ...]) -> bool:
    """Note a function that makes a module of what it is handed: esbuild's `__commonJS`, whatever it is called."""
    name = state.text(owner)
    scope: Scope | None = state.scope
    while scope is not None and name not in scope.names:
        scope = scope.parent
    function = scope.owner if scope is not None else None
    position = _position(state, function, name) if function is not None else None
    if function is None or position is None or function is state.current:
        return False
    if function not in state.tables.wrappers:
        state.tables.wrappers[function] = position, roles
        state.stale |= function.result.readers
    return True


def _position(state: State, function: Function, name: str) -> int | None:
    single, group = function.node.field("parameter"), function.node.field("parameters")
    patterns = (single,) if single is not None else group.named if group is not None else ()
    names = [state.text(pattern) for pattern in patterns]
    return names.index(name) if name in names else None


def _makes_table(state: State, loader: Function, owner: Node, roles: tuple[str, ...]) -> bool:
    if owner.kind == "subscript_expression":  # browserify: table[key][0]
        inner = owner.field("object")
        owner = inner if inner is not None else owner
    entries = dict(_entries(evaluate(state, owner)))
    if not entries:
        return False
    state.spend(len(entries))
    table = Variable()
    modules = state.tables.named[table] = {key: function for key, (function, _) in entries.items()}
    for function, known_as in entries.values():
        asking = table
        if known_as:
            asking = Variable()
            state.spend(len(known_as))
            state.tables.named[asking] = {
                name: modules[number] for name, number in known_as.items() if number in modules
            }
        _hand(state, function, roles, asking)
    state.tables.loaders[loader] = table
    state.stale |= loader.result.readers
    return True


def _entries(table: Value) -> Iterator[tuple[str, tuple[Function, Mapping[str, str]]]]:
    """List the functions of a table by their keys, each with the names that it has for others of them."""
    members = table.members if table.members is not None else {}
    items = {str(number): item for number, item in enumerate(table.items or ())}
    for key, value in list({**items, **members}.items())[:_MOST_MODULES]:
        function, known_as = value, NOTHING
        if value.items:
            function, known_as = value.items[0], value.items[-1]
        if len(function.functions) == 1:
            named = known_as.members or {}
            yield key, (function.functions[0], {name: _key(number) or "" for name, number in named.items()})


def _key(value: Value) -> str | None:
    if value.number is not None and value.number.is_integer():
        return str(int(value.number))
    return value.text if value.whole else None


def _module(state: State, function: Function) -> Module:
    found = state.tables.modules.get(function)
    if found is None:
        found = state.tables.modules[function] = Module(state.root)
        state.tables.exports[found.exports] = function
    return found


def _hand(state: State, function: Function, roles: tuple[str, ...], asking: Variable | None = None) -> None:
    module = _module(state, function)
    given = {
        "exports": Value(path="exports", variable=module.exports),
        "module": Value(path="module", variable=module.scope.names["module"]),
        "require": Value(path=ASKING, variable=asking) if asking is not None else NOTHING,
    }
    for position, role in enumerate(roles):
        state.absorb(function.parameter(position), given[role])


def wrapped(call: Call, function: Function) -> Value | None:
    """Give what a wrapper of modules makes of a function: something that gives its exports when it is called."""
    found = call.state.tables.wrappers.get(function)
    if found is None:
        return None
    position, roles = found
    value = call.argument(position)
    functions = [*value.functions, *(each for member in (value.members or {}).values() for each in member.functions)]
    if len(functions) != 1:
        return None
    _hand(call.state, functions[0], roles)
    return _getter_of(call.state, functions[0])


def _getter_of(state: State, function: Function) -> Value:
    """Give what gives a module when it is called, or by webpack's name for that: `x.a`."""
    exports = _module(state, function).exports
    asking = state.tables.getters.setdefault(exports, Variable())
    state.tables.named[asking] = {_ALONE: function}
    asking.members["a"] = exports
    return Value(path=ASKING, variable=asking)


def loaded(call: Call, function: Function) -> Value | None:
    """Give the module of a table that its loader is asked for; all of them run where nobody knows which."""
    table = call.state.tables.loaders.get(function)
    return None if table is None else _asked(call, table)


def _asked(call: Call, table: Variable) -> Value | None:
    state = call.state
    named = state.tables.named.get(table, {})
    key = _key(call.argument(0)) if call.arguments else _ALONE
    if key is None:
        state.spend(len(named))
        for function in named.values():
            state.load(function)
    if key is None or key not in named:
        return None
    state.load(named[key])
    return exported(state, _module(state, named[key]))


@known(ASKING)
def _ask(call: Call) -> Value:
    table = call.callee.variable
    found = _asked(call, table) if table is not None else None
    if found is None and call.argument(0).whole:
        return KNOWN["require"](call)
    return found if found is not None else tainted(call.taints)


@known(f"{ASKING}.n", f"{ASKING}.t")
def _getter(call: Call) -> Value:
    """Read webpack's `n.n(module)`: a function that gives the module."""
    value = call.argument(0)
    function = call.state.tables.exports.get(value.variable) if value.variable is not None else None
    return _getter_of(call.state, function) if function is not None else value


@known(f"{ASKING}.d")
def _define(call: Call) -> Value:
    """Read webpack's `n.d(exports, {name: () => value})`, once `n.d(exports, name, () => value)`."""
    second = call.argument(1)
    named = {second.text: call.argument(2)} if second.text is not None else second.members
    give(call.state, call.argument(0), named or {})
    return NOTHING


def give(state: State, target: Value, getters: Mapping[str, Value]) -> None:
    """Export under each name what its getter gives."""
    for name, getter in getters.items() if target.variable is not None else ():
        for function in getter.functions:
            if target.variable is not None:
                state.absorb(target.variable.member(name), state.read(function.result))
