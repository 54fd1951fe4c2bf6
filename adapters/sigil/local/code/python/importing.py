"""What import statements bind."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
                machine.scope.names[machine.code(alias)] = Value(name=machine.code(name))
        elif child.type == "dotted_name":
            top = machine.code(child).partition(".")[0]
            machine.scope.names[top] = Value(name=top)


def imported_from(machine: Machine, node: Node) -> None:
    """`from a import b, c as d`, and `from a import *`."""
    origin = node.child_by_field_name("module_name")
    module = machine.code(origin) if origin is not None else ""
    for child in node.named_children[1:]:
        if child.type == "wildcard_import":
            machine.scope.module().stars.append(module)
        elif child.type == "dotted_name":
            name = machine.code(child)
            machine.scope.names[name] = Value(name=canonical(f"{module}.{name}"))
        elif child.type == "aliased_import":
            member, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
            if member is not None and alias is not None:
                machine.scope.names[machine.code(alias)] = Value(name=canonical(f"{module}.{machine.code(member)}"))
