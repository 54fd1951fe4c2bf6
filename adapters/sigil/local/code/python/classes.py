"""Classes, and the code that runs by their being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.python import functions
from adapters.sigil.local.code.python.values import Arguments, Scope, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_STARTED = frozenset({"threading.Thread", "multiprocessing.Process", "threading.Timer"})
_META_METHODS = ("__new__", "__init__")


def made(machine: Machine, node: Node) -> None:
    """Follow a class, and what classes of the file do when another is made of them."""
    name = node.child_by_field_name("name")
    bases = node.child_by_field_name("superclasses")
    parents = [(base.type, machine.evaluate(_base(base))) for base in bases.named_children] if bases is not None else []
    outer, owner = machine.scope, node.start_byte + 1
    machine.scope = Scope(at_load=outer.at_load, parent=outer, owner=owner, is_class=True)
    if parents:
        machine.scope.shared.add("command")
    try:
        machine.run(node.child_by_field_name("body"))
        for member, value in machine.scope.names.items():
            machine.attributes.setdefault((owner, member), value)
    finally:
        machine.scope = outer
    for _, parent in parents:
        _inherit(machine, owner, parent)
    if name is not None:
        machine.assign(machine.code(name), Value(name="class", instance_of=owner))
    for kind, parent in parents:
        _runs_of(machine, parent, _META_METHODS if kind == "keyword_argument" else ("__init_subclass__",))


def _inherit(machine: Machine, owner: int, parent: Value) -> None:
    """Give a class the members of a parent of the file; a thread's start runs what its class says."""
    if parent.instance_of:
        members = machine.attributes.of(parent.instance_of)
        machine.budget.steps -= len(members)
        for name, value in tuple(members.items()) if machine.budget.spend() else ():
            machine.attributes.setdefault((owner, name), value)
    run = machine.attributes.get((owner, "run"))
    if run is not None and parent.name in _STARTED:
        machine.attributes.setdefault((owner, "start"), run)


def _base(base: Node) -> Node | None:
    return base.child_by_field_name("value") if base.type == "keyword_argument" else base


def _runs_of(machine: Machine, parent: Value, methods: tuple[str, ...]) -> None:
    """Follow what a class of the file does when another is made of it."""
    for method in methods if parent.instance_of else ():
        found = machine.attributes.get((parent.instance_of, method))
        if found is not None and found.function is not None:
            functions.invoke(machine, Value(function=found.function, receiver=parent), Arguments())
