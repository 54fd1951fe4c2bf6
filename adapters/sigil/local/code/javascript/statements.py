"""Statements: declarations, imports, loops and what functions return."""

from __future__ import annotations

from adapters.sigil.local.code import telling_places
from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript import names
from adapters.sigil.local.code.javascript.folding import unescape
from adapters.sigil.local.code.javascript.modules import default_of, own_module
from adapters.sigil.local.code.javascript.request_effects import mark_request
from adapters.sigil.local.code.javascript.state import State, evaluate, handles
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, Function, Scope, Value, merge

_MOST_ITERATORS = 2
_TYPES_ONLY = (
    "interface_declaration",
    "type_alias_declaration",
    "ambient_declaration",
    "type_annotation",
    "type_arguments",
    "type_parameters",
    "function_signature",
    "import_alias",
    "comment",
    "string_fragment",
    "property_identifier",
)


@handles(*_TYPES_ONLY)
def _nothing(_: State, __: Node) -> Value:
    return NOTHING


@handles("statement_block")
def _block(state: State, node: Node) -> Value:
    declare_functions(state, node)
    for child in node.named:
        evaluate(state, child)
    return NOTHING


def declare_functions(state: State, block: Node) -> None:
    """Make the functions that a block declares known before it is evaluated."""
    for child in block.named:
        declared = child.field("declaration") if child.kind == "export_statement" else child
        if declared is not None and declared.kind in {"function_declaration", "generator_function_declaration"}:
            _declare_function(state, declared)


def _declare_function(state: State, node: Node) -> None:
    name = node.field("name")
    if name is not None:
        state.absorb(state.declare(state.scope, state.text(name)), Value(functions=(state.function(node),)))


@handles("function_declaration", "generator_function_declaration")
def _function_declaration(state: State, node: Node) -> Value:
    _declare_function(state, node)
    return NOTHING


@handles("variable_declarator")
def _declarator(state: State, node: Node) -> Value:
    name = node.field("name")
    value = evaluate(state, node.field("value"))
    if name is not None:
        names.bind(state, name, value, state.scope)
    return NOTHING


@handles("import_statement")
def _import(state: State, node: Node) -> Value:
    source = node.field("source")
    if source is None:
        return NOTHING
    name = unescape(state.text(source)[1:-1])
    state.imports.add(name)
    module = own_module(state, node, name) or Value(path=names.module_path(name))
    for clause in node.named:
        for child in clause.named if clause.kind == "import_clause" else ():
            _import_names(state, child, module)
    return NOTHING


def _import_names(state: State, node: Node, module: Value) -> None:
    if node.kind == "identifier":
        state.absorb(state.declare(state.scope, state.text(node)), default_of(state, node, module))
    elif node.kind == "namespace_import" and node.named:
        state.absorb(state.declare(state.scope, state.text(node.named[-1])), module)
    elif node.kind == "named_imports":
        for specifier in node.named:
            name = specifier.field("name")
            alias = specifier.field("alias") or name
            if name is not None and alias is not None:
                value = names.member_of(state, specifier, module, state.text(name))
                state.absorb(state.declare(state.scope, state.text(alias)), value)


@handles("for_in_statement")
def _for_in(state: State, node: Node) -> Value:
    left, right = node.field("left"), node.field("right")
    value = gone_over(state, evaluate(state, right))
    if left is not None and right is not None:
        names.bind(state, left, element(names.used(state, value, right)), state.scope)
    return evaluate(state, node.field("body"))


def gone_over(state: State, value: Value) -> Value:
    """Give what a loop over an object goes over: where nothing else is known, what the file's iterators hand out."""
    if value.items is not None or value.text is not None or value.path:
        return value
    for name in names.ITERATORS:
        functions = state.read(state.methods.member(name)).functions
        for function in functions if len(functions) <= _MOST_ITERATORS else ():
            state.load(function)
            value = merge(value, state.read(function.result))
    return value


def element(value: Value) -> Value:
    """Describe any element of a collection: the first that is known, with the data of all."""
    result = Value(taints=value.taints, handle=value.handle) if value.taints or value.handle is not None else NOTHING
    for item in (value.items or ())[:32]:
        result = merge(result, item)
    return result


@handles("return_statement")
def _return(state: State, node: Node) -> Value:
    value = evaluate(state, node.named[0]) if node.named else NOTHING
    if state.current is not None:
        state.absorb(state.current.result, names.used(state, value, node))
    return NOTHING


@handles("catch_clause")
def _catch(state: State, node: Node) -> Value:
    parameter = node.field("parameter")
    if parameter is not None:
        names.bind(state, parameter, NOTHING, state.scope)
    return evaluate(state, node.field("body"))


@handles("method_definition")
def _method(state: State, node: Node) -> Value:
    return Value(functions=(state.function(node),))


def run(state: State, function: Function) -> None:
    """Evaluate a function's body with what its parameters have received so far."""
    before = state.scope, state.current, state.this
    state.scope, state.current, state.this = function.scope, function, function.this
    try:
        _bind_parameters(state, function)
        body = function.node.field("body")
        value = evaluate(state, body)
        if body is not None and body.kind != "statement_block":
            state.absorb(function.result, names.used(state, value, body))
    finally:
        state.scope, state.current, state.this = before


def _bind_parameters(state: State, function: Function) -> None:
    single = function.node.field("parameter")
    group = function.node.field("parameters")
    patterns = (single,) if single is not None else group.named if group is not None else ()
    mark_request(state, function.scope, patterns)
    for position, pattern in enumerate(patterns):
        if pattern.kind == "rest_pattern":
            value = NOTHING
            for later, received in function.parameters.items():
                value = merge(value, received.value) if later >= position else value
        else:
            value = function.parameters[position].value if position in function.parameters else NOTHING
        names.bind(state, pattern, value, function.scope)
        _mark_secrets(state, function.scope, pattern)


def _mark_secrets(state: State, scope: Scope, pattern: Node) -> None:
    """Mark parameters, those taken out of an object too, whose names say that callers hand over a secret."""
    if pattern.kind in {"required_parameter", "optional_parameter"}:
        inner = pattern.field("pattern")
        pattern = inner if inner is not None else pattern
    if pattern.kind == "object_pattern":
        for child in pattern.named:
            _mark_secrets(state, scope, child)
    if pattern.kind in {"assignment_pattern", "object_assignment_pattern"} and pattern.named:
        pattern = pattern.named[0]
    if pattern.kind not in {"identifier", "shorthand_property_identifier_pattern"}:
        return
    name = state.text(pattern)
    kind = telling_places.secret_parameter(name)
    if kind is not None:
        taints = state.source(Behaviour.TAKES_SECRET, pattern, f"{kind} {name}", hidden=True)
        state.absorb(state.declare(scope, name), Value(taints=taints))
