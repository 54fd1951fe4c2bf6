"""Facts of whole batches of files, each by the language it is written in; made to run in a worker process."""

from __future__ import annotations

import gc
import re
from collections.abc import Sequence

import msgspec

from adapters.sigil.local.code.facts import CodeFacts
from adapters.sigil.local.material import PackageFile
from adapters.sigil.local.phases.hooks import MANIFEST, inline_code, npm_hooks

_JAVASCRIPT = re.compile(r"\.(?:[cm]?[jt]sx?)$", re.IGNORECASE)
_PYTHON = re.compile(r"\.(?:pyw?|pth)$", re.IGNORECASE)
_SHEBANG = re.compile(rb"#![^\n]*\b(node|nodejs|bun|deno|ts-node|tsx|python)[\d.]*\b")
_BASENAME = re.compile(r"(?:^|/)[^/.]+$")
_COLLECTED_BYTES = 500_000


def facts_of(files: Sequence[PackageFile]) -> dict[str, CodeFacts]:
    """Read each file that is code, by path; of a package.json, the code written in its install commands.

    Garbage is collected between files alone: trees of large ones are looked through so often otherwise that it takes
    as long as their evaluation.
    """
    found: dict[str, CodeFacts] = {}
    known: dict[tuple[str, bytes], CodeFacts | None] = {}
    read = 0
    gc.disable()
    try:
        for file in files:
            copy = (_kind(file.path), file.data)
            if copy not in known:
                known[copy] = _facts(file)
                read += len(file.data) if known[copy] is not None else 0
            facts = known[copy]
            if facts is not None:
                found[file.path] = facts
            if read > _COLLECTED_BYTES:
                gc.collect()
                read = 0
    finally:
        gc.enable()
    return found


def _kind(path: str) -> str:
    """Give what of a path says how a file is read: equal contents under names of one ending are copies."""
    name = path.rpartition("/")[2]
    return path if "." not in name or name == "setup.py" or path == MANIFEST else name[name.index(".") :]


def batches(files: Sequence[PackageFile], count: int) -> tuple[tuple[PackageFile, ...], ...]:
    """Split files into at most `count` batches of about as many bytes each; none of them is empty."""
    groups: list[list[PackageFile]] = [[] for _ in range(max(count, 1))]
    sizes = [0] * len(groups)
    for file in sorted(files, key=lambda each: len(each.data), reverse=True):
        smallest = sizes.index(min(sizes))
        groups[smallest].append(file)
        sizes[smallest] += len(file.data) + 1
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
