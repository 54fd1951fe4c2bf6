"""Files known by their descriptors: opened by number, or kept in memory alone, where no scan of a disk finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python.files import DESCRIPTOR, read, written
from adapters.sigil.local.code.python.values import NOTHING, Arguments, Value, sources_of
from adapters.sigil.local.code.telling_places import MEMORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.machine import Machine

_MEMORY_CALLS = frozenset({319, 279, 356, 385})  # memfd_create on x86-64, ARM64, x86 and ARM


def opened(_machine: Machine, _node: Node, _callee: Value, arguments: Arguments) -> Value:
    """`os.open`: a descriptor that knows its path."""
    path = arguments.get(0, "path") or Value()
    return Value(name=DESCRIPTOR, template=path.text, path=path, sources=path.sources)


def in_memory(_machine: Machine, _node: Node, _callee: Value, _arguments: Arguments) -> Value:
    """`os.memfd_create`: a file that has no name."""
    return Value(name=DESCRIPTOR, template=MEMORY, path=Value(template=MEMORY))


def system_call(machine: Machine, node: Node, callee: Value, arguments: Arguments) -> Value:
    """Follow a call of the kernel by its number."""
    first = arguments.get(0)
    if first is not None and first.constant in _MEMORY_CALLS:
        return in_memory(machine, node, callee, arguments)
    return Value(sources=sources_of(arguments.every()))


def put(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """`os.write(descriptor, data)`."""
    target = arguments.get(0) or Value()
    if target.name == DESCRIPTOR and target.path is not None:
        written(machine, node, target.path, arguments.get(1) or Value())
    return Value()


def taken(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """`os.read(descriptor, size)`."""
    origin = arguments.get(0) or Value()
    known = origin.name == DESCRIPTOR and origin.path is not None
    return Value(sources=read(machine, node, origin.path) if known and origin.path is not None else NOTHING)


def started(machine: Machine, node: Node, _callee: Value, arguments: Arguments) -> Value:
    """`fexecve`: the program that a descriptor holds takes the place of this one."""
    program = arguments.get(0) or Value()
    machine.sink(Behaviour.RUNS_PROCESS, node, sources_of((program,)), program.template or MEMORY)
    return Value()


HANDLERS: Mapping[str, Callable[[Machine, Node, Value, Arguments], Value]] = {
    "os.open": opened,
    "os.memfd_create": in_memory,
    "os.write": put,
    "os.read": taken,
    "().memfd_create": in_memory,
    "().syscall": system_call,
    "().fexecve": started,
}
