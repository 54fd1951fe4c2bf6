"""Ways of data from file to file: what runs together of a package is read once more as the one program it is."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from adapters.sigil.local.code.facts import Behaviour, CodeFacts, Fact
from adapters.sigil.local.code.javascript import javascript_program
from adapters.sigil.local.code.joined import Joined
from adapters.sigil.local.code.python import python_program, python_source
from adapters.sigil.local.material import Package, PackageFile
from adapters.sigil.local.package_json import MANIFEST
from adapters.sigil.local.phases.flows import whole_ways
from adapters.sigil.local.phases.hooks import resolved
from adapters.sigil.local.phases.paths import Paths
from adapters.sigil.local.phases.reach import entry_files, hook_files, hooks_of, imported_files, reachable

_LARGEST_FILE = 100_000
_LARGEST_PROGRAM = 200_000
_LARGEST_TABLE = 8_000
_RINGS = 2
_DOES_NOTHING_YET = frozenset(
    (
        Behaviour.DECODES,
        Behaviour.ENCODES,
        Behaviour.READS_FILE,
        Behaviour.READS_SYSTEM,
        Behaviour.READS_ENVIRONMENT,
        Behaviour.TAKES_REQUEST,
        Behaviour.TAKES_SECRET,
        Behaviour.HOLDS_CODE,
        Behaviour.LISTS_FILES,
    )
)
_PYTHON = (".py", ".pyw", ".pth")
_LANGUAGES: Mapping[tuple[str, ...], Callable[[Joined], CodeFacts]] = {
    _PYTHON: python_program,
    (".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx"): javascript_program,
}


def linked(package: Package, facts: Mapping[str, CodeFacts]) -> dict[str, CodeFacts]:
    """Add to the facts of a package's files what they do together, at installation and when it is loaded."""
    found = dict(facts)
    gc.disable()
    try:
        _link(package, found)
    finally:
        gc.enable()
    return found


def _link(package: Package, found: dict[str, CodeFacts]) -> None:
    paths = Paths(file.path for file in package.files)
    facts = dict(found)
    programs: set[frozenset[str]] = set()
    for starts in (hook_files(package, hooks_of(package)), entry_files(package)):
        running = reachable(starts, facts, paths)
        for endings, read in _LANGUAGES.items():
            known = {path: facts[path] for path in sorted(running) if path.endswith(endings) and path in facts}
            chosen = _chosen(package, known, paths)
            if len(chosen) > 1 and frozenset(chosen) not in programs:
                programs.add(frozenset(chosen))
                _add(found, chosen, read)


def _chosen(package: Package, known: Mapping[str, CodeFacts], paths: Paths) -> dict[str, bytes]:
    """Choose the files that do something, and those around them, as far as they are small enough."""
    sizes = {file.path: file.size for file in package.files if file.path in known and file.size <= _LARGEST_FILE}
    near = [path for path in sizes if known[path].hands_out or _acts(known[path])]
    imported = _imported(known, paths) if near else {}
    around = _around(imported)
    chosen: dict[str, None] = {}
    left = _LARGEST_PROGRAM
    for _ in range(_RINGS + 1):
        for path in sorted(near, key=lambda each: (sizes[each], each)):
            if sizes[path] <= left:
                chosen[path] = None
                left -= sizes[path]
        near = sorted({each for path in chosen for each in around.get(path, ()) if each in sizes} - set(chosen))
    files = {file.path: file for file in package.files if file.path in chosen}
    tables = _tables(package, {path: known[path] for path in files}, paths)
    return {**tables, **{path: _source(files[path]) for path in _in_order(files, imported)}}


def _tables(package: Package, chosen: Mapping[str, CodeFacts], paths: Paths) -> dict[str, bytes]:
    """Find the small files of JSON that modules ask for and in which addresses stand, each as the module it makes."""
    asked = {
        table
        for path, facts in chosen.items()
        for name in facts.imports
        if name.endswith(".json") and name.startswith(".")
        if (table := resolved(name, path.rpartition("/")[0], paths)) is not None
    } - {MANIFEST}
    found = (file for file in package.files if file.path in asked and file.size <= _LARGEST_TABLE)
    return {file.path: b"module.exports=" + file.data for file in found if b"://" in file.data}


def _in_order(chosen: Iterable[str], imported: Mapping[str, Iterable[str]]) -> dict[str, None]:
    """Put files behind those that they import, so that what is imported is known where it is used."""
    wanted = set(chosen)
    done: dict[str, None] = {}
    for start in sorted(wanted):
        waiting = [start]
        while waiting:
            path = waiting[-1]
            before = [each for each in imported.get(path, ()) if each in wanted]
            wanted.discard(path)
            waiting += before
            if not before:
                done.setdefault(waiting.pop())
    return done


def _source(file: PackageFile) -> bytes:
    return python_source(file.path, file.data) if file.path.endswith(_PYTHON) else file.data


def _acts(facts: CodeFacts) -> bool:
    return any(fact.behaviour not in _DOES_NOTHING_YET for fact in facts.facts)


def _imported(known: Mapping[str, CodeFacts], paths: Paths) -> dict[str, tuple[str, ...]]:
    """Find for each file those of the others that it imports."""
    return {
        path: tuple(
            dict.fromkeys(each for each in imported_files(path, facts, paths) if each in known and each != path)
        )
        for path, facts in known.items()
    }


def _around(imported: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """Find for each file those that it imports and that import it."""
    around: dict[str, set[str]] = {path: set() for path in imported}
    for path, others in imported.items():
        around[path].update(others)
        for other in others:
            around[other].add(path)
    return around


def _add(found: dict[str, CodeFacts], chosen: Mapping[str, bytes], read: Callable[[Joined], CodeFacts]) -> None:
    joined = Joined(chosen.items())
    together = read(joined)
    for path, facts in joined.divided(together.facts, whole_ways(together.flows)).items():
        alone = found.get(path)
        if alone is None:
            continue
        found[path] = msgspec.structs.replace(
            alone,
            facts=tuple(_united(alone.facts, facts.facts)),
            flows=tuple(dict.fromkeys((*facts.flows, *alone.flows))),
        )


def _united(alone: Iterable[Fact], together: Iterable[Fact]) -> Iterator[Fact]:
    """Tell each fact once, in the words of those who know the whole program."""
    known = {(fact.behaviour, fact.line, fact.snippet): fact for fact in together}
    before = {(fact.behaviour, fact.line, fact.snippet): fact for fact in alone}
    for key, fact in sorted({**before, **known}.items(), key=lambda each: each[1].line):
        earlier = before.get(key, fact)
        yield msgspec.structs.replace(
            fact, at_load=fact.at_load or earlier.at_load, detail=fact.detail or earlier.detail
        )
