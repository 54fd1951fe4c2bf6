"""Expressions: what they yield, from which facts their data comes."""

from __future__ import annotations

import math
import operator as operators
from collections.abc import Callable

from adapters.sigil.local.code.javascript import folding, mail_effects, names
from adapters.sigil.local.code.javascript.state import State, evaluate, handles
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, Value, constant, merge, tainted
from adapters.sigil.local.code.javascript.walk_effects import pattern_of

_BULK = 20_000
_LONGEST_PATTERN = 400
_COMPARISONS = frozenset({"==", "===", "!=", "!==", "<", ">", "<=", ">=", "instanceof", "in"})
_CHOICES = frozenset({"||", "&&", "??"})


@handles("identifier", "shorthand_property_identifier")
def _identifier(state: State, node: Node) -> Value:
    return names.identifier(state, node)


@handles("member_expression", "subscript_expression")
def _member(state: State, node: Node) -> Value:
    return names.member(state, node)


@handles("this")
def _this(state: State, _: Node) -> Value:
    path = "global" if state.current is None else ""
    return Value(path=path, taints=state.read(state.this).taints, variable=state.this)


@handles("string")
def _string(state: State, node: Node) -> Value:
    return constant(folding.unescape(state.text(node)[1:-1])[: folding.TEXT_LIMIT])


@handles("regex")
def _regex(state: State, node: Node) -> Value:
    return pattern_of(state.text(node)) if node.end - node.start < _LONGEST_PATTERN else NOTHING


@handles("true")
def _true(_: State, __: Node) -> Value:
    return constant("true")


@handles("number")
def _number(state: State, node: Node) -> Value:
    return Value(number=folding.number(state.text(node)))


@handles("template_string")
def _template(state: State, node: Node) -> Value:
    parts = []
    for child in node.named:
        if child.kind == "template_substitution":
            inner = child.named[0] if child.named else child
            parts.append(names.used(state, evaluate(state, inner), inner))
        else:
            parts.append(constant(folding.unescape(state.text(child))))
    return folding.joined(parts) if parts else constant("")


@handles(
    "parenthesized_expression",
    "await_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
    "expression_statement",
    "instantiation_expression",
)
def _inner(state: State, node: Node) -> Value:
    return evaluate(state, node.named[0]) if node.named else NOTHING


@handles("type_assertion")
def _last(state: State, node: Node) -> Value:
    return evaluate(state, node.named[-1])


@handles("spread_element")
def _spread(state: State, node: Node) -> Value:
    return names.used(state, evaluate(state, node.named[0]), node) if node.named else NOTHING


@handles("yield_expression")
def _yield(state: State, node: Node) -> Value:
    """Read what a generator hands out as its result, for those who iterate over it."""
    value = _spread(state, node)
    if state.current is not None:
        delegated = state.data[node.start : node.end].removeprefix(b"yield").lstrip().startswith(b"*")
        given = value if delegated else Value(items=(value,), taints=value.taints)
        state.absorb(state.current.result, given)
    return value


@handles("sequence_expression")
def _sequence(state: State, node: Node) -> Value:
    value = NOTHING
    for child in node.named:
        value = evaluate(state, child)
    return value


@handles("ternary_expression")
def _ternary(state: State, node: Node) -> Value:
    evaluate(state, node.field("condition"))
    consequence = evaluate(state, node.field("consequence"))
    return merge(consequence, evaluate(state, node.field("alternative")))


@handles("unary_expression")
def _unary(state: State, node: Node) -> Value:
    operator = node.field("operator")
    argument = evaluate(state, node.field("argument"))
    if operator is not None and operator.kind == "-" and argument.number is not None:
        return Value(number=-argument.number)
    if operator is not None and operator.kind == "!" and argument.number == 0:
        return constant("true")
    return NOTHING


@handles("update_expression")
def _update(state: State, node: Node) -> Value:
    evaluate(state, node.field("argument"))
    return NOTHING


@handles("binary_expression")
def _binary(state: State, node: Node) -> Value:
    chain = []
    current: Node | None = node
    while current is not None and current.kind == "binary_expression":  # a + b + c + … is deep on its left
        chain.append(current)
        current = current.field("left")
    value = evaluate(state, current)
    for link in reversed(chain):
        value = _operation(state, link, value)
    return value


def _operation(state: State, node: Node, left: Value) -> Value:
    right_node = node.field("right")
    right = evaluate(state, right_node)
    symbol = node.field("operator")
    operator = symbol.kind if symbol is not None else ""
    if operator in _COMPARISONS:
        return NOTHING
    if operator in _CHOICES:
        return merge(left, right)
    numbers = _as_number(left, operator), _as_number(right, operator)
    if numbers[0] is not None and numbers[1] is not None:
        return Value(number=_arithmetic(operator, numbers[0], numbers[1]))
    if operator == "+":
        return folding.joined([names.used(state, left, node), names.used(state, right, node)])
    taints = left.taints | right.taints
    return tainted(taints)


_EXACT = 2**53
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operators.add,
    "-": operators.sub,
    "*": operators.mul,
    "/": operators.truediv,
    "%": math.fmod,
}
_BITWISE: dict[str, Callable[[float, float], float]] = {
    "^": lambda left, right: int(left) ^ int(right),
    "|": lambda left, right: int(left) | int(right),
    "&": lambda left, right: int(left) & int(right),
    "<<": lambda left, right: (int(left) & 0xFFFFFFFF) << (int(right) & 31),
    ">>": lambda left, right: int(left) >> (int(right) & 31),
}


def _as_number(value: Value, operator: str) -> float | None:
    if value.number is None and operator == "-" and value.whole and value.text:
        return folding.number(value.text)
    return value.number


def _arithmetic(operator: str, left: float, right: float) -> float | None:
    compute = _ARITHMETIC.get(operator) or (_BITWISE.get(operator) if max(abs(left), abs(right)) < _EXACT else None)
    try:
        result = float(compute(left, right)) if compute is not None else math.nan
    except (OverflowError, ValueError, ZeroDivisionError):
        return None
    return result if math.isfinite(result) else None


@handles("array")
def _array(state: State, node: Node) -> Value:
    if _dull(state, node):
        return NOTHING
    items: list[Value] = []
    taints: frozenset[int] = frozenset()
    for child in node.named:
        value = names.used(state, evaluate(state, child), child)
        if child.kind == "spread_element":
            items.extend(value.items or ())
        items.append(value)
        taints |= value.taints
    return Value(items=tuple(items[: folding.ITEM_LIMIT]), taints=taints)


def _dull(state: State, node: Node) -> bool:
    return node.end - node.start > _BULK and not state.touches(node)


@handles("object")
def _object(state: State, node: Node) -> Value:
    if _dull(state, node):
        return NOTHING
    members: dict[str, Value] = {}
    taints: frozenset[int] = frozenset()
    for child in node.named:
        name, value = _entry(state, child)
        taints |= value.taints
        if name is not None:
            members[name] = value
        elif value.members:
            members.update(value.members)
    return Value(members=members, taints=taints)


def _entry(state: State, child: Node) -> tuple[str | None, Value]:
    if child.kind == "pair":
        key = child.field("key")
        inner = child.field("value")
        name = names.key_name(state, key) if key is not None else None
        value = evaluate(state, inner)
        remember_method(state, name, value)
        mail_effects.copied(state, child, name, value)
        return name, names.used(state, value, child)
    if child.kind == "shorthand_property_identifier":
        return state.text(child), names.used(state, evaluate(state, child), child)
    if child.kind == "method_definition":
        key = child.field("name")
        name = names.key_name(state, key) if key is not None else None
        value = Value(functions=(state.function(child),))
        remember_method(state, name, value)
        return name, value
    return None, evaluate(state, child)


def remember_method(state: State, name: str | None, value: Value) -> None:
    """Remember functions by the property they are, for calls on objects of which nothing is known."""
    if name and value.functions:
        state.absorb(state.methods.member(name), Value(functions=value.functions))


@handles("arrow_function", "function_expression", "function", "generator_function")
def _function(state: State, node: Node) -> Value:
    function = state.function(node)
    name = node.field("name")
    value = Value(functions=(function,))
    if name is not None:
        state.absorb(state.declare(function.scope, state.text(name)), value)
    return value
