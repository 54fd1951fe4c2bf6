"""Signatures: shapes of bytes and text in a package's files, found with YARA rules of our own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files as resources
from typing import TYPE_CHECKING

import msgspec

from adapters.sigil.local.material import PackageFile

if TYPE_CHECKING:
    import yara_x

SHAPES = "shapes.yar"
HIDDEN_RIGHT = "code_far_right"
_SNIPPET = 500
_SECONDS = 20
_CODE = re.compile(r"\.(?:[cm]?[jt]sx?|pyw?|pth|sh|bash|ps1|bat|cmd|vbs|html?|rb|php|node)$", re.IGNORECASE)
_GAP = b" " * 120
_MOST_GAPS = 1000
_LEFT, _RIGHT = 200, 400
_CODE_BEFORE = re.compile(rb"\s*[^\s\"'`*#|][^\"'`]*")
_TELLING = re.compile(
    rb"(?:eval|require|exec|import|atob|fromCharCode|Function|global|process|spawn|fetch|base64|subprocess|compile"
    rb"|urlopen)\b"
)


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A signature's first match in a file: `line` counts from 1, `snippet` holds at most 500 characters."""

    signature: str
    line: int
    snippet: str


def signature_hits(files: Sequence[PackageFile]) -> dict[str, tuple[Hit, ...]]:
    """Find the signatures that match each file, by path; files without any are missing."""
    return {file.path: hits for file, hits in zip(files, hits_in_turn(files), strict=True) if hits}


def hits_in_turn(files: Iterable[PackageFile]) -> list[tuple[Hit, ...]]:
    """Find the signatures that match each file, one after the other."""
    import yara_x

    scanner = yara_x.Scanner(_rules())
    scanner.set_timeout(_SECONDS)
    return [tuple(_hits(scanner, file.data)) if has_signatures(file) else () for file in files]


def has_signatures(file: PackageFile) -> bool:
    """Whether signatures are looked for in a file: in code, by its name or its first bytes."""
    return bool(_CODE.search(file.path)) or file.data[:2] == b"#!"


@cache
def _rules() -> yara_x.Rules:
    import yara_x

    text = (resources("adapters.sigil.local") / "signatures" / SHAPES).read_text("utf-8")
    return yara_x.compile(text)


def _hits(scanner: yara_x.Scanner, data: bytes) -> Iterator[Hit]:
    for rule in scanner.scan(data).matching_rules:
        starts = [match.offset for pattern in rule.patterns for match in pattern.matches]
        if starts:
            yield _hit(rule.identifier, data, min(starts))
    far = _far_right(data)
    if far is not None:
        yield _hit(HIDDEN_RIGHT, data, far)


def _far_right(data: bytes) -> int | None:
    """Find where telling code stands behind other code and so much space that an editor does not show it."""
    gap = -1 if b"\0" in data[:8192] else data.find(_GAP)
    for _ in range(_MOST_GAPS):
        if gap < 0:
            return None
        line = data.rfind(b"\n", max(0, gap - _LEFT), gap) + 1 or max(0, gap - _LEFT)
        behind = gap + len(_GAP)
        while data[behind : behind + 1] in (b" ", b"\t"):
            behind += 1
        right = data[behind : behind + _RIGHT].partition(b"\n")[0]
        if _CODE_BEFORE.fullmatch(data[line:gap]) and _TELLING.search(right):
            return gap
        gap = data.find(_GAP, behind)
    return None


def _hit(signature: str, data: bytes, start: int) -> Hit:
    line = data.count(b"\n", 0, start) + 1
    begin = max(data.rfind(b"\n", 0, start) + 1, start - 100)
    end = data.find(b"\n", start)
    text = data[begin : end if end >= 0 else len(data)][: _SNIPPET * 2].decode("utf-8", "replace")
    return Hit(signature=signature, line=line, snippet=" ".join(text.split())[:_SNIPPET])
