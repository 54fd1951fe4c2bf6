"""Which files of a Python project belong to which version, and which of them an installer would choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from packaging.specifiers import SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from adapters.sigil.local.registry.simple import IndexFile

Kind = Literal["pure wheel", "platform wheel", "sdist"]

_OLD_SDISTS = (".tar.bz2", ".tar.xz", ".tgz", ".tar")
_PLATFORMS = ("manylinux", "linux", "win_amd64", "macosx", "")
_COMMON_MACHINE = "x86_64"


@dataclass(frozen=True)
class Distribution:
    """A file that can be installed."""

    file: IndexFile
    version: Version
    kind: Kind
    rank: tuple[int, ...] = ()
    """Orders files of one kind: the smaller, the likelier it is installed somewhere."""


def distributions(name: str, files: Iterable[IndexFile]) -> tuple[Distribution, ...]:
    """Take the wheels and sdists of a project among its files; what has another name or no version is left out."""
    found = (_distribution(name, file) for file in files)
    return tuple(one for one in found if one is not None)


def choose(specifier: str, offered: Iterable[Distribution]) -> Version | None:
    """Give the version that `pip install` would take on any Python, None where there is none.

    Pre-releases only if asked for or if there is nothing else; withdrawn ones only if pinned.
    """
    wanted = SpecifierSet(specifier)
    pinned = any(part.operator in ("==", "===") and not part.version.endswith(".*") for part in wanted)
    withdrawn: dict[Version, bool] = {}
    for one in offered:
        withdrawn[one.version] = withdrawn.get(one.version, True) and bool(one.file.yanked)
    usable = [version for version, gone in withdrawn.items() if not gone]
    fitting = list(wanted.filter(usable)) or (list(wanted.filter(withdrawn)) if pinned else [])
    return max(fitting, default=None)


def one_of_each_kind(version: Version, offered: Iterable[Distribution]) -> tuple[Distribution, ...]:
    """Choose what somebody may get who installs a version: a pure wheel, a wheel for a platform, and the sdist."""
    chosen: dict[Kind, Distribution] = {}
    for one in offered:
        if one.version == version and (one.kind not in chosen or one.rank < chosen[one.kind].rank):
            chosen[one.kind] = one
    kinds: tuple[Kind, ...] = ("pure wheel", "platform wheel", "sdist")
    return tuple(chosen[kind] for kind in kinds if kind in chosen)


def hashes_of(file: IndexFile) -> Mapping[str, tuple[str, ...]]:
    """Give a file's published hashes in the form that `verify` reads."""
    return {algorithm: (digest,) for algorithm, digest in file.hashes.items()}


def _distribution(name: str, file: IndexFile) -> Distribution | None:
    try:
        if file.filename.endswith(".whl"):
            return _wheel(name, file)
        if file.filename.endswith((".tar.gz", ".zip")):
            project, version = parse_sdist_filename(file.filename)
            rank = (0 if file.filename.endswith(".tar.gz") else 1,)
            return Distribution(file, version, "sdist", rank) if project == name else None
        return _old_sdist(name, file)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def _wheel(name: str, file: IndexFile) -> Distribution | None:
    project, version, build, tags = parse_wheel_filename(file.filename)
    if project != name:
        return None
    newest_build = -build[0] if build else 0
    if any(tag.platform == "any" for tag in tags):
        modern = any(tag.interpreter.startswith(("py3", "cp3")) for tag in tags)
        return Distribution(file, version, "pure wheel", (0 if modern else 1, newest_build))
    platforms = " ".join(tag.platform for tag in tags)
    place = next(index for index, platform in enumerate(_PLATFORMS) if platform in platforms)
    interpreter = max(_number(tag.interpreter) for tag in tags)
    return Distribution(
        file, version, "platform wheel", (place, 0 if _COMMON_MACHINE in platforms else 1, -interpreter, newest_build)
    )


def _number(interpreter: str) -> int:
    """Turn `cp313` into 313, so that newer ones are greater."""
    digits = interpreter.lstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits) if digits.isdecimal() and interpreter.startswith(("cp", "py")) else 0


def _old_sdist(name: str, file: IndexFile) -> Distribution | None:
    ending = next((ending for ending in _OLD_SDISTS if file.filename.endswith(ending)), None)
    project, dash, version = file.filename.removesuffix(ending or "").rpartition("-")
    if ending is None or not dash or canonicalize_name(project) != name:
        return None
    return Distribution(file, Version(version), "sdist", (2,))
