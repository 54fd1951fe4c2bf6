"""What one pass over a file knows while it goes through the syntax tree."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from adapters.sigil.local.code.facts import Behaviour
from adapters.sigil.local.code.python.values import NOTHING, Attributes, Function, Scope, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from adapters.sigil.local.code.python.modules import Modules
    from adapters.sigil.local.code.python.recorder import Recorder

    Expression = Callable[["Machine", Node], Value]
    Statement = Callable[["Machine", Node], None]

ANY_CLASS = -1
"""The owner under which methods are known by their names alone."""
_MOST_STEPS = 400_000
_DEEPEST = 120
_LONGEST_SHOWN = 400
_LONGEST_ALTERNATIVES = 2000
_TEXTS = (str, bytes)


@dataclass(slots=True)
class Budget:
    """Bounds of the work on one file, payloads included; `exceeded` says that something was left out."""

    steps: int = _MOST_STEPS
    depth: int = 0
    exceeded: bool = False

    def spend(self) -> bool:
        """Take a step; False when there are no more, or the code nests too deeply."""
        self.steps -= 1
        if self.steps < 0 or self.depth > _DEEPEST:
            self.exceeded = True
            return False
        return True

    def charge(self, value: Value) -> None:
        """Take more steps for a large constant or list: copying it is work."""
        constant = value.constant
        if isinstance(constant, _TEXTS):
            self.steps -= len(constant) >> 8
        if value.items is not None:
            self.steps -= len(value.items) >> 4


@dataclass(slots=True)
class Origin:
    """Where code that another piece of code carries stands in the file."""

    line: int
    place: object
    label: str
    depth: int = 0


@dataclass(slots=True)
class Machine:
    """Goes through one tree; `handlers` and `statements` say by kind of node what to do."""

    source: bytes
    offsets: tuple[int, ...]
    recorder: Recorder
    handlers: Mapping[str, Expression]
    statements: Mapping[str, Statement]
    scope: Scope
    budget: Budget = field(default_factory=Budget)
    origin: Origin | None = None
    setup: bool = False
    attributes: Attributes = field(default_factory=Attributes)
    written: dict[str, frozenset[int]] = field(default_factory=dict)
    started: dict[str, Scope] = field(default_factory=dict)
    pending: list[Function] = field(default_factory=list)
    branching: int = 0
    running: int = 0
    hooked: set[Function] = field(default_factory=set)
    clipboard: dict[int, frozenset[int]] = field(default_factory=dict)
    modules: Modules | None = None

    @property
    def size(self) -> int:
        """How large the file is; of several that are read together, the largest."""
        return len(self.source) if self.modules is None else self.modules.joined.largest

    def code(self, node: Node) -> str:
        """Give the source of a node, at most 400 bytes."""
        start, end = node.start_byte, node.end_byte
        if end - start > _LONGEST_SHOWN:
            end = start + _LONGEST_SHOWN
        return self.source[start:end].decode("utf-8", "replace")

    def telling(self, node: Node) -> bool:
        """Tell whether a telling word stands within a node."""
        position = bisect_left(self.offsets, node.start_byte)
        return position < len(self.offsets) and self.offsets[position] < node.end_byte

    def evaluate(self, node: Node | None) -> Value:
        """Give the value of an expression."""
        if node is None:
            return Value()
        handler, budget = self.handlers.get(node.type), self.budget
        if handler is None or not budget.spend():
            return Value()
        budget.depth += 1
        try:
            value = handler(self, node)
        finally:
            budget.depth -= 1
        if value.constant is not None or value.items is not None:
            budget.charge(value)
        return value

    def run(self, block: Node | None) -> None:
        """Go through the statements of a block."""
        if block is None:
            return
        for statement in block.named_children:
            self.execute(statement)

    def execute(self, statement: Node) -> None:
        """Go through one statement; one of a kind unknown here counts as an expression."""
        handler = self.statements.get(statement.type)
        if handler is None:
            self.evaluate(statement)
        elif self.budget.spend():
            self.budget.depth += 1
            try:
                handler(self, statement)
            finally:
                self.budget.depth -= 1

    def assign(self, name: str, value: Value) -> None:
        """Bind a name; in a branch, where the value comes from is added to what it had."""
        scope = self.scope.module() if name in self.scope.shared else self.scope
        before = scope.names.get(name)
        if self.branching and before is not None and before.sources - value.sources:
            value = widened(value, before.sources)
        if self.branching and before is not None and _alternatives(before, value):
            texts = f"{before.template or before.text} {value.text}"
            value = msgspec.structs.replace(value, template=texts[:_LONGEST_ALTERNATIVES])
        scope.names[name] = value

    def record(self, behaviour: Behaviour, node: Node, detail: str = "", *, latent: bool = False) -> int:
        """Give the number of the fact that a node does this."""
        line = node.start_point[0] + 1
        place: object = (node.start_byte, node.end_byte)
        snippet = self.code(node)
        if self.origin is not None:
            line, place = self.origin.line, (self.origin.place, place)
            snippet = f"{self.origin.label}: {snippet}"
        return self.recorder.record(behaviour, place, line, snippet, detail, self.scope.at_load, latent)

    def source_value(
        self, behaviour: Behaviour, node: Node, detail: str = "", *, latent: bool = False
    ) -> frozenset[int]:
        """Give the fact that a node reads something, as what a value comes from."""
        return frozenset((self.record(behaviour, node, detail, latent=latent),))

    def sink(self, behaviour: Behaviour, node: Node, sources: frozenset[int] = NOTHING, detail: str = "") -> int:
        """Give the number of the fact that a node does this with data from these sources."""
        number = self.record(behaviour, node, detail)
        self.recorder.flow(sources, number)
        return number


def _alternatives(before: Value, value: Value) -> bool:
    plain = isinstance(before.constant, str) and isinstance(value.constant, str)
    return plain and not (before.computed or value.computed) and before.constant not in ("", value.constant)


def widened(value: Value, sources: frozenset[int]) -> Value:
    """Give the same value, coming from more sources."""
    if sources <= value.sources:
        return value
    return msgspec.structs.replace(value, sources=value.sources | sources)
