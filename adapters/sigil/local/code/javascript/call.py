"""One call in the code, and the registers of what known functions and methods do."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from adapters.sigil.local.code.javascript import names
from adapters.sigil.local.code.javascript.folding import shown
from adapters.sigil.local.code.javascript.state import State
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, Function, Value, Variable, tainted

_NO_TAINTS: frozenset[int] = frozenset()
REFLECTED = frozenset({"Reflect.apply", "Reflect.construct"})
"""Functions that call what they are handed with a list of arguments."""


class Call(msgspec.Struct, frozen=True):
    """A call: `path` is the known function's, `method` the last part of its name, `receiver` what it is called on."""

    state: State
    node: Node
    path: str
    method: str
    receiver: Value
    callee: Value
    arguments: tuple[Value, ...]
    nodes: tuple[Node, ...]

    def argument(self, position: int) -> Value:
        """Look an argument up, nothing where the call has fewer."""
        return self.arguments[position] if position < len(self.arguments) else NOTHING

    def data(self, position: int) -> Value:
        """Take an argument as data, all of the environment as the fact that it is read."""
        if position >= len(self.arguments):
            return NOTHING
        return names.used(self.state, self.arguments[position], self.nodes[position])

    def option(self, name: str) -> Value:
        """Look an option up in the object literals among the arguments."""
        for value in self.arguments:
            if value.members is not None and name in value.members:
                return value.members[name]
            if value.variable is not None and name in value.variable.members:
                return self.state.read(value.variable.members[name])
        return NOTHING

    @property
    def taints(self) -> frozenset[int]:
        """The facts that any argument's data comes from."""
        if not self.arguments:
            return _NO_TAINTS
        return _NO_TAINTS.union(*(self.data(position).taints for position in range(len(self.arguments))))

    @property
    def callbacks(self) -> list[Function]:
        """The functions of the file among the arguments."""
        return [function for value in self.arguments for function in value.functions]

    def answer(self, value: Value, functions: Iterable[Function] | None = None, positions: int = 3) -> None:
        """Hand a value to the parameters of functions that this call makes run."""
        for function in self.callbacks if functions is None else functions:
            self.state.load(function)
            for position in range(positions if value is not NOTHING else 0):
                self.state.absorb(function.parameter(position), value)

    def variable(self, position: int) -> Variable | None:
        """Find the variable that an argument is."""
        return self.argument(position).variable

    def shown(self, position: int) -> str:
        """Write an argument as text, empty if nothing of it is known."""
        value = self.argument(position)
        return shown(value) if value.text is not None else ""


def rebound(call: Call) -> Call:
    """Read `f.call(x, …)`, `f.apply(x, […])` and `f.bind(x)` as calls of f."""
    receiver = call.receiver
    arguments, nodes = call.arguments[1:], call.nodes[1:]
    if call.method == "apply" and arguments and arguments[0].items is not None:
        arguments = arguments[0].items
        nodes = nodes[:1] * len(arguments)
    path = receiver.path
    return Call(call.state, call.node, path, path.rpartition(".")[2], call.argument(0), receiver, arguments, nodes)


def reflected(call: Call) -> Call:
    """Read `Reflect.apply(f, x, […])` and `Reflect.construct(F, […])` as calls of f and F."""
    called, given = call.argument(0), call.arguments[-1] if call.arguments else NOTHING
    items = given.items if given.items is not None else (given,)
    owner = call.argument(1) if call.method == "apply" else NOTHING
    path, nodes = called.path, (call.node,) * len(items)
    return Call(call.state, call.node, path, path.rpartition(".")[2], owner, called, items, nodes)


Effect = Callable[[Call], Value]
KNOWN: dict[str, Effect] = {}
METHODS: dict[str, Effect] = {}


def known(*paths: str) -> Callable[[Effect], Effect]:
    """Register what functions of these paths do."""

    def register(effect: Effect) -> Effect:
        KNOWN.update(dict.fromkeys(paths, effect))
        return effect

    return register


def method(*method_names: str) -> Callable[[Effect], Effect]:
    """Register what methods of these names do on values of which nothing else is known."""

    def register(effect: Effect) -> Effect:
        METHODS.update(dict.fromkeys(method_names, effect))
        return effect

    return register


def passed_on(call: Call) -> Value:
    """Describe what an unknown function answers: data of what it was given and called on."""
    value = tainted(call.taints | call.receiver.taints)
    call.answer(value)
    return value
