"""Code that runs out of files that nobody would read as code: pictures, notes, byte code without its source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.sigil.local.code.telling_commands import command_kinds
from adapters.sigil.local.code.telling_places import powerful_code
from adapters.sigil.local.phases.hooks import resolved
from adapters.sigil.local.phases.judging import CERTAIN, GRAVE, Rule, finding
from adapters.sigil.local.phases.paths import Paths
from adapters.sigil.local.phases.scanned import Scanned
from adapters.sigil.models import Finding

_DISGUISE = re.compile(
    r"\.(?:png|jpe?g|gif|ico|bmp|webp|svg|[ot]tf|woff2?|eot|pdf|mp[34]|wav|zip|gz|dat|bin|txt|md|log|csv|css|map|lock|bak|tmp)$",
    re.IGNORECASE,
)
_READ = 200_000
_PICTURE = Rule("disguised-code", "A file that passes for a picture, a text or data is code, and is run.")
_BYTE_CODE = Rule("bytecode-without-source", "Byte code is imported of which the package publishes no source.")


def disguised(scanned: Scanned) -> Iterator[Finding]:
    """Find files that run, at installation or on import, though their names say that they are no code."""
    for path in sorted(_run(scanned, scanned.installed) | _run(scanned, scanned.loaded)):
        if _is_code(scanned.contents[path]):
            yield finding(_PICTURE, CERTAIN, path, 1, None)
    yield from _byte_code(scanned)


def _run(scanned: Scanned, files: frozenset[str]) -> set[str]:
    """Collect files of other kinds that run: named by a hook's command, or required by a file that runs."""
    found = {path for path in files if _DISGUISE.search(path)}
    for path in files & scanned.facts.keys():
        folder = path.rpartition("/")[0]
        for name in scanned.facts[path].imports:
            if name.startswith(".") and _DISGUISE.search(name):
                target = resolved(name, folder, scanned.paths)
                found.update({target} if target is not None else ())
    return found


def _is_code(data: bytes) -> bool:
    text = data[:_READ].decode("utf-8", "replace")
    return "\0" not in text and (powerful_code(text) or bool(command_kinds(text)))


def _byte_code(scanned: Scanned) -> Iterator[Finding]:
    files = {path for path in scanned.paths if path.endswith(".pyc") and "__pycache__" not in path}
    if not files:
        return
    sources = Paths(path[:-1] for path in files if path[:-1] not in scanned.paths)
    for path in sorted(scanned.loaded & scanned.facts.keys()):
        folder = path.rpartition("/")[0]
        for name in scanned.facts[path].imports:
            for module in sources.imported(name, folder):
                yield finding(_BYTE_CODE, GRAVE if path in scanned.installed else CERTAIN, f"{module}c", None, None)
