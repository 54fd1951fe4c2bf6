"""Facts of whole batches of files, each by the language it is written in; made to run in a worker process."""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import msgspec

from adapters.sigil.local.code.facts import CodeFacts
from adapters.sigil.local.material import PackageFile
from adapters.sigil.local.package_json import MANIFEST
from adapters.sigil.local.phases.hooks import inline_code, npm_hooks
from adapters.sigil.local.signatures import has_signatures

_JAVASCRIPT = re.compile(r"\.(?:[cm]?[jt]sx?)$", re.IGNORECASE)
_PYTHON = re.compile(r"\.(?:pyw?|pth)$", re.IGNORECASE)
_SHEBANG = re.compile(rb"#![^\n]*\b(node|nodejs|bun|deno|ts-node|tsx|python)[\d.]*\b")
_BASENAME = re.compile(r"(?:^|/)[^/.]+$")
_COLLECTED_BYTES = 500_000


class _HasSize(Protocol):
    @property
    def size(self) -> int: ...


Sized = TypeVar("Sized", bound=_HasSize)


class Reading(msgspec.Struct, frozen=True):
    """A file to be read, and where it stands in a release: the number of an archive, and a path, for each copy."""

    file: PackageFile
    places: list[tuple[int, str]]

    @property
    def size(self) -> int:
        """How many bytes are to be read."""
        return self.file.size


class Readings:
    """What is to be read of a release: each file that may be code, equal ones that are read alike only once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, bytes], Reading] = {}

    def add(self, archive: int, files: Iterable[tuple[PackageFile, PackageFile]]) -> None:
        """Take the files of an archive, each as it was unpacked, and as it is kept to be read."""
        for file, kept in files:
            if may_be_code(file):
                content = _kind(file.path), hashlib.sha256(file.data).digest()
                self._found.setdefault(content, Reading(kept, [])).places.append((archive, file.path))

    def every(self) -> tuple[Reading, ...]:
        """Give all of them."""
        return tuple(self._found.values())


def may_be_code(file: PackageFile) -> bool:
    """Whether there is anything to be read in a file, by its name and first bytes."""
    if file.path == MANIFEST or has_signatures(file):
        return True
    return _BASENAME.search(file.path) is not None and b"\0" not in file.data[:1024]


def facts_of(files: Sequence[PackageFile]) -> dict[str, CodeFacts]:
    """Read each file that is code, by path; of a package.json, the code written in its install commands."""
    readings = Readings()
    readings.add(0, zip(files, files, strict=True))
    every = readings.every()
    read = facts_in_turn([reading.file for reading in every])
    found = {path: facts for reading, facts in zip(every, read, strict=True) for _, path in reading.places}
    return {file.path: facts for file in files if (facts := found.get(file.path)) is not None}


def facts_in_turn(files: Iterable[PackageFile]) -> list[CodeFacts | None]:
    """Read files one after the other; None for what is no code.

    Garbage is collected between files alone: trees of large ones are looked through so often otherwise that it takes
    as long as their evaluation.
    """
    found: list[CodeFacts | None] = []
    read = 0
    gc.disable()
    try:
        for file in files:
            found.append(_facts(file))
            read += file.size if found[-1] is not None else 0
            if read > _COLLECTED_BYTES:
                gc.collect(0)
                read = 0
    finally:
        gc.enable()
    return found


def _kind(path: str) -> str:
    """Give what of a path says how a file is read: equal contents under names of one ending are copies."""
    name = path.rpartition("/")[2]
    return path if "." not in name or name == "setup.py" or path == MANIFEST else name[name.index(".") :]


def batches(each: Iterable[Sized], count: int) -> tuple[tuple[Sized, ...], ...]:
    """Split what has a size into at most `count` batches of about the same: none is empty."""
    groups: list[list[Sized]] = [[] for _ in range(max(count, 1))]
    sizes = [0] * len(groups)
    for one in sorted(each, key=lambda sized: sized.size, reverse=True):
        smallest = sizes.index(min(sizes))
        groups[smallest].append(one)
        sizes[smallest] += one.size + 1
    return tuple(tuple(group) for group in groups if group)


def _facts(file: PackageFile) -> CodeFacts | None:
    from adapters.sigil.local.code.javascript import javascript_facts
    from adapters.sigil.local.code.python import python_facts

    if file.path == MANIFEST:
        return _inline_facts(file)
    shebang = _SHEBANG.match(file.data[:200]) if _BASENAME.search(file.path) else None
    if _JAVASCRIPT.search(file.path) or (shebang and shebang[1] != b"python"):
        return javascript_facts(file.path, file.data)
    if _PYTHON.search(file.path) or shebang:
        return python_facts(file.path, file.data)
    return _bare_facts(file)


def _bare_facts(file: PackageFile) -> CodeFacts | None:
    """Files without an ending: npm and Node take them for JavaScript when a command names them."""
    from adapters.sigil.local.code.javascript import javascript_facts

    if _BASENAME.search(file.path) and file.path.startswith(("bin/", "scripts/")) and b"\0" not in file.data[:1024]:
        return javascript_facts(file.path, file.data)
    return None


def _inline_facts(manifest: PackageFile) -> CodeFacts | None:
    from adapters.sigil.local.code.javascript import javascript_facts
    from adapters.sigil.local.code.python import python_facts

    parts = []
    for hook in npm_hooks(manifest.data):
        for inline in inline_code(hook.command):
            code = inline.code.encode()
            parts.append(python_facts("hook.py", code) if inline.python else javascript_facts("hook.js", code))
    if not parts:
        return None
    line = _line_of_scripts(manifest.data)
    return CodeFacts(
        facts=tuple(msgspec.structs.replace(fact, line=line) for part in parts for fact in part.facts),
        flows=tuple(
            msgspec.structs.replace(
                flow,
                source=msgspec.structs.replace(flow.source, line=line),
                sink=msgspec.structs.replace(flow.sink, line=line),
            )
            for part in parts
            for flow in part.flows
        ),
        imports=tuple(name for part in parts for name in part.imports),
        strings=tuple(text for part in parts for text in part.strings),
    )


def _line_of_scripts(manifest: bytes) -> int:
    return manifest.count(b"\n", 0, max(manifest.find(b'"scripts"'), 0)) + 1
