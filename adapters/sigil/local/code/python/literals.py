"""Values of literals: strings with their escapes, f-strings, numbers, lists and dictionaries."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from adapters.sigil.local.code.python import configurations, mail
from adapters.sigil.local.code.python.values import LONGEST_CONSTANT, Value, joined, sources_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]{1,100}\}|[0-7]{1,3}|\r?\n|[\\'\"abfnrtv])"
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_MOST_ITEMS = 100_000
_HIGHEST = 0x10FFFF


def _escape(found: re.Match[str]) -> str:
    code = found[1]
    if code in _SIMPLE:
        return _SIMPLE[code]
    if code[0] in "xuU":
        return _character(int(code[1:], 16))
    if code[0] in "01234567":
        return _character(int(code, 8))
    if code[0] == "N":
        try:
            return unicodedata.lookup(code[2:-1])
        except KeyError:
            return ""
    return "" if code.endswith("\n") else code


def _character(number: int) -> str:
    return chr(number) if number <= _HIGHEST else ""


def string(machine: Machine, node: Node) -> Value:
    """Follow a string literal of any prefix; interpolations of f-strings are folded where they are constant."""
    children = node.named_children
    if not children:
        return Value(constant="")
    prefix = machine.code(children[0]).rstrip("\"'").lower()
    plain = not prefix.strip("bru")
    if not plain and any(child.type == "interpolation" for child in children):
        return _interpolated(machine, children, raw="r" in prefix)
    start, end = children[0].end_byte, children[-1].start_byte
    return Value(constant=_content(machine.source[start:end], prefix))


def _content(content: bytes, prefix: str) -> str | bytes:
    text = content.decode("utf-8", "replace")
    if "\\" in text and "r" not in prefix:
        text = _ESCAPE.sub(_escape, text)
    return text.encode("latin-1", "replace") if "b" in prefix else text


def _interpolated(machine: Machine, children: list[Node], *, raw: bool) -> Value:
    parts: list[Value] = []
    position = children[0].end_byte
    prefix = "r" if raw else ""
    for child in children[1:]:
        if child.type == "interpolation":
            parts.append(Value(constant=_content(machine.source[position : child.start_byte], prefix)))
            parts.append(_shown(machine, child))
            position = child.end_byte
    parts.append(Value(constant=_content(machine.source[position : children[-1].start_byte], prefix)))
    return concatenation(parts)


def _shown(machine: Machine, interpolation: Node) -> Value:
    value = machine.evaluate(interpolation.child_by_field_name("expression"))
    if value.name == configurations.HOST_CONFIGURATION:
        return Value(template=value.template, sources=configurations.shown(machine, interpolation, "str", [value]))
    return (
        value if value.constant is not None or value.template or value.name else unknown(machine, interpolation, value)
    )


def unknown(machine: Machine, node: Node, value: Value) -> Value:
    """Give the value with its own source as its text."""
    shown = machine.code(node).strip("{}")
    return Value(template=f"{{{shown[:60]}}}", sources=value.sources, items=value.items, path=value.path)


def concatenation(parts: list[Value]) -> Value:
    """Put texts one after the other, constant where all are."""
    sources = sources_of(parts)
    constants = [part.constant for part in parts]
    if all(isinstance(constant, bytes) for constant in constants):
        size = sum(len(constant) for constant in constants if isinstance(constant, bytes))
        if size <= LONGEST_CONSTANT:
            whole = b"".join(constant for constant in constants if isinstance(constant, bytes))
            return Value(constant=whole, sources=sources, computed=True)
    elif all(isinstance(constant, str | int | float) for constant in constants):
        text = "".join(map(str, constants))
        if len(text) <= LONGEST_CONSTANT:
            return Value(constant=text, sources=sources, computed=True)
    return Value(template=joined(parts), sources=sources, items=tuple(p for p in parts if p.path is not None) or None)


def concatenated(machine: Machine, node: Node) -> Value:
    """Join string literals that stand side by side."""
    value = concatenation([machine.evaluate(child) for child in node.named_children])
    value.computed = False
    return value


def integer(machine: Machine, node: Node) -> Value:
    """Follow a whole number in any base."""
    text = machine.code(node).rstrip("lLjJ").replace("_", "")
    try:
        return Value(constant=int(text, 0) if len(text) < 100 else None)  # noqa: PLR2004 - such numbers mean nothing here
    except ValueError:
        return Value()


def decimal(machine: Machine, node: Node) -> Value:
    """Follow a number with a point."""
    try:
        return Value(constant=float(machine.code(node)))
    except ValueError:
        return Value()


def boolean(_machine: Machine, node: Node) -> Value:
    """Read true, False."""
    return Value(constant=int(node.type == "true"))


def collection(machine: Machine, node: Node) -> Value:
    """Follow a list, tuple or set; a starred part gives its own items."""
    items: list[Value] = []
    for child in node.named_children[:_MOST_ITEMS]:
        if child.type == "comment":
            continue
        value = machine.evaluate(child)
        items.extend(value.parts() if child.type == "list_splat" else (value,))
    if len(items) > _MOST_ITEMS:
        machine.budget.exceeded = True
    return Value(items=tuple(items[:_MOST_ITEMS]), sources=sources_of(items))


def starred(machine: Machine, node: Node) -> Value:
    """Tell what a star unpacks."""
    return machine.evaluate(node.named_children[0] if node.named_children else None)


def dictionary(machine: Machine, node: Node) -> Value:
    """Follow a dictionary: its items are its values and the keys that are no constants."""
    items: list[Value] = []
    entries: dict[str, Value] = {}
    for child in node.named_children[:_MOST_ITEMS]:
        if child.type != "pair":
            items.append(starred(machine, child))
            continue
        key = machine.evaluate(child.child_by_field_name("key"))
        value = machine.evaluate(child.child_by_field_name("value"))
        items.extend((value,) if key.constant is not None else (key, value))
        if isinstance(key.constant, str):
            entries[key.constant] = value
            mail.copied(machine, child, key.constant, value)
    return Value(items=tuple(items), entries=entries, sources=sources_of(items))
