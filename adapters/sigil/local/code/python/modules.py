"""Modules of one package read together: what an import of another of its files binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.python.values import Scope, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.joined import Joined
    from adapters.sigil.local.code.python.machine import Machine

_FIRST_OWNER = -2
"""Modules own their names like classes; classes are numbered by their places, from 1 on."""
_ROOTS = ("", "src/", "lib/")


class Modules:
    """The files that are read together, each gone through once, when it is first imported or its turn comes."""

    def __init__(self, joined: Joined) -> None:
        self.joined = joined
        self._owners = {part.path: _FIRST_OWNER - number for number, part in enumerate(joined.parts)}
        self._parts = {part.path: part for part in joined.parts}
        self._scopes: dict[str, Scope] = {}

    def find(self, node: Node, module: str) -> str | None:
        """Find the file that an import means, seen from where it stands."""
        name = module.lstrip(".")
        dots = len(module) - len(name)
        folder = self.joined.part_at(node.start_byte).path.rpartition("/")[0]
        for _ in range(dots - 1):
            folder = folder.rpartition("/")[0]
        starts = (f"{folder}/" if folder else "",) if dots else (*_ROOTS, f"{folder}/" if folder else "")
        tail = name.replace(".", "/")
        for start in starts:
            for path in (f"{start}{tail}.py", f"{start}{tail}/__init__.py" if tail else f"{start}__init__.py"):
                if path in self._parts:
                    return path
        return None

    def run(self, machine: Machine, path: str) -> Scope:
        """Go through a file, and before it the package that it lies in, if nobody has yet; gives its names."""
        from adapters.sigil.local.code.python.payload import parse

        package = _package_of(path)
        if package in self._parts and package not in self._scopes and path not in self._scopes:
            self.run(machine, package)
        known = self._scopes.get(path)
        if known is not None:
            return known
        part = self._parts[path]
        scope = self._scopes[path] = Scope(at_load=True)
        outer = machine.scope, machine.branching, machine.setup
        machine.scope, machine.branching, machine.setup = scope, 0, path.endswith("setup.py")
        try:
            machine.run(parse(machine.source, part))
        finally:
            machine.scope, machine.branching, machine.setup = outer
        for name, value in scope.names.items():
            machine.attributes[self._owners[path], name] = value
        self._tell_package(machine, path)
        return scope

    def value(self, machine: Machine, path: str) -> Value:
        """Give a module as a value."""
        self.run(machine, path)
        return Value(instance_of=self._owners[path])

    def _tell_package(self, machine: Machine, path: str) -> None:
        """Make a module a member of the package that it lies in."""
        name = path.removesuffix("/__init__.py").rpartition("/")[2]
        package = self._owners.get(_package_of(path))
        if package is not None:
            module = Value(instance_of=self._owners[path])
            machine.attributes.setdefault((package, name.removesuffix(".py")), module)


def _package_of(path: str) -> str:
    """Give the file of the package that a module, or a package, lies in."""
    return f"{path.removesuffix('/__init__.py').rpartition('/')[0]}/__init__.py"


def own_module(machine: Machine, node: Node, module: str) -> Value | None:
    """Give the module of the package that an import means; None for others."""
    if machine.modules is None:
        return None
    path = machine.modules.find(node, module)
    return machine.modules.value(machine, path) if path is not None else None


def own_member(machine: Machine, node: Node, module: str, name: str) -> Value | None:
    """Give what `from module import name` binds, where the module is one of the package."""
    names = own_names(machine, node, module)
    if name in names:
        return names[name]
    return own_module(machine, node, f"{module}{'' if module.endswith('.') else '.'}{name}")


def own_names(machine: Machine, node: Node, module: str) -> Mapping[str, Value]:
    """Give the names of a module of the package, as far as they are known."""
    if machine.modules is None:
        return {}
    path = machine.modules.find(node, module)
    return machine.modules.run(machine, path).names if path is not None else {}
