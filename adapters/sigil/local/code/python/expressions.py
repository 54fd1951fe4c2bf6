"""Values of expressions: names, attributes, subscripts, operators and comprehensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import folding, literals
from adapters.sigil.local.code.python.calls import call
from adapters.sigil.local.code.python.functions import anonymous, gone_over
from adapters.sigil.local.code.python.lookups import attribute_of, identifier, subscript, unknown_runner
from adapters.sigil.local.code.python.machine import widened
from adapters.sigil.local.code.python.values import NOTHING, Value, sources_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Expression, Machine

PATTERNS = frozenset({"pattern_list", "tuple_pattern", "list_pattern", "tuple", "expression_list"})
_MOST_TURNS = 4000
_MOST_HANDED_ON = 16
_MOST_OPERANDS = 50_000


def attribute(machine: Machine, node: Node) -> Value:
    """Follow a member of something."""
    target = machine.evaluate(node.child_by_field_name("object"))
    name = node.child_by_field_name("attribute")
    return attribute_of(machine, node, target, machine.code(name) if name is not None else "")


def binary(machine: Machine, node: Node) -> Value:
    """Follow an operator between two values; long chains of `+` are taken in one step."""
    operator = node.child_by_field_name("operator")
    kind = operator.type if operator is not None else ""
    if kind == "+":
        return _sum(machine, _operands(node))
    left = machine.evaluate(node.child_by_field_name("left"))
    right = machine.evaluate(node.child_by_field_name("right"))
    sources = sources_of((left, right))
    if kind == "%" and isinstance(left.constant, str) and right.items is not None:
        text = folding.percent(left.constant, right.items)
        return Value(constant=text, template=_filled(left, right), sources=sources, computed=True)
    if left.constant is not None and right.constant is not None:
        folded = folding.binary(kind, left.constant, right.constant)
        if folded is not None:
            return Value(constant=folded, sources=sources, computed=True)
    if kind == "/":
        return _below(left, right)
    if kind == "^":
        sources |= machine.source_value(Behaviour.DECODES, node, "xor", latent=True)
    return Value(template=_filled(left, right) if kind == "%" else "", sources=sources, items=left.items or right.items)


def _filled(left: Value, right: Value) -> str:
    text = left.text
    for part in right.parts():
        text = text.replace("%s", part.text, 1)[:2000]
    return text


def _below(left: Value, right: Value) -> Value:
    sources = sources_of((left, right))
    text = f"{left.text}/{right.text}"[:2000]
    known = isinstance(left.constant, str) and isinstance(right.constant, str)
    return Value(constant=text if known else None, template=text, name=left.name, sources=sources)


def _operands(node: Node) -> list[Node]:
    operands: list[Node] = []
    current: Node | None = node
    while current is not None and len(operands) < _MOST_OPERANDS:
        if current.type != "binary_operator" or machine_operator(current) != "+":
            operands.append(current)
            break
        right = current.child_by_field_name("right")
        if right is not None:
            operands.append(right)
        current = current.child_by_field_name("left")
    return operands[::-1]


def machine_operator(node: Node) -> str:
    """Give the sign of an operator."""
    operator = node.child_by_field_name("operator")
    return operator.type if operator is not None else ""


def _sum(machine: Machine, operands: list[Node]) -> Value:
    parts: list[Value] = []
    for operand in operands:
        value = machine.evaluate(operand)
        bare = value.constant is None and not value.template and not value.name
        parts.append(literals.unknown(machine, operand, value) if bare else value)
    return added(parts)


def added(parts: list[Value]) -> Value:
    """Give the sum of numbers, or of lists, or of texts."""
    numbers = [part.constant for part in parts if isinstance(part.constant, int)]
    if len(numbers) == len(parts):
        return Value(constant=sum(numbers), computed=True)
    if any(part.items is not None for part in parts):
        items = tuple(item for part in parts for item in part.parts())
        return Value(items=items[:100_000], sources=sources_of(parts))
    return literals.concatenation(parts)


def either(machine: Machine, node: Node) -> Value:
    """Take one of several values: `a or b`, `a if c else b`; it comes from all of them."""
    values = [machine.evaluate(child) for child in node.named_children]
    if node.type == "conditional_expression" and len(values) > 2:  # noqa: PLR2004 - the condition stands in the middle
        values.pop(1)
    best = next((value for value in values if value.function or value.name or value.constant), Value())
    return widened(best, sources_of(values))


def looked_at(machine: Machine, node: Node) -> Value:
    """Follow a comparison or `not`: it is evaluated, its result says little."""
    for child in node.named_children:
        machine.evaluate(child)
    return Value()


def through(machine: Machine, node: Node) -> Value:
    """Tell what stands in brackets, or after await."""
    return machine.evaluate(next((child for child in node.named_children if child.type != "comment"), None))


def unary(machine: Machine, node: Node) -> Value:
    """Follow a signed number."""
    value = through(machine, node)
    if isinstance(value.constant, int):
        operator = machine_operator(node)
        number = {"-": -value.constant, "~": ~value.constant}.get(operator, value.constant)
        return Value(constant=number, sources=value.sources)
    return value


def yielded(machine: Machine, node: Node) -> Value:
    """Follow a generator's value is among what its function returns."""
    value = through(machine, node)
    machine.scope.yields = True
    delegated = any(child.type == "from" for child in node.children)
    handed = gone_over(machine, value).items if delegated else None
    machine.scope.returned.extend(handed[:_MOST_HANDED_ON] if handed else (value,))
    return value


def named(machine: Machine, node: Node) -> Value:
    """`name := value`."""
    value = machine.evaluate(node.child_by_field_name("value"))
    name = node.child_by_field_name("name")
    if name is not None:
        machine.assign(machine.code(name), value)
    return value


def comprehension(machine: Machine, node: Node) -> Value:
    """Follow a list of what the body gives, turn by turn where what it goes over is known."""
    clauses = [child for child in node.named_children if child.type in ("for_in_clause", "if_clause")]
    body = node.child_by_field_name("body")
    loops = [clause for clause in clauses if clause.type == "for_in_clause"]
    if len(loops) == 1 and len(clauses) == 1:
        return _turns(machine, node, loops[0], body)
    sources = NOTHING
    for clause in clauses:
        if clause.type == "for_in_clause":
            over = gone_over(machine, machine.evaluate(clause.child_by_field_name("right")))
            sources |= sources_of((over,))
            bind(machine, clause.child_by_field_name("left"), one_of(over))
        else:
            through(machine, clause)
    value = machine.evaluate(body)
    return _gathered(node, value, sources | value.sources)


def _gathered(node: Node, value: Value, sources: frozenset[int]) -> Value:
    """Give what a comprehension makes; a dictionary of functions that nobody can name has one under each key."""
    runner = value.items[-1] if value.items and node.type == "dictionary_comprehension" else None
    if runner is not None and unknown_runner(runner):
        return Value(entries={"": runner}, sources=sources)
    return Value(items=(value,), sources=sources)


def _turns(machine: Machine, node: Node, loop: Node, body: Node | None) -> Value:
    over = gone_over(machine, machine.evaluate(loop.child_by_field_name("right")))
    left = loop.child_by_field_name("left")
    known = elements(over)
    if known is None:
        bind(machine, left, one_of(over))
        value = machine.evaluate(body)
        return Value(items=(value,), sources=sources_of((over, value)))
    items: list[Value] = []
    for element in known[:_MOST_TURNS]:
        bind(machine, left, element)
        items.append(machine.evaluate(body))
    if len(items) == 1:
        return _gathered(node, items[0], sources_of((over, *items)))
    return Value(items=tuple(items), sources=sources_of((over, *items[:200])))


def elements(over: Value) -> tuple[Value, ...] | None:
    """Tell what a loop over a value goes through, where it is known."""
    if isinstance(over.constant, str | bytes):
        return tuple(Value(constant=part, sources=over.sources) for part in over.constant[:_MOST_TURNS])
    return over.items or None


def one_of(over: Value) -> Value:
    """Take any element of a value that a loop goes over."""
    texts = " ".join(item.text for item in over.items[:50]) if over.items else ""
    first = over.items[0] if over.items and over.items[0].items is not None else None
    return Value(template=texts, sources=sources_of((over,)), path=over.path, items=first.items if first else None)


def bind(machine: Machine, target: Node | None, value: Value) -> None:
    """Give a value to what stands on the left of an assignment or loop."""
    if target is None:
        return
    if target.type == "identifier":
        machine.assign(machine.code(target), value)
    elif target.type in PATTERNS:
        for name, part in parted(target, value):
            bind(machine, name, part)
    elif target.type in ("list_splat_pattern", "as_pattern_target", "parenthesized_expression"):
        bind(machine, target.named_children[0] if target.named_children else None, value)


def parted(target: Node, value: Value) -> Iterator[tuple[Node, Value]]:
    """Give the parts of what stands on the left, with the part of the value that each of them gets."""
    names = [child for child in target.named_children if child.type != "comment"]
    exact = value.items if value.items is not None and len(value.items) == len(names) else None
    for position, name in enumerate(names):
        yield name, exact[position] if exact else Value(sources=sources_of((value,)), template=value.template)


EXPRESSIONS: Mapping[str, Expression] = {
    "identifier": identifier,
    "attribute": attribute,
    "subscript": subscript,
    "call": call,
    "binary_operator": binary,
    "boolean_operator": either,
    "conditional_expression": either,
    "comparison_operator": looked_at,
    "not_operator": looked_at,
    "unary_operator": unary,
    "parenthesized_expression": through,
    "await": through,
    "type": lambda _machine, _node: Value(),
    "yield": yielded,
    "named_expression": named,
    "lambda": anonymous,
    "list_comprehension": comprehension,
    "set_comprehension": comprehension,
    "generator_expression": comprehension,
    "dictionary_comprehension": comprehension,
    "pair": lambda machine, node: Value(items=tuple(machine.evaluate(child) for child in node.named_children[:2])),
    "string": literals.string,
    "concatenated_string": literals.concatenated,
    "integer": literals.integer,
    "float": literals.decimal,
    "true": literals.boolean,
    "false": literals.boolean,
    "list": literals.collection,
    "tuple": literals.collection,
    "set": literals.collection,
    "expression_list": literals.collection,
    "list_splat": literals.starred,
    "dictionary_splat": literals.starred,
    "dictionary": literals.dictionary,
}
