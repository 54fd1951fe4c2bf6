"""The way in: which bytes are Python code at all, and whether they are worth a closer look."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from adapters.sigil.local.code.facts import CodeFacts
from adapters.sigil.local.code.python.functions import finish
from adapters.sigil.local.code.python.modules import Modules
from adapters.sigil.local.code.python.payload import module, parse, without_long_comments
from adapters.sigil.local.code.python.recorder import Recorder
from adapters.sigil.local.code.python.words import as_utf8, imports, strings, telling_offsets
from adapters.sigil.local.code.telling_places import hands_out_runner

if TYPE_CHECKING:
    from adapters.sigil.local.code.joined import Joined

_LARGEST = 3_000_000
_BROKEN_SHARE = 0.5
_START_LINE = re.compile(rb"^import[ \t]")


def python_facts(path: str, data: bytes) -> CodeFacts:
    """Tell what a Python file does; `path` tells a setup.py, whose commands run at install, and a .pth file.

    Where a file is no Python, or work on it was cut short, `parsed` is False; of files over 3 MB the first and the last
    1.5 MB are looked at.
    """
    source = python_source(path, data)
    name = PurePosixPath(path).name
    said = CodeFacts(imports=imports(source), strings=strings(source))
    offsets = telling_offsets(source)
    if not offsets:
        return said
    if len(source) > _LARGEST:
        ends = _ends(source)
        found = _looked_at(ends, telling_offsets(ends), said, setup=name == "setup.py")
        return msgspec.structs.replace(found, parsed=False)
    return _looked_at(source, offsets, said, setup=name == "setup.py")


def python_program(joined: Joined) -> CodeFacts:
    """Tell what the Python files of a package do together; `parsed` is False where work was cut short."""
    recorder = Recorder()
    source = without_long_comments(joined.data)
    machine = module(source, telling_offsets(source), recorder, setup=False)
    machine.modules = Modules(joined)
    try:
        for part in joined.parts:
            machine.modules.run(machine, part.path)
        machine.setup = any(part.path.endswith("setup.py") for part in joined.parts)
        finish(machine)
    except RecursionError:
        machine.budget.exceeded = True
    return CodeFacts(facts=recorder.facts(), flows=recorder.flows(), parsed=not machine.budget.exceeded)


def python_source(path: str, data: bytes) -> bytes:
    """Give the bytes of a file that are Python code, in UTF-8."""
    source = as_utf8(data)
    return _start_lines(source) if path.endswith(".pth") else source


def _ends(source: bytes) -> bytes:
    """Keep the first and last 1.5 MB, and of what lies between only its line ends, so that line numbers stay."""
    half = _LARGEST // 2
    return source[:half] + b"\n" * (source.count(b"\n", half, -half) or 1) + source[-half:]


def _start_lines(source: bytes) -> bytes:
    """Give the lines of a .pth file that are code, the others blank so that line numbers stay."""
    return b"\n".join(line if _START_LINE.match(line) else b"" for line in source.splitlines())


def _looked_at(source: bytes, offsets: tuple[int, ...], said: CodeFacts, *, setup: bool) -> CodeFacts:
    recorder = Recorder()
    source = without_long_comments(source)
    machine = module(source, offsets, recorder, setup=setup)
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
        hands_out=hands_out_runner(source),
        parsed=not machine.budget.exceeded,
    )
