"""What import statements bind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.python.modules import own_member, own_module, own_names
from adapters.sigil.local.code.python.values import Value, canonical

if TYPE_CHECKING:
    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine


def imported(machine: Machine, node: Node) -> None:
    """`import a.b, c as d`."""
    for child in node.named_children:
        if child.type == "aliased_import":
            name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
            if name is not None and alias is not None:
                module = machine.code(name)
                machine.scope.names[machine.code(alias)] = own_module(machine, node, module) or Value(name=module)
        elif child.type == "dotted_name":
            module = machine.code(child)
            top = module.partition(".")[0]
            own_module(machine, node, module)
            machine.scope.names[top] = own_module(machine, node, top) or Value(name=top)


def imported_from(machine: Machine, node: Node) -> None:
    """`from a import b, c as d`, and `from a import *`."""
    origin = node.child_by_field_name("module_name")
    module = machine.code(origin) if origin is not None else ""
    for child in node.named_children[1:]:
        if child.type == "wildcard_import":
            machine.scope.module().stars.append(module)
            machine.scope.names.update(own_names(machine, node, module))
        elif child.type == "dotted_name":
            name = machine.code(child)
            machine.scope.names[name] = _member(machine, node, module, name)
        elif child.type == "aliased_import":
            member, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
            if member is not None and alias is not None:
                machine.scope.names[machine.code(alias)] = _member(machine, node, module, machine.code(member))


def _member(machine: Machine, node: Node, module: str, name: str) -> Value:
    return own_member(machine, node, module, name) or Value(name=canonical(f"{module}.{name}"))
