"""What a package makes the installer run: lifecycle commands of npm, build scripts and start-up files of Python."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from adapters.sigil.local.package_json import MANIFEST, read_manifest

NPM_HOOKS = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare")
GYP = "binding.gyp"
_NODE = ("node", "nodejs", "ts-node", "tsx", "bun", "deno")
_SHELLS = (
    "sh",
    "bash",
    "zsh",
    "dash",
    "source",
    ".",
    "cmd",
    "call",
    "start",
    "powershell",
    "pwsh",
    "cscript",
    "wscript",
)
_INTERPRETERS = frozenset((*_NODE, *_SHELLS, "python", "python3"))
_SEPARATORS = re.compile(r"&&|\|\||[;&|\n]")
_GYP_COMMAND = re.compile(r"<!@?\(([^\n]{1,2000}?)\)[\"']")
_GYP_ACTION = re.compile(r"[\"']action[\"']\s*:\s*\[([^\]]{1,2000})\]")
_INLINE = re.compile(r"^(?:node|nodejs|bun)\b.*?\s(?:-e|--eval|-p|--print|-pe)$|^python[\d.]*\s(?:.*\s)?-c$")
_REQUIRED = re.compile(r"\b(?:require|import)\(\s*\\?['\"]?(\.[^'\"\\()]{1,200})")
_NPM_RUN = re.compile(r"^(?:npm|pnpm|yarn|bun)\s+(?:run(?:-script)?\s+)?(?:-\S+\s+)*([\w:.-]+)")
_SHORT_REPOSITORY = re.compile(r"^(?:(github|gitlab):)?([\w.-]+/[\w.-]+)$")
_ENDINGS = ("", ".js", ".cjs", ".mjs", ".ts", "/index.js", "/index.cjs", "/index.mjs", "/index.ts", ".json")
_SCRIPT = re.compile(r"\.(?:bat|cmd|sh|ps1|vbs|[cm]?js)$", re.IGNORECASE)
_DEPTH = 4


class Hook(NamedTuple):
    """A command that is run when the package is installed; `name` is the script's, `file` the one that says so."""

    name: str
    command: str
    file: str


class Inline(NamedTuple):
    """Code written in a hook's command, and whether it is Python."""

    code: str
    python: bool


def npm_scripts(manifest: bytes) -> dict[str, str]:
    """Read the scripts of a package.json; none where it is broken."""
    scripts = read_manifest(manifest).get("scripts")
    listed = scripts.items() if isinstance(scripts, dict) else ()
    return {name: command for name, command in listed if isinstance(command, str)}


def project_addresses(manifest: bytes) -> tuple[str, ...]:
    """Read where a package.json says that its project lives: repository and homepage, short forms written out."""
    content = read_manifest(manifest)
    repository = content.get("repository")
    said = (repository.get("url") if isinstance(repository, dict) else repository, content.get("homepage"))
    return tuple(_written_out(address) for address in said if isinstance(address, str))


def _written_out(address: str) -> str:
    short = _SHORT_REPOSITORY.match(address)
    return f"https://{short[1] or 'github'}.com/{short[2]}" if short else address


def npm_hooks(manifest: bytes) -> tuple[Hook, ...]:
    """List what npm runs when it installs the package of a package.json, with the scripts that those call by name."""
    scripts = npm_scripts(manifest)
    hooks: list[Hook] = []
    for name in NPM_HOOKS:
        if name in scripts:
            _follow(name, name, scripts, hooks, _DEPTH)
    return tuple(hooks)


def _follow(hook: str, script: str, scripts: Mapping[str, str], hooks: list[Hook], depth: int) -> None:
    hooks.append(Hook(hook, scripts[script], MANIFEST))
    for part in commands(scripts[script]):
        called = _NPM_RUN.match(part)
        if called and called[1] in scripts and depth > 0 and called[1] not in NPM_HOOKS:
            _follow(hook, called[1], scripts, hooks, depth - 1)


def gyp_hooks(recipe: bytes) -> tuple[Hook, ...]:
    """List the commands that node-gyp runs while it reads and builds a binding.gyp."""
    text = recipe.decode("utf-8", "replace")
    found = [match[1] for match in _GYP_COMMAND.finditer(text)]
    found += [re.sub(r"[\"'],?", " ", match[1]) for match in _GYP_ACTION.finditer(text)]
    return tuple(Hook("node-gyp", " ".join(command.split()), GYP) for command in found)


def commands(line: str) -> tuple[str, ...]:
    """Split a command line into its single commands."""
    return tuple(part.strip() for part in _SEPARATORS.split(line) if part.strip())


def words(command: str) -> list[str]:
    """Split a command into its words, quotes resolved as far as they are closed."""
    try:
        return shlex.split(command, posix=True)
    except ValueError:
        return command.split()


def inline_code(line: str) -> tuple[Inline, ...]:
    """Find the code that a command line hands to an interpreter: `node -e "…"`, `python -c "…"`."""
    found = []
    parts = words(line)
    for position in range(1, len(parts) - 1):
        start = max(
            (at for at in range(position) if parts[at] in {"node", "nodejs", "bun"} or parts[at].startswith("python")),
            default=None,
        )
        if start is not None and _INLINE.match(" ".join(parts[start : position + 1])):
            found.append(Inline(parts[position + 1], parts[start].startswith("python")))
    return tuple(found)


def named_files(line: str, paths: frozenset[str], folder: str = "") -> Iterator[str]:
    """Find the package's own files that a command line names, e.g. `node scripts/x` or `sh ./setup.sh`."""
    for command in commands(line):
        parts = words(command)
        interpreted = any(PurePosixPath(part).name.removesuffix(".exe") in _INTERPRETERS for part in parts)
        for part in parts:
            script = part is parts[0] and _SCRIPT.search(part)
            for required in _REQUIRED.finditer(part) if interpreted else ():
                yield from filter(None, (resolved(required[1], folder, paths),))
            if interpreted or script or part.startswith(("./", "../")) or "/" in part or "\\" in part:
                found = resolved(part.replace("\\", "/"), folder, paths)
                if found is not None:
                    yield found


def resolved(name: str, folder: str, paths: frozenset[str]) -> str | None:
    """Find the file of the package that a relative name means, seen from a folder; None where there is none."""
    base = joined(folder, name)
    if base is None:
        return None
    stem, _, ending = base.rpartition(".")
    candidates = [f"{base}{ending}" if base else ending.lstrip("/") for ending in _ENDINGS]
    if ending in {"js", "mjs", "cjs"}:
        candidates.append(f"{stem}.{ending.replace('js', 'ts')}")
    return next((path for path in candidates if path in paths), None)


def joined(folder: str, name: str) -> str | None:
    """Join a folder and a relative path, dots resolved; None where it leaves the package."""
    parts: list[str] = [] if name.startswith("/") else [part for part in folder.split("/") if part]
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
