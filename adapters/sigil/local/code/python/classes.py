"""Classes, and the code that runs by their being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.python import functions, lifecycle
from adapters.sigil.local.code.python.values import Arguments, Scope, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_STARTED = frozenset({"threading.Thread", "multiprocessing.Process", "threading.Timer"})
_META_METHODS = ("__new__", "__init__")
_METACLASS = "<metaclass>"


def made(machine: Machine, node: Node) -> None:
    """Follow a class, and what classes of the file do when another is made of them."""
    name = node.child_by_field_name("name")
    bases = node.child_by_field_name("superclasses")
    parents, given = _parents(machine, bases)
    outer, owner = machine.scope, node.start_byte + 1
    machine.scope = Scope(at_load=outer.at_load, parent=outer, owner=owner, is_class=True)
    if parents or given:
        machine.scope.shared.add("command")
    try:
        machine.run(node.child_by_field_name("body"))
        for member, value in machine.scope.names.items():
            machine.attributes.setdefault((owner, member), value)
    finally:
        machine.scope = outer
    for parent in (*parents, *given.values()):
        _inherit(machine, owner, parent)
    lifecycle.taken_up(machine, owner, parents)
    called = machine.code(name) if name is not None else ""
    new = Value(name="class", instance_of=owner)
    if called:
        machine.assign(called, new)
    _made_by_metaclass(machine, new, called, parents, given.pop("metaclass", None))
    _told_their_names(machine, new)
    for parent in parents:
        _runs_of(machine, parent, "__init_subclass__", new, Arguments(keywords=given))


def _parents(machine: Machine, bases: Node | None) -> tuple[list[Value], dict[str, Value]]:
    """Give the parents of a class, and what it is made with by name."""
    parents: list[Value] = []
    given: dict[str, Value] = {}
    for base in bases.named_children if bases is not None else ():
        if base.type == "keyword_argument":
            name = base.child_by_field_name("name")
            given[machine.code(name) if name is not None else ""] = machine.evaluate(base.child_by_field_name("value"))
        else:
            parents.append(machine.evaluate(base))
    return parents, given


def _told_their_names(machine: Machine, new: Value) -> None:
    """Follow what the objects do that a class holds, which are told their names when it is made."""
    for name, value in tuple(machine.attributes.of(new.instance_of).items()):
        if value.instance_of and not value.name and value.instance_of != new.instance_of:
            _runs_of(machine, value, "__set_name__", value, Arguments([new, Value(constant=name)]))


def _made_by_metaclass(machine: Machine, new: Value, name: str, parents: list[Value], own: Value | None) -> None:
    """Follow the metaclass of a class, its own or a parent's, with the names that the class's body binds."""
    inherited = machine.attributes.get((new.instance_of, _METACLASS))
    meta = own if own is not None and own.instance_of else inherited
    if meta is None:
        return
    machine.attributes[new.instance_of, _METACLASS] = meta
    members = {key: value for key, value in machine.attributes.of(new.instance_of).items() if key != _METACLASS}
    handed = [Value(constant=name), Value(items=tuple(parents)), Value(entries=members)]
    for method in _META_METHODS:
        _runs_of(machine, meta, method, meta, Arguments(handed))


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


def _runs_of(machine: Machine, parent: Value, method: str, receiver: Value, arguments: Arguments) -> None:
    """Follow what a class of the file does when another is made of it."""
    found = machine.attributes.get((parent.instance_of, method)) if parent.instance_of else None
    if found is not None and found.function is not None:
        functions.invoke(machine, Value(function=found.function, receiver=receiver), arguments)
