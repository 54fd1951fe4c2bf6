"""Which of a package's files run, and when: at installation, when it is loaded, or when somebody calls them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

from adapters.sigil.local.code.facts import Behaviour, CodeFacts
from adapters.sigil.local.material import Ecosystem, Package
from adapters.sigil.local.package_json import MANIFEST, read_manifest
from adapters.sigil.local.phases.hooks import (
    GYP,
    Hook,
    commands,
    gyp_hooks,
    joined,
    named_files,
    npm_hooks,
    resolved,
)
from adapters.sigil.local.phases.paths import Paths

_START_UP = re.compile(r"^(?:[\w.-]+\.data/(?:purelib|platlib|data)/|src/)?(?:[^/]+\.pth|(?:site|user)customize\.py)$")
_TOP_MODULE = re.compile(r"^(?:src/|lib/)?(?:[^/]+/__init__\.py|[^/]+\.py)$")
_BUILD_ONLY = frozenset(("setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "hatch_build.py"))
_INSTALLING = frozenset(("preinstall", "install", "postinstall"))
_TASK_FILES = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "gulp": ("gulpfile.js", "gulpfile.mjs", "gulpfile.cjs", "gulpfile.ts"),
    "grunt": ("Gruntfile.js", "Gruntfile.cjs"),
    "just": ("justfile",),
}
_COMMAND_TABLES = {
    "setup.cfg": re.compile(r"^cmdclass\s*=((?:[^\n]*\n)(?:[ \t]+[^\n]*\n?)*)", re.MULTILINE),
    "pyproject.toml": re.compile(r"^(?:\[tool\.setuptools\.cmdclass\]|cmdclass\s*=)([^\[]*)", re.MULTILINE),
}
_COMMAND_CLASS = re.compile(r"=\s*[\"']?([\w.]+)\.\w+")
_POINTS = (b"entry-points", b"plugins")
_BUILDS = (b"backend-path", b"hooks", b"script")
_ENTRY_POINTS = re.compile(r"\.(?:dist-info|egg-info)/entry_points\.txt$")
_GROUP = re.compile(r"^\[([^\]\n]+)\][ \t]*\n([^\[]*)", re.MULTILINE)
_LOADED_MODULE = re.compile(r"^[^=\n]+=\s*([\w.]+)", re.MULTILINE)
_APPLICATION = b"AppConfig"
_APPLICATION_MODULES = ("apps.py", "models.py", "models/__init__.py", "admin.py", "tasks.py", "middleware.py")
_COMMAND_GROUPS = frozenset(("console_scripts", "gui_scripts"))
_FOLDER_OF_CODE = re.compile(r"(?:…|\{__file__(?:\.parent)?\})/(?=\w)")
_OWN_INTERPRETER = re.compile(r"^…(?=\s(?:-e|--eval|-p|--print)\s)")
_REQUIRED_BESIDE = re.compile(r"(?<=require\()([\"']?)…/")
_ANY_OF_FOLDER = re.compile(
    r"(?:(?:\./|…/)((?:\.\./)*(?:[\w@-][\w.@-]*/)+)|((?:\.\./)+(?:[\w@-][\w.@-]*/)*)|\./)…(?:/index)?(?:\.[cm]?js)?"
)
_RUNS = frozenset((Behaviour.RUNS_SHELL, Behaviour.RUNS_PROCESS))


class Moment(StrEnum):
    """When code runs."""

    INSTALL = "install"
    LOAD = "load"
    CALL = "call"


def hooks_of(package: Package) -> tuple[Hook, ...]:
    """List the commands that installing a package runs: none for Python, whose hooks are files."""
    if package.ecosystem is Ecosystem.PYPI:
        return ()
    contents = {file.path: file.data for file in package.files if file.path in {MANIFEST, GYP}}
    hooks = npm_hooks(contents[MANIFEST]) if MANIFEST in contents else ()
    return (*hooks, *(gyp_hooks(contents[GYP]) if GYP in contents else ()))


def hook_files(package: Package, hooks: Iterable[Hook]) -> frozenset[str]:
    """Find the files that run first when a package is installed, or when any interpreter starts after that."""
    paths = Paths(file.path for file in package.files)
    found = {path for hook in hooks for path in named_files(hook.command, paths)}
    found.update(_task_files(hooks, paths))
    if any("-e" in hook.command or "-p" in hook.command or "-c" in hook.command for hook in hooks):
        found.add(MANIFEST)
    if package.ecosystem is not Ecosystem.NPM:
        found.update(path for path in paths if _START_UP.match(path))
        if not package.archive.endswith(".whl"):
            found.update(paths & {"setup.py", "hatch_build.py"})
            found.update(_build_files(package, paths))
            found.update(_command_files(package, paths))
    return frozenset(found)


def entry_files(package: Package) -> frozenset[str]:
    """Find the files that run when the package is imported or required; a command is somebody's call."""
    paths = Paths(file.path for file in package.files)
    found: set[str] = set()
    manifest = next((file.data for file in package.files if file.path == MANIFEST), None)
    if manifest is not None and package.ecosystem is not Ecosystem.PYPI:
        for name in _entries(manifest):
            path = resolved(name, "", paths)
            if path is not None:
                found.add(path)
    if package.ecosystem is not Ecosystem.NPM:
        found.update(path for path in paths if _TOP_MODULE.match(path) and path not in _BUILD_ONLY)
        found.update(_plugin_files(package, paths))
        found.update(_application_files(package, paths))
    return frozenset(found)


def _application_files(package: Package, paths: Paths) -> Iterator[str]:
    """Find the modules that Django loads of each of its applications once a project lists it."""
    for file in package.files:
        if file.path.endswith("/apps.py") and _APPLICATION in file.data:
            folder = file.path.removesuffix("apps.py")
            yield from (f"{folder}{name}" for name in _APPLICATION_MODULES if f"{folder}{name}" in paths)
            yield from (path for path in paths if path.startswith(f"{folder}templatetags/") and path.endswith(".py"))


def _plugin_files(package: Package, paths: Paths) -> Iterator[str]:
    """Find the modules that other programs load by themselves: entry points that are no commands."""
    content = _project(package, _POINTS)
    poetry = _table(_table(_table(content, "tool"), "poetry"), "plugins")
    for group, points in {**poetry, **_table(_table(content, "project"), "entry-points")}.items():
        for point in points.values() if isinstance(points, dict) and group not in _COMMAND_GROUPS else ():
            yield from paths.imported(str(point).partition(":")[0].strip(), "")
    for file in package.files:
        if _ENTRY_POINTS.search(file.path):
            for group, lines in _GROUP.findall(file.data.decode("utf-8", "replace")):
                for module in _LOADED_MODULE.findall(lines) if group not in _COMMAND_GROUPS else ():
                    yield from paths.imported(module, "")


def reachable(starts: Iterable[str], facts: Mapping[str, CodeFacts], paths: Paths) -> frozenset[str]:
    """Follow files to those that they lead to by imports within the package, themselves included."""
    seen: set[str] = set()
    waiting = [path for path in starts if path in paths]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            known = facts.get(path)
            if known is not None:
                waiting.extend(_led_to(path, known, paths))
    return frozenset(seen)


def started(facts: CodeFacts, paths: Paths, folder: str) -> Iterator[str]:
    """Find the package's own files that code starts as processes."""
    for fact in facts.facts:
        if fact.behaviour in _RUNS and fact.detail:
            line = _REQUIRED_BESIDE.sub(r"\1./", _OWN_INTERPRETER.sub("node", fact.detail))
            command = _FOLDER_OF_CODE.sub("", line)
            for start in {"", folder}:
                yield from named_files(command, paths, start)


def _led_to(path: str, facts: CodeFacts, paths: Paths) -> Iterator[str]:
    yield from imported_files(path, facts, paths)
    yield from started(facts, paths, path.rpartition("/")[0])


def imported_files(path: str, facts: CodeFacts, paths: Paths) -> Iterator[str]:
    """Find the package's own files that a file imports."""
    folder = path.rpartition("/")[0]
    python = path.endswith((".py", ".pth", ".pyw"))
    for name in facts.imports:
        yield from paths.imported(name, folder) if python else _javascript_files(name, folder, paths)
    for fact in facts.facts:
        if fact.behaviour is Behaviour.IMPORTS_DYNAMICALLY and fact.detail and not python:
            yield from _any_of_folder(path, fact.detail, paths)


def _any_of_folder(path: str, name: str, paths: Paths) -> Iterator[str]:
    """Find the files that a name may mean whose end only is unknown: `./rules/…`, as folders of plugins are loaded."""
    found = _ANY_OF_FOLDER.fullmatch(name)
    folder = joined(path.rpartition("/")[0], found[1] or found[2] or "") if found else None
    if folder is not None:
        yield from (each for each in paths.modules_in(folder) if each != path)


def _javascript_files(name: str, folder: str, paths: Paths) -> Iterator[str]:
    if name.startswith("."):
        found = resolved(name, folder, paths)
        if found is not None:
            yield found


def _entries(manifest: bytes) -> Iterator[str]:
    content = read_manifest(manifest)
    for key in ("main", "module", "browser", "exports"):
        yield from _texts(content.get(key))
    if not isinstance(content.get("main"), str):
        yield "index.js"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _build_files(package: Package, paths: Paths) -> Iterator[str]:
    content = _project(package, _BUILDS)
    system = _table(content, "build-system")
    backend = str(system.get("build-backend", "")).partition(":")[0].replace(".", "/")
    folders = system.get("backend-path", [])
    for folder in folders if isinstance(folders, list) and backend else ():
        base = joined("", f"{folder}/{backend}")
        yield from (path for path in (f"{base}.py", f"{base}/__init__.py") if path in paths)
    tool = _table(content, "tool")
    hatch = _table(_table(_table(_table(tool, "hatch"), "build"), "hooks"), "custom")
    for script in (hatch.get("path"), _table(_table(tool, "poetry"), "build").get("script")):
        if isinstance(script, str) and script in paths:
            yield script


def _project(package: Package, words: Sequence[bytes]) -> Mapping[str, Any]:
    """Read pyproject.toml; empty where it has none of these words, or is none that can be read."""
    project = next((file.data for file in package.files if file.path == "pyproject.toml"), b"")
    return _toml(project) if any(word in project for word in words) else {}


@lru_cache(maxsize=8)
def _toml(data: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8", "replace"))
    except tomllib.TOMLDecodeError:
        return {}


def _task_files(hooks: Iterable[Hook], paths: Paths) -> Iterator[str]:
    """Find the files that a task runner reads without their being named: `make`, `gulp setup`."""
    for hook in hooks:
        for command in commands(hook.command) if hook.name in _INSTALLING else ():
            runner = command.removeprefix("npx ").split()[0]
            yield from (path for path in _TASK_FILES.get(runner, ()) if path in paths)


def _command_files(package: Package, paths: Paths) -> Iterator[str]:
    """Find the modules of the package whose classes setup.cfg or pyproject.toml make commands of the installation."""
    for name, pattern in _COMMAND_TABLES.items():
        data = next((file.data for file in package.files if file.path == name), b"").decode("utf-8", "replace")
        table = pattern.search(data)
        for module in _COMMAND_CLASS.findall(table[1]) if table else ():
            yield from paths.imported(module, "")


def _table(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}
