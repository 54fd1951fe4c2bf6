"""Identifiers, properties and assignments: which variable or member of a module is meant."""

from __future__ import annotations

import msgspec

from adapters.sigil.local.code import telling, telling_places
from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript.folding import unescape
from adapters.sigil.local.code.javascript.state import State, evaluate
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import ENVIRONMENTS, NOTHING, Scope, Value, Variable, merge, tainted

_GLOBALS = frozenset({"global", "globalThis", "window", "self", "top", "root"})
_SAME = frozenset({"default", "promises", "__esModule"})
_RUNNERS = frozenset(
    {"eval", "Function", "vm.runInThisContext", "vm.runInNewContext", "child_process.exec", "child_process.execSync"}
)
_ANY_OF = {"child_process": "child_process.exec", "vm": "vm.runInThisContext", "global": "<global function>"}
_MOST_CHOICES = 50
_MOST_FUNCTIONS = 8
ITERATORS = ("Symbol.iterator", "Symbol.asyncIterator")
_NO_DATA = frozenset({"length", "status", "statusCode", "ok", "size", "byteLength", "exitCode", "pid"})
_OWN_PAGE = {
    "document.cookie": "document.cookie",
    "document.forms": "document.forms",
    "localStorage": "localStorage",
    "sessionStorage": "sessionStorage",
}


def module_path(name: str) -> str:
    """Write a module's name as its members' paths begin: without `node:`, promises and drop-in replacements."""
    name = name.removeprefix("node:")
    if name in {"fs/promises", "fs-extra", "graceful-fs"}:
        return "fs"
    if name == "follow-redirects":
        return "http"
    return name.removesuffix("/promises")


def identifier(state: State, node: Node) -> Value:
    """Evaluate a name: a variable's value, or a global's path."""
    name = state.text(node)
    found = state.scope.find(name)
    if found is None:
        state.miss(name)
        return Value(path="global" if name in _GLOBALS else name)
    value = state.read(found)
    return Value(
        text=value.text,
        whole=value.whole,
        rooted=value.rooted,
        number=value.number,
        path=value.path,
        taints=value.taints,
        functions=value.functions,
        items=value.items,
        members=value.members,
        handle=value.handle,
        variable=value.variable or found,
    )


def property_name(state: State, node: Node) -> str | None:
    """Name the property of a member or subscript expression; None where it can't be known."""
    plain = node.field("property")
    if plain is not None:
        return state.text(plain)
    index = evaluate(state, node.field("index"))
    if index.whole:
        return index.text
    if index.number is not None and index.number.is_integer():
        return str(int(index.number))
    return None


def member(state: State, node: Node) -> Value:
    """Evaluate `object.name` and `object['name']`."""
    base = evaluate(state, node.field("object"))
    name = property_name(state, node)
    if name is None:
        return _unknown_member(state, node, base)
    if name == "constructor" and _is_function(node, base):
        return Value(path="Function")
    return member_of(state, node, base, name)


def _unknown_member(state: State, node: Node, base: Value) -> Value:
    if base.path in ENVIRONMENTS:
        return Value(taints=state.source(Behaviour.READS_ENVIRONMENT, node, hidden=True))
    taints = base.taints
    index = node.field("index")
    if base.path == "global" and index is not None:
        taints |= evaluate(state, index).taints
    merged = tainted(taints)
    for item in (base.items or ())[:16]:
        merged = merge(merged, item)
    return merged


def any_member(base: Value, hidden: frozenset[int]) -> Value:
    """Describe what a call picks by an unknown name: any function of a table, and what runs code if it may be that."""
    choices = (*(base.items or ()), *(base.members or {}).values())[:_MOST_CHOICES]
    functions = tuple(dict.fromkeys(function for choice in choices for function in choice.functions))
    running = next((choice.path for choice in choices if choice.path in _RUNNERS), _ANY_OF.get(base.path, ""))
    return Value(path=running, functions=functions[:_MOST_FUNCTIONS], taints=base.taints | hidden)


def member_of(state: State, node: Node, base: Value, name: str) -> Value:
    """Evaluate the member of a value by its name."""
    if base.items is not None and name.isdigit() and int(name) < len(base.items):
        return base.items[int(name)]
    if name in _NO_DATA:
        return NOTHING
    if base.path in ENVIRONMENTS:
        return _environment(state, node, name)
    known = NOTHING
    if base.variable is not None and name in base.variable.members:
        variable = base.variable.members[name]
        known = _of_variable(state, variable, base)
    if base.members is not None and name in base.members:
        known = _of_literal(merge(known, base.members[name]), base, name)
    if known is NOTHING:
        known = Value(taints=base.taints, handle=base.handle)
        if base.variable is not None and not base.path:
            variable = base.variable.member(name)
            state.read(variable)
            taints = base.taints | _kept_secret(state, node, name)
            known = Value(taints=taints, handle=base.handle, variable=variable)
    path = _member_path(base, name)
    if not path:
        return known
    if path in _OWN_PAGE:
        taints = state.source(Behaviour.READS_INPUT, node, _OWN_PAGE[path], hidden=True)
        return merge(known, Value(path=path, taints=taints))
    return merge(Value(path=path, taints=base.taints, handle=base.handle), known)


def _of_literal(known: Value, base: Value, name: str) -> Value:
    """Describe an object within an object literal: what is put into it later belongs to the literal's variable."""
    if known.members is None or known.variable is not None or base.variable is None:
        return known
    return msgspec.structs.replace(known, variable=base.variable.member(name))


def _is_function(node: Node, base: Value) -> bool:
    """Whether a value is a function for sure: one of the file, or a method that every list or text has."""
    owner = node.field("object")
    inner = owner.field("object") if owner is not None and owner.kind == "member_expression" else None
    literal = inner is not None and inner.kind in {"array", "string", "template_string", "number", "regex", "object"}
    return bool(base.functions) or literal or base.path == "Function"


def _kept_secret(state: State, node: Node, name: str) -> frozenset[int]:
    """Enter a key or password that an object of somebody keeps: telling only where it goes somewhere."""
    kind = telling_places.kept_secret(name)
    if kind is None:
        return NOTHING.taints
    return state.source(Behaviour.TAKES_SECRET, node, f"{kind} {name}", hidden=True)


def _of_variable(state: State, variable: Variable, base: Value) -> Value:
    """Describe a property: one that was only asked for so far has the data of what it is a property of."""
    if state.read(variable) is NOTHING:
        return Value(taints=base.taints, handle=base.handle, variable=variable)
    return merge(variable.value, Value(variable=variable))


def _member_path(base: Value, name: str) -> str:
    if not base.path:
        return ""
    if name in _SAME:
        return base.path
    if base.path == "global":
        return "global" if name in _GLOBALS else name
    return f"{base.path}.{name}"


def _environment(state: State, node: Node, name: str) -> Value:
    if not telling.secret_variable(name):
        return NOTHING
    return Value(taints=state.source(Behaviour.READS_ENVIRONMENT, node, name))


def used(state: State, value: Value, node: Node) -> Value:
    """Take a value as data: an object with what was put into it, all of the environment as the fact that it is read."""
    if value.path in ENVIRONMENTS:
        taints = state.source(Behaviour.READS_ENVIRONMENT, node, value.path)
        return Value(path=value.path, taints=value.taints | taints)
    if value.variable is None:
        return value
    state.take(value.variable)
    held = value.variable.held
    if value.variable.environment:
        held |= state.source(Behaviour.READS_ENVIRONMENT, node, value.variable.environment)
    return value if held <= value.taints else msgspec.structs.replace(value, taints=value.taints | held)


def variable_of(state: State, node: Node) -> Variable | None:
    """Find the variable that an assignment to a node changes; None where it is no variable of the file."""
    if node.kind in {"identifier", "shorthand_property_identifier_pattern"}:
        name = state.text(node)
        found = state.scope.find(name)
        return found if found is not None else _new_global(state, name)
    if node.kind == "this":
        return state.this
    if node.kind not in {"member_expression", "subscript_expression"}:
        return None
    target = node.field("object")
    base = variable_of(state, target) if target is not None else None
    name_of = property_name(state, node)
    if base is None or name_of is None:
        return base
    return (base.value.variable or base).member(name_of)


def _new_global(state: State, name: str) -> Variable:
    """Make a variable that nobody declared: `module`, into which everybody puts exports, stays what it is."""
    made = state.declare(state.root, name)
    if name == "module":
        state.absorb(made, Value(path=name))
    return made


def bind(state: State, pattern: Node, value: Value, scope: Scope | None = None) -> None:
    """Give a pattern's names their values; `scope` is where they are declared, none for an assignment."""
    if pattern.kind in {"identifier", "shorthand_property_identifier_pattern"} and scope is not None:
        state.absorb(state.declare(scope, state.text(pattern)), value)
    elif pattern.kind in _PATTERNS:
        _PATTERNS_BIND[pattern.kind](state, pattern, value, scope)
    else:
        variable = variable_of(state, pattern)
        if variable is not None and state.inlining and variable in state.scope.names.values():
            variable.value = value
        elif variable is not None:
            state.absorb(variable, value)


def _bind_object(state: State, pattern: Node, value: Value, scope: Scope | None) -> None:
    for child in pattern.named:
        if child.kind == "shorthand_property_identifier_pattern":
            bind(state, child, member_of(state, child, value, state.text(child)), scope)
        elif child.kind == "pair_pattern":
            key, inner = child.field("key"), child.field("value")
            if key is not None and inner is not None:
                bind(state, inner, member_of(state, child, value, key_name(state, key) or "?"), scope)
        elif child.kind == "object_assignment_pattern":
            _bind_default(state, child, member_of(state, child, value, state.text(child.named[0])), scope)
        elif child.kind == "rest_pattern" and child.named:
            bind(state, child.named[0], used(state, value, child), scope)


def _bind_array(state: State, pattern: Node, value: Value, scope: Scope | None) -> None:
    for position, child in enumerate(pattern.named):
        bind(state, child, member_of(state, child, value, str(position)), scope)


def _bind_default(state: State, pattern: Node, value: Value, scope: Scope | None) -> None:
    left = pattern.field("left") or pattern.named[0]
    bind(state, left, merge(value, evaluate(state, pattern.field("right"))), scope)


def _bind_first(state: State, pattern: Node, value: Value, scope: Scope | None) -> None:
    inner = pattern.field("pattern") or (pattern.named[0] if pattern.named else None)
    if inner is not None:
        bind(state, inner, value, scope)
    default = pattern.field("value")
    if default is not None and inner is not None:
        bind(state, inner, evaluate(state, default), scope)


_PATTERNS_BIND = {
    "object_pattern": _bind_object,
    "array_pattern": _bind_array,
    "assignment_pattern": _bind_default,
    "object_assignment_pattern": _bind_default,
    "rest_pattern": _bind_first,
    "required_parameter": _bind_first,
    "optional_parameter": _bind_first,
}
_PATTERNS = frozenset(_PATTERNS_BIND)


def key_name(state: State, key: Node) -> str | None:
    """Name a key of an object literal, pattern or class; None for a computed one that is not constant."""
    if key.kind in {"property_identifier", "number", "private_property_identifier", "identifier"}:
        return state.text(key)
    if key.kind == "string":
        return unescape(state.text(key)[1:-1])
    if key.kind == "computed_property_name" and key.named:
        value = evaluate(state, key.named[0])
        return value.path if value.path in ITERATORS else value.text
    return None
