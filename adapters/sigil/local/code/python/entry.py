"""The way in: which bytes are Python code at all, and whether they are worth a closer look."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from adapters.sigil.local.code.facts import CodeFacts
from adapters.sigil.local.code.python.functions import finish
from adapters.sigil.local.code.python.payload import module, parse
from adapters.sigil.local.code.python.recorder import Recorder
from adapters.sigil.local.code.python.words import as_utf8, imports, strings, telling_offsets

_LARGEST = 8_000_000
_BROKEN_SHARE = 0.5
_START_LINE = re.compile(rb"^import[ \t]")


def python_facts(path: str, data: bytes) -> CodeFacts:
    """Tell what a Python file does; `path` tells a setup.py, whose commands run at install, and a .pth file.

    Files over 8 MB, and such as are no Python, come back with `parsed` False; where work was cut short,
        so do the facts found.
    """
    if len(data) > _LARGEST:
        return CodeFacts(imports=imports(data[:_LARGEST]), strings=strings(data[:_LARGEST]), parsed=False)
    source = as_utf8(data)
    name = PurePosixPath(path).name
    if name.endswith(".pth"):
        source = _start_lines(source)
    said = CodeFacts(imports=imports(source), strings=strings(source))
    if not telling_offsets(source):
        return said
    return _looked_at(source, said, setup=name == "setup.py")


def _start_lines(source: bytes) -> bytes:
    """Give the lines of a .pth file that are code, the others blank so that line numbers stay."""
    return b"\n".join(line if _START_LINE.match(line) else b"" for line in source.splitlines())


def _looked_at(source: bytes, said: CodeFacts, *, setup: bool) -> CodeFacts:
    recorder = Recorder()
    machine = module(source, recorder, setup=setup)
    root = parse(source)
    broken = sum(child.end_byte - child.start_byte for child in root.children if child.type == "ERROR")
    if broken > len(source) * _BROKEN_SHARE or root.type == "ERROR":
        machine.budget.exceeded = True
    try:
        machine.run(root)
        finish(machine)
    except RecursionError:
        machine.budget.exceeded = True
    return CodeFacts(
        facts=recorder.facts(),
        flows=recorder.flows(),
        imports=said.imports,
        strings=said.strings,
        parsed=not machine.budget.exceeded,
    )
