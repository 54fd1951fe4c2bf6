"""Modules of one package read together: what each exports, and what another that asks for it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from adapters.sigil.local.code.javascript import names
from adapters.sigil.local.code.javascript.state import State, evaluate, handles
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, Scope, Value, Variable, merge
from adapters.sigil.local.phases.hooks import resolved

if TYPE_CHECKING:
    from adapters.sigil.local.code.joined import Joined


class Module:
    """A file's own names, what it exports, and its `this`."""

    __slots__ = ("exports", "scope", "this")

    def __init__(self, root: Scope) -> None:
        self.scope = Scope(root)
        self.this = Variable()
        self.exports = Variable()
        module, exports = self.scope.declare("module"), self.scope.declare("exports")
        module.absorb(Value(path="module"))
        module.members["exports"] = self.exports
        exports.absorb(Value(path="exports", variable=self.exports))


class Modules:
    """The files that are read together."""

    def __init__(self, joined: Joined, root: Scope) -> None:
        self.joined = joined
        self.each = {part.path: Module(root) for part in joined.parts}
        self._paths = frozenset(self.each)

    def at(self, node: Node) -> Module:
        """Find the module that a node is part of."""
        return self.each[self.joined.part_at(node.start).path]

    def named(self, node: Node, name: str) -> Module | None:
        """Find the module that a name means where a node asks for it."""
        folder = self.joined.part_at(node.start).path.rpartition("/")[0]
        path = resolved(name, folder, self._paths) if name.startswith(".") else None
        return self.each[path] if path is not None else None


def own_module(state: State, node: Node, name: str) -> Value | None:
    """Give what another module of the package exports; None for what is none of them."""
    module = state.modules.named(node, name) if state.modules is not None else None
    return exported(state, module) if module is not None else None


def exported(state: State, module: Module) -> Value:
    """Give all that a module exports, as a value."""
    value = state.read(module.exports)
    if value.variable is None or value.variable is module.exports:
        return msgspec.structs.replace(value, variable=module.exports)
    state.spend(len(module.exports.members))
    members = {name: merge(state.read(each), Value(variable=each)) for name, each in module.exports.members.items()}
    return msgspec.structs.replace(value, members={**(value.members or {}), **members}) if members else value


def default_of(state: State, node: Node, module: Value) -> Value:
    """Give what an import without braces binds: the default export, or all that a module of the old kind exports."""
    variable = module.variable
    if variable is None or state.read(variable.member("default")) is NOTHING:
        return module
    return names.member_of(state, node, module, "default")


@handles("export_statement")
def _export(state: State, node: Node) -> Value:
    declaration, value, source = node.field("declaration"), node.field("value"), node.field("source")
    name = names.key_name(state, source) if source is not None else None
    other = own_module(state, node, name) if name else None
    for child in node.named:
        if child.kind == "export_clause":
            _export_names(state, child, other, elsewhere=source is not None)
        elif source is None or child.start != source.start:
            result = evaluate(state, child)
            if _is_default(state, node) and any(each and child.start == each.start for each in (value, declaration)):
                _give(state, node, "default", result)
    if declaration is not None and not _is_default(state, node):
        _export_declared(state, declaration)
    if other is not None and not any(child.kind == "export_clause" for child in node.named):
        _export_all(state, node, other)
    return NOTHING


def _is_default(state: State, node: Node) -> bool:
    return state.data[node.start : node.start + 40].split(None, 2)[1:2] == [b"default"]


def _give(state: State, node: Node, name: str, value: Value) -> None:
    if state.modules is not None:
        state.absorb(state.modules.at(node).exports.member(name), value)


def _export_names(state: State, clause: Node, other: Value | None, *, elsewhere: bool) -> None:
    for specifier in clause.named:
        name = specifier.field("name")
        alias = specifier.field("alias") or name
        if name is None or alias is None:
            continue
        if other is not None:
            _give(state, clause, state.text(alias), names.member_of(state, specifier, other, state.text(name)))
        elif not elsewhere:
            _give(state, clause, state.text(alias), names.identifier(state, name))


def _export_declared(state: State, declaration: Node) -> None:
    name = declaration.field("name")
    declared = [name] if name is not None else [child.field("name") for child in declaration.named]
    for each in declared:
        if each is not None and each.kind in {"identifier", "type_identifier"}:
            _give(state, declaration, state.text(each), names.identifier(state, each))


def _export_all(state: State, node: Node, other: Value) -> None:
    if other.variable is None:
        return
    state.take(other.variable)
    state.spend(len(other.variable.members))
    for name, variable in list(other.variable.members.items()):
        _give(state, node, name, merge(state.read(variable), Value(variable=variable)))
