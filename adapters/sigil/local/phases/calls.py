"""Which files' functions are called as soon as another file is loaded, as far as the text at its margin tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from adapters.sigil.local.code.facts import CodeFacts
from adapters.sigil.local.phases.hooks import resolved
from adapters.sigil.local.phases.paths import Paths

_LARGEST = 300_000
_REQUIRED = re.compile(
    rb"(?:const|let|var)\s+(\{[^}]{1,400}\}|[\w$]+)\s*=\s*(?:await\s+)?(?:require|import)\(\s*['\"](\.[^'\"]+)['\"]\s*\)"
    rb"|\bimport\s+(\{[^}]{1,400}\}|\*\s+as\s+[\w$]+|[\w$]+)\s+from\s+['\"](\.[^'\"]+)['\"]"
)
# Lines begin with the end of the one before: a search for "^" would look at every byte.
_CALLED_AT_ONCE = re.compile(rb"\n\s*require\(\s*['\"](\.[^'\"]+)['\"]\s*\)(?:\.[\w$]+)?\s*\(")
_FROM = re.compile(rb"\nfrom\s+([\w.]+)\s+import\s+(\([^)]{1,400}\)|[^\n]{1,400})")
_IMPORT = re.compile(rb"\nimport\s+([\w.]+)(?:\s+as\s+(\w+))?")
_AT_MARGIN = re.compile(rb"\n(?:await\s+|void\s+|new\s+|[!;(]\s*)?([A-Za-z_$][\w$.]*)\s*\(")
_GIVEN = re.compile(rb"\n(?:(?:const|let|var)\s+)?[\w$.{}, ]{1,80}=[ \t]*(?:await\s+|new\s+)?([A-Za-z_$][\w$.]*)\s*\(")
_WITHIN = re.compile(rb"\n[A-Za-z_$][\w$.]*\s*\((?:await\s+)?([A-Za-z_$][\w$.]*)\s*\(")
_AFTER_IMPORT = re.compile(
    rb"\n(?:const|let|var|import)\b(?:(?!=>|function)[^\n]){1,300}?;\s*(?:await\s+)?([A-Za-z_$][\w$.]*)\s*\(",
)
_CALLS = (_AT_MARGIN, _AFTER_IMPORT)
_CALLS_FOR_ANSWER = (_GIVEN, _WITHIN)
_NAME = re.compile(rb"[A-Za-z_$][\w$]*")


def called_at_load(
    starts: Iterable[str], facts: Mapping[str, CodeFacts], contents: Mapping[str, bytes], *, for_answer: bool = False
) -> frozenset[str]:
    """Find the files of which a function is called when one of these files is loaded.

    `for_answer` takes calls whose answer is kept or handed on too: settings that are read, objects that are made.
    """
    ways = (*_CALLS, *_CALLS_FOR_ANSWER) if for_answer else _CALLS
    paths = Paths(contents)
    found: set[str] = set()
    for path in starts:
        known = facts.get(path)
        data = contents.get(path, b"") if known is not None and known.imports else b""
        if 0 < len(data) <= _LARGEST:
            data = b"\n" + data
            called = {match[1].split(b".")[0] for way in ways for match in way.finditer(data)}
            names = _python_names if path.endswith(".py") else _javascript_names
            found.update(names(path, data, paths, called))
    return frozenset(found)


def _javascript_names(path: str, data: bytes, paths: Paths, called: set[bytes]) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    for match in _REQUIRED.finditer(data):
        if not called.isdisjoint(_NAME.findall(match[1] or match[3])):
            target = resolved((match[2] or match[4]).decode("utf-8", "replace"), folder, paths)
            if target is not None:
                yield target
    for match in _CALLED_AT_ONCE.finditer(data):
        target = resolved(match[1].decode("utf-8", "replace"), folder, paths)
        if target is not None:
            yield target


def _python_names(path: str, data: bytes, paths: Paths, called: set[bytes]) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    for match in _FROM.finditer(data):
        module = match[1].decode("utf-8", "replace")
        for name in called.intersection(_NAME.findall(match[2].partition(b"#")[0])):
            inner = f"{module}{'' if module.endswith('.') else '.'}{name.decode('utf-8', 'replace')}"
            yield from paths.imported(inner, folder)
    for match in _IMPORT.finditer(data):
        name = match[2] or match[1].split(b".")[0]
        if name in called or not name:
            yield from paths.imported(match[1].decode("utf-8", "replace"), folder)
