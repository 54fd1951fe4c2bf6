"""Functions of other libraries that the code replaces by its own, and what passes through them from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python import functions
from adapters.sigil.local.code.python.values import Arguments, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_HANDED = 5


def replaced(machine: Machine, node: Node, target: Value, name: str, value: Value) -> None:
    """Follow what is handed to a function that takes the place of a member of something imported."""
    if value.function is None or not target.name or "()" in target.name or target.name.startswith("."):
        return
    sources = machine.source_value(Behaviour.REPLACES_METHOD, node, f"{target.name}.{name}", latent=True)
    handed = [Value(sources=sources) for _ in range(_HANDED)]
    functions.later(machine, value.function, Arguments(handed, {"": Value(sources=sources)}))


def member_set(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """`setattr(owner, "name", function)`."""
    owner, name, value = (arguments.get(place) or Value() for place in range(3))
    replaced(machine, node, owner, name.text, value)
    return Value()
