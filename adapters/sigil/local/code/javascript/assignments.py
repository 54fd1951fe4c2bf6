"""Classes and assignments, with what assigning does by itself."""

from __future__ import annotations

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript import mail_effects, names
from adapters.sigil.local.code.javascript.expressions import remember_method
from adapters.sigil.local.code.javascript.request_effects import replaced
from adapters.sigil.local.code.javascript.state import State, evaluate, handles
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, UNKNOWN, UNKNOWN_PART, Function, Value, merge, tainted

_NETWORK_GLOBALS = (
    "fetch",
    "XMLHttpRequest",
    "WebSocket",
    "ethereum",
    "solana",
    "http.",
    "https.",
    "navigator.clipboard",
)
_SCRIPT_TEXTS = frozenset({"<script>.text", "<script>.textContent", "<script>.innerHTML", "<script>.innerText"})
_GLOBAL_SLOTS = ("module._load", "Module.prototype", "require.extensions", "require.cache", "process.binding")


@handles("class", "class_declaration", "abstract_class_declaration")
def _class(state: State, node: Node) -> Value:
    evaluate(state, node.field("heritage"))
    body = node.field("body")
    constructors: list[Function] = []
    for child in body.named if body is not None else ():
        if child.kind == "method_definition":
            key, value = child.field("name"), Value(functions=(state.function(child),))
            name = names.key_name(state, key) if key is not None else None
            remember_method(state, name, value)
            if name == "constructor":
                constructors.extend(value.functions)
            elif name:
                state.absorb(state.this.member(name), value)
        elif child.kind in {"field_definition", "public_field_definition"}:
            key = child.field("property") or child.field("name")
            value = evaluate(state, child.field("value"))
            if key is not None:
                remember_method(state, state.text(key), value)
                state.absorb(state.this.member(state.text(key)), value)
        else:
            evaluate(state, child)
    value = Value(functions=tuple(constructors))
    name_node = node.field("name")
    if name_node is not None:
        state.absorb(state.declare(state.scope, state.text(name_node)), value)
    return value


@handles("assignment_expression")
def _assignment(state: State, node: Node) -> Value:
    left, value = node.field("left"), evaluate(state, node.field("right"))
    if left is None:
        return value
    _assigned_property(state, node, left, value)
    if value is NOTHING and left.kind == "identifier":
        value = UNKNOWN
    names.bind(state, left, value)
    return value


@handles("augmented_assignment_expression")
def _augmented(state: State, node: Node) -> Value:
    left, right = node.field("left"), node.field("right")
    if left is None:
        return NOTHING
    before = evaluate(state, left)
    after = names.used(state, evaluate(state, right), node)
    if before.text and after.text and UNKNOWN_PART not in before.text:
        after = merge(tainted(after.taints), Value(text=before.text + UNKNOWN_PART))
    names.bind(state, left, after)
    return merge(before, after)


def _assigned_property(state: State, node: Node, left: Node, value: Value) -> None:
    """Enter what assigning to a property does by itself: replacing a global, asking for an image's address."""
    if left.kind not in {"member_expression", "subscript_expression"}:
        return
    name = names.property_name(state, left)
    remember_method(state, name, value)
    mail_effects.copied(state, node, name, value)
    path = names.member(state, left).path
    if path.startswith((*_NETWORK_GLOBALS, *_GLOBAL_SLOTS)) and value is not NOTHING and not path.endswith(".default"):
        sources = state.source(Behaviour.REPLACES_GLOBAL, node, path)
        for function in value.functions:
            for position in range(3):
                state.absorb(function.parameter(position), tainted(sources))
    else:
        replaced(state, node, left, path, value)
    taints = names.used(state, value, node).taints
    if name in {"src", "href"} and taints and value.text and "://" in value.text:
        state.sink(Behaviour.SENDS, node, taints, value.text)
    if taints and path in _SCRIPT_TEXTS:
        state.sink(Behaviour.RUNS_CODE, node, taints)
    if name in {"onkeydown", "onkeypress", "onkeyup", "onpaste"}:
        sources = state.source(Behaviour.READS_INPUT, node, name)
        for function in value.functions:
            state.absorb(function.parameter(0), tainted(sources))
