"""Syntax trees that unfold as far as they are looked at."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import tree_sitter
import tree_sitter_javascript
import tree_sitter_typescript

if TYPE_CHECKING:
    from adapters.sigil.local.code.joined import Part

_UNTOLD = frozenset({"comment", "html_comment", "hash_bang_line"})


class Node:
    """A named node: `named` its children without comments, `fields` those that the grammar gives a name."""

    __slots__ = ("_fields", "_named", "_syntax", "end", "kind", "start")

    def __init__(self, syntax: tree_sitter.Node) -> None:
        self._syntax = syntax
        self.kind = syntax.type
        self.start = syntax.start_byte
        self.end = syntax.end_byte
        self._named: tuple[Node, ...] | None = None
        self._fields: dict[str, Node | None] = {}

    @property
    def named(self) -> tuple[Node, ...]:
        """The children that are more than punctuation."""
        named = self._named
        if named is None:
            children = map(Node, self._syntax.named_children)
            named = self._named = tuple([child for child in children if child.kind not in _UNTOLD])
        return named

    def field(self, name: str) -> Node | None:
        """Find the first child of a field; None where there is none."""
        fields = self._fields
        if name in fields:
            return fields[name]
        syntax = self._syntax.child_by_field_name(name)
        found = fields[name] = Node(syntax) if syntax is not None else None
        return found

    @property
    def line(self) -> int:
        """The line on which the node begins, from 1."""
        return int(self._syntax.start_point[0]) + 1


@cache
def _language(name: str) -> tree_sitter.Language:
    pointers = {
        "javascript": tree_sitter_javascript.language,
        "typescript": tree_sitter_typescript.language_typescript,
        "tsx": tree_sitter_typescript.language_tsx,
    }
    return tree_sitter.Language(pointers[name]())


def _dialect(path: str) -> str:
    if path.endswith((".ts", ".mts", ".cts")):
        return "typescript"
    return "tsx" if path.endswith(".tsx") else "javascript"


_DIALECTS = {
    "javascript": ("javascript", "tsx"),
    "typescript": ("typescript", "javascript"),
    "tsx": ("tsx", "typescript"),
}
_RETRY_LIMIT = 500_000
_STEPS = 1_000  # the parser reports one for about 200 bytes of good code
_BYTES_PER_STEP = 20
_CHUNK = 65_536


def parse(path: str, data: bytes, part: Part | None = None) -> tuple[Node | None, bool]:
    """Parse a file by the language its name says, plain code with types as such too; False where it is no code.

    A part is what a file takes of a text of several.
    """
    first, second = _DIALECTS[_dialect(path)]
    root = _parsed(first, data, part)
    if root is None or (root.has_error and len(data) < _RETRY_LIMIT):
        other = _parsed(second, data, part)
        root = other if other is not None and (root is None or not other.has_error) else root
    if root is None:
        return None, False
    return Node(root), root.type != "ERROR" and not _is_broken(root)


def _parsed(dialect: str, data: bytes, part: Part | None) -> tree_sitter.Node | None:
    """Parse with a bound on the parser's steps, since it may never end on code that is broken on purpose."""
    steps = 0
    limit = _STEPS + len(data) // _BYTES_PER_STEP

    def is_enough(_: int, __: bool) -> bool:
        nonlocal steps
        steps += 1
        return steps > limit

    def read(offset: int, _: tree_sitter.Point) -> bytes:
        return data[offset : offset + _CHUNK]

    try:
        parser = tree_sitter.Parser(_language(dialect), included_ranges=part.ranges if part is not None else None)
        return parser.parse(read, progress_callback=is_enough).root_node
    except ValueError:
        return None


def _is_broken(root: tree_sitter.Node) -> bool:
    """Tell whether more than half of a tree's bytes could not be understood."""
    if not root.has_error:
        return False
    broken = sum(child.end_byte - child.start_byte for child in root.children if child.type == "ERROR")
    return broken * 2 > root.end_byte - root.start_byte
