"""What an analysis carries along, and how it evaluates a node: modules register what they handle by kind of node."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.javascript.ledger import Ledger
from adapters.sigil.local.code.javascript.tree import Node
from adapters.sigil.local.code.javascript.values import NOTHING, Function, Scope, Unit, Value, Variable

if TYPE_CHECKING:
    from adapters.sigil.local.code.javascript.modules import Module, Modules

DEPTH_LIMIT = 110
NODE_LIMIT = 800_000
_LINKS_PER_STEP = 8
_WHOLE_FILE = 60_000
_SMALL_FUNCTION = 400
_NEIGHBOURHOOD = 3_000
_LOADER_BYTES = 2_000
_MAKES_MODULE = re.compile(rb"exports\s{0,9}:\s{0,9}\{\s{0,9}\}")


class Exhausted(Exception):
    """The bound on work for one file is hit."""


class Tables:
    """The modules that a bundler put into one file, each made by a function.

    `named` are those that can be asked for by name, `loaders` ask a table, `wrappers` are handed a function at a
    position and make a module of it, with what it is given by its roles.
    """

    def __init__(self) -> None:
        self.modules: dict[Function, Module] = {}
        self.exports: dict[Variable, Function] = {}
        self.getters: dict[Variable, Variable] = {}
        self.named: dict[Variable, dict[str, Function]] = {}
        self.loaders: dict[Function, Variable] = {}
        self.wrappers: dict[Function, tuple[int, tuple[str, ...]]] = {}


class State:
    """One file's analysis: its text, variables, functions and ledger, and where the evaluation stands.

    Where several files are read together, `largest` is the size of the largest, and `modules` knows them.
    """

    def __init__(self, data: bytes, places: list[int], largest: int | None = None) -> None:
        self.data = data
        self.places = places
        self.size = len(data) if largest is None else largest
        self.modules: Modules | None = None
        self.tables = Tables()
        self.ledger = Ledger()
        self.root = Scope(None)
        self.scope = self.root
        self.this = Variable()
        self.functions: dict[int, Function] = {}
        self.queue: list[Function] = []
        self.methods = Variable()
        self._files: dict[str, int] = {}
        self._file_readers: set[Unit] = set()
        self.unknown: dict[str, set[Unit]] = {}
        self.imports: set[str] = set()
        self.strings: dict[str, None] = {}
        self.current: Function | None = None
        self.unit: Unit | None = None
        self.stale: set[Unit] = set()
        self.depth = 0
        self.work = 0
        self.inlining = False  # a function is being evaluated for constant arguments: assignments take turns
        self.inlined = 0

    @property
    def at_load(self) -> bool:
        """Whether what is being evaluated runs while the module loads."""
        return self.current is None or self.current.at_load

    def text(self, node: Node) -> str:
        """Read a node's source."""
        return str(self.data[node.start : node.end], "utf-8", "replace")

    def note(self, behaviour: Behaviour, node: Node, detail: str = "", *, hidden: bool = False) -> int:
        """Enter a fact at a node."""
        snippet = self.data[node.start : min(node.end, node.start + 500)].decode("utf-8", "replace")
        return self.ledger.note(
            behaviour, node.start, node.line, snippet, detail=detail, at_load=self.at_load, hidden=hidden
        )

    def source(self, behaviour: Behaviour, node: Node, detail: str = "", *, hidden: bool = False) -> frozenset[int]:
        """Enter a fact that data comes from."""
        return frozenset((self.note(behaviour, node, detail, hidden=hidden),))

    def sink(
        self,
        behaviour: Behaviour,
        node: Node,
        taints: Collection[int],
        detail: str = "",
        *,
        hidden: bool = False,
    ) -> int:
        """Enter a fact that data goes to."""
        number = self.note(behaviour, node, detail, hidden=hidden)
        self.spend(len(taints) // _LINKS_PER_STEP)
        self.ledger.link(taints, number)
        return number

    def absorb(self, variable: Variable, value: Value) -> None:
        """Assign to a variable; whatever looked at it before is evaluated again."""
        if variable.absorb(value):
            self.stale |= variable.readers
            for owner in variable.owners():
                self.stale |= owner.takers

    def release(self) -> None:
        """Let go of the syntax tree and of all that is known, which lead to each other in circles.

        Left to the garbage collector, this would take a fifth of the time that a large file takes.
        """
        for function in self.functions.values():
            function.forget()
        for variables in (self.root, self.this, self.methods):
            variables.forget()

    def spend(self, steps: int) -> None:
        """Take as many steps of the work that a file is worth as whole tables of names need."""
        self.work += steps
        if self.work > NODE_LIMIT:
            raise Exhausted

    def begin(self, unit: Unit) -> bool:
        """Begin to evaluate a unit; the answer is whether it needs to be."""
        if unit not in self.stale:
            return False
        self.stale.remove(unit)
        self.unit = unit
        return True

    def declare(self, scope: Scope, name: str) -> Variable:
        """Find or make a variable of a scope; whatever took its name for another's before is evaluated again."""
        if name not in scope.names:
            self.stale |= self.unknown.pop(name, set())
            other = scope.find(name)
            if other is not None and self.unit in other.readers:
                self.stale.add(self.unit)
        return scope.declare(name)

    def miss(self, name: str) -> None:
        """Look at a name that no scope knows, or not yet."""
        if self.unit is not None:
            self.unknown.setdefault(name, set()).add(self.unit)

    def read(self, variable: Variable) -> Value:
        """Look at what a variable holds."""
        if self.unit is not None:
            variable.readers.add(self.unit)
        return variable.value

    def function(self, node: Node) -> Function:
        """Find or make the function that a node defines, and see to its evaluation."""
        found = self.functions.get(node.start)
        if found is None:
            found = self.functions[node.start] = Function(node, self.scope, self.this)
            found.read = self._matters(node)
            if found.read:
                self.queue.append(found)
                self.stale.add(found)
        return found

    def take(self, variable: Variable) -> None:
        """Look at what a variable's properties hold."""
        if self.unit is not None:
            variable.takers.add(self.unit)

    def wrote(self, path: str, number: int) -> None:
        """Remember the fact that a file was written at a path."""
        if path not in self._files:
            self.stale |= self._file_readers
        self._files[path] = number

    @property
    def written(self) -> dict[str, int]:
        """The facts that wrote files, by path."""
        if self.unit is not None:
            self._file_readers.add(self.unit)
        return self._files

    def load(self, function: Function) -> None:
        """Mark a function as called while the module loads."""
        if self.at_load and not function.at_load:
            function.at_load = True
            self.stale.add(function)

    def _matters(self, node: Node) -> bool:
        if self.size <= _WHOLE_FILE:
            return True
        if node.end - node.start < _LOADER_BYTES and _MAKES_MODULE.search(self.data, node.start, node.end):
            return True
        around = _NEIGHBOURHOOD if node.end - node.start < _SMALL_FUNCTION else 0
        return self.touches(node, around)

    def touches(self, node: Node, around: int = 0) -> bool:
        """Tell whether a telling word stands within a node, or some bytes around it."""
        at = bisect_left(self.places, node.start - around)
        return at < len(self.places) and self.places[at] < node.end + around


Handler = Callable[[State, Node], Value]
HANDLERS: dict[str, Handler] = {}


def handles(*kinds: str) -> Callable[[Handler], Handler]:
    """Register what evaluates nodes of these kinds."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(kinds, handler))
        return handler

    return register


def evaluate(state: State, node: Node | None) -> Value:
    """Evaluate a node; what is nested too deeply has no known value."""
    if node is None:
        return NOTHING
    state.work += 1
    if state.work > NODE_LIMIT:
        raise Exhausted
    handler = HANDLERS.get(node.kind, _each)
    if state.depth >= DEPTH_LIMIT:
        return NOTHING
    state.depth += 1
    try:
        return handler(state, node)
    finally:
        state.depth -= 1


def _each(state: State, node: Node) -> Value:
    for child in node.named:
        evaluate(state, child)
    return NOTHING
