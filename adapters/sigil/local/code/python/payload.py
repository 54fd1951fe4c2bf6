"""Passes over a whole module: the file itself, and code that it carries as a constant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tree_sitter_python
from tree_sitter import Language, Parser

from adapters.sigil.local.code.python.expressions import EXPRESSIONS
from adapters.sigil.local.code.python.functions import finish
from adapters.sigil.local.code.python.machine import Budget, Machine, Origin
from adapters.sigil.local.code.python.statements import STATEMENTS
from adapters.sigil.local.code.python.values import Scope, Value
from adapters.sigil.local.code.python.words import telling_offsets

if TYPE_CHECKING:
    from tree_sitter import Node

    from adapters.sigil.local.code.joined import Part
    from adapters.sigil.local.code.python.recorder import Recorder

_LANGUAGE = Language(tree_sitter_python.language())
_LONG_RUN = 50
_OLD_EXEC = re.compile(rb"((?:^|[;:])[ \t]*)exec (?=[\w(])", re.MULTILINE)


def parse(source: bytes, part: Part | None = None) -> Node:
    """Give the syntax tree of a module without long comments, or of a part of a text of several.

    Python 2's `exec code` is read as if it were bound to the name exec.
    """
    ranges = part.ranges if part is not None else None
    root = Parser(_LANGUAGE, included_ranges=ranges).parse(source).root_node
    if root.has_error and _OLD_EXEC.search(source):
        return Parser(_LANGUAGE, included_ranges=ranges).parse(_OLD_EXEC.sub(rb"\1exec=", source)).root_node
    return root


def without_long_comments(source: bytes) -> bytes:
    """Blank runs of 50 and more lines that hold nothing but comments; every such run has one of each 50th lines.

    The grammar reads on to the end of a run of comments at each of them: thousands of lines would take minutes.
    """
    lines = source.split(b"\n")
    position, end, found = _LONG_RUN - 1, len(lines) - 1, False
    while position < end:
        first, after = _comments_around(lines, position, end)
        if after - first >= _LONG_RUN:
            lines[first:after] = [b" " * len(line) for line in lines[first:after]]
            found = True
        position = max(position, after) + _LONG_RUN
    return b"\n".join(lines) if found else source


def _comments_around(lines: list[bytes], position: int, end: int) -> tuple[int, int]:
    first = after = position
    while after < end and _says_nothing(lines[after]):
        after += 1
    while after > position and first and _says_nothing(lines[first - 1]):
        first -= 1
    return first, after


def _says_nothing(line: bytes) -> bool:
    return line.lstrip(b" \t")[:1] in (b"", b"#")


def module(source: bytes, offsets: tuple[int, ...], recorder: Recorder, *, setup: bool) -> Machine:
    """Follow a machine for a file, at its start; `offsets` are where its telling words stand."""
    return Machine(
        source=source,
        offsets=offsets,
        recorder=recorder,
        handlers=EXPRESSIONS,
        statements=STATEMENTS,
        scope=Scope(at_load=True),
        budget=Budget(),
        setup=setup,
    )


def go_through(machine: Machine, node: Node, text: bytes, label: str, depth: int) -> Value:
    """Go through carried code with the names known where it is run; its last expression is what an eval gives."""
    origin = Origin(
        node.start_point[0] + 1 if machine.origin is None else machine.origin.line, node.start_byte, label, depth
    )
    if machine.origin is not None:
        origin.place = (machine.origin.place, origin.place)
        origin.label = machine.origin.label
    text = without_long_comments(text)
    inner = Machine(
        source=text,
        offsets=telling_offsets(text),
        recorder=machine.recorder,
        handlers=machine.handlers,
        statements=machine.statements,
        scope=machine.scope,
        budget=machine.budget,
        origin=origin,
        setup=machine.setup,
        attributes=machine.attributes,
        written=machine.written,
    )
    root = parse(text)
    statements = root.named_children
    if len(statements) == 1 and statements[0].type == "expression_statement":
        return inner.evaluate(statements[0].named_children[0] if statements[0].named_children else None)
    inner.run(root)
    finish(inner)
    return Value()
