"""Functions of the language or the system that are picked from all that there are, by a test instead of a name."""

from __future__ import annotations

from adapters.sigil.local.code.python.lookups import (
    BUILTIN_TABLES,
    UNKNOWN_BUILTIN,
    UNKNOWN_COMMAND,
    unknown_runner,
)
from adapters.sigil.local.code.python.values import Value

_TABLES = {
    **dict.fromkeys(BUILTIN_TABLES, UNKNOWN_BUILTIN),
    "os.__dict__": UNKNOWN_COMMAND,
    "subprocess.__dict__": UNKNOWN_COMMAND,
}
_GOING_OVER = frozenset({"items", "values"})
_LISTING = frozenset({"inspect.getmembers", "inspect.getmembers_static"})
_PICKING_ONE = frozenset({"min", "max"})
_PICKING = _PICKING_ONE | {"filter", "itertools.filterfalse", "itertools.dropwhile", "itertools.takewhile"}


def from_table(callee: Value, every: list[Value]) -> Value | None:
    """Give what goes over the functions of the language, or what a test picks of them; None for other calls."""
    if callee.member in _GOING_OVER and callee.receiver is not None:
        return _members(callee.receiver.name, named=callee.member == "items")
    if callee.name in _LISTING and every:
        return _members(f"{every[0].name}.__dict__", named=True)
    if callee.name == "dict" and every and every[0].name in _TABLES:
        return every[0]
    if callee.name in _PICKING:
        held = next((value.items for value in every if value.items and _holds_runner(value.items[0])), None)
        return None if held is None else held[0] if callee.name in _PICKING_ONE else Value(items=held)
    return None


def _members(table: str, *, named: bool) -> Value | None:
    known = _TABLES.get(table)
    if known is None:
        return None
    each = Value(name=known)
    return Value(items=(Value(items=(Value(template="{name}"), each)),) if named else (each,))


def _holds_runner(value: Value) -> bool:
    return any(map(unknown_runner, value.parts()))
