"""What is known of a value, a variable and a function while a file is being read."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from adapters.sigil.local.code.javascript.tree import Node

ENVIRONMENTS = frozenset({"process.env", "Bun.env", "Deno.env"})
_FUNCTION_LIMIT = 8


class Value(msgspec.Struct, frozen=True):
    """What an expression may yield.

    `text` is a constant, with `…` for parts unknown if not `whole`; all that a `rooted` one may be begins with a slash.
    `path` names a global or a module's member such as
    `child_process.exec`. `taints` are the facts its data comes from; `handle` is the fact of an open stream or request.
    """

    text: str | None = None
    whole: bool = False
    rooted: bool = False
    number: float | None = None
    path: str = ""
    taints: frozenset[int] = frozenset()
    functions: tuple[Function, ...] = ()
    items: tuple[Value, ...] | None = None
    members: dict[str, Value] | None = None
    handle: int | None = None
    variable: Variable | None = None


NOTHING = Value()
UNKNOWN = Value()
"""What somebody gave, of which nothing is known; `NOTHING` is what nobody gave yet."""
UNKNOWN_PART = "…"
WORKING_FOLDER = "<working folder>"


class Variable:
    """A variable or property: all that was ever assigned to it, taken together.

    `readers` are the units of code that look at its value, `takers` those that look at what its properties hold: `held`
    the facts of their data, `environment` the environment's path where one of them is that. A property has an `owner`.
    """

    __slots__ = ("environment", "held", "members", "owner", "readers", "takers", "value")

    def __init__(self, owner: Variable | None = None) -> None:
        self.value = NOTHING
        self.owner = owner
        self.members: dict[str, Variable] = {}
        self.readers: set[Unit] = set()
        self.takers: set[Unit] = set()
        self.held: frozenset[int] = frozenset()
        self.environment = ""

    def absorb(self, value: Value) -> bool:
        """Take one more value in; the answer is whether data, functions or a meaning came with it."""
        if value is NOTHING:
            return False
        before = self.value
        self.value = after = merge(before, value)
        for owner in self.owners():
            owner.held |= after.taints
            owner.environment = after.path if after.path in ENVIRONMENTS else owner.environment
        return (
            after.taints != before.taints
            or after.rooted != before.rooted
            or after.functions != before.functions
            or after.path != before.path
            or (before.text is None and after.text is not None)
            or (before.handle is None and after.handle is not None)
            or (before.members is None and after.members is not None)
            or (before.items is None and after.items is not None)
        )

    def owners(self) -> Iterator[Variable]:
        """Give the variable that this is a property of, and the one that this in turn is a property of."""
        if self.owner is not None:
            yield self.owner
            if self.owner.owner is not None:
                yield self.owner.owner

    def forget(self) -> None:
        """Let go of all that is known of the variable and its properties."""
        waiting = [self]
        while waiting:
            variable = waiting.pop()
            waiting.extend(variable.members.values())
            variable.value = NOTHING
            variable.owner = None
            variable.members = {}
            variable.readers = variable.takers = set()

    def member(self, name: str) -> Variable:
        """Find or make a property of what the variable holds."""
        found = self.members.get(name)
        if found is None:
            found = self.members[name] = Variable(self)
        return found


class Scope:
    """The variables of a function, the `owner`; blocks share those of their function."""

    __slots__ = ("names", "owner", "parent")

    def __init__(self, parent: Scope | None, owner: Function | None = None) -> None:
        self.parent = parent
        self.owner = owner
        self.names: dict[str, Variable] = {}

    def find(self, name: str) -> Variable | None:
        """Find a variable here or around; None for a global."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def forget(self) -> None:
        """Let go of all that is known of the variables."""
        for variable in self.names.values():
            variable.forget()
        self.names.clear()

    def declare(self, name: str) -> Variable:
        """Find or make a variable of this very scope."""
        found = self.names.get(name)
        if found is None:
            found = self.names[name] = Variable()
        return found


class Function:
    """A function of the file: what its parameters receive and what it returns over all calls; `read` if its body is."""

    __slots__ = ("at_load", "node", "parameters", "read", "result", "scope", "this")

    def __init__(self, node: Node, scope: Scope, this: Variable) -> None:
        self.node = node
        self.scope = Scope(scope, self)
        self.this = this
        self.parameters: dict[int, Variable] = {}
        self.result = Variable()
        self.at_load = False
        self.read = False

    def forget(self) -> None:
        """Let go of the function's node and of all that is known of it."""
        del self.node
        self.scope.forget()
        self.result.forget()
        self.this.forget()
        for received in self.parameters.values():
            received.forget()

    def parameter(self, position: int) -> Variable:
        """Find or make what a parameter receives, by its position from 0."""
        found = self.parameters.get(position)
        if found is None:
            found = self.parameters[position] = Variable()
            found.readers.add(self)
        return found


Unit = Function | int
"""What is evaluated at one go, and again when something it looked at has changed: a function, or one of the module's
statements by its number."""


def merge(one: Value, other: Value) -> Value:
    """Join what is known of two values either of which may be meant."""
    if one is NOTHING or one is other:
        return other
    if other is NOTHING:
        return one
    same = one.text == other.text and other.whole
    text = one.text if one.text is not None else other.text
    functions = one.functions
    if other.functions and other.functions != functions:
        functions = tuple(dict.fromkeys(functions + other.functions))[:_FUNCTION_LIMIT]
    return Value(
        text=text,
        rooted=one.rooted and other.rooted,
        whole=(one.whole and (same or other.text is None)) if one.text is not None else other.whole,
        number=one.number if one.number == other.number else None,
        path=one.path or other.path,
        taints=one.taints | other.taints,
        functions=functions,
        items=one.items if one.items is not None else other.items,
        members=one.members if one.members is not None else other.members,
        handle=one.handle if one.handle is not None else other.handle,
        variable=one.variable or other.variable,
    )


def constant(text: str, taints: frozenset[int] = frozenset()) -> Value:
    """Make the value of a text known in full."""
    return Value(text=text, whole=True, rooted=text.startswith("/"), taints=taints)


def tainted(taints: frozenset[int]) -> Value:
    """Make the value of unknown data that comes from facts."""
    return Value(taints=taints) if taints else NOTHING
