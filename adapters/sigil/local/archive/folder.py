"""A folder on this machine, read as a package would be."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from adapters.sigil.local.archive.limits import DEFAULT_LIMITS, ArchiveRefused, Limits, Tally
from adapters.sigil.local.archive.paths import safe_path
from adapters.sigil.local.material import PackageFile

LEFT_OUT = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__"})
"""Folders that are in every checkout and in no published package."""


def read_folder(path: Path, limits: Limits = DEFAULT_LIMITS) -> tuple[PackageFile, ...]:
    """Read a folder's files, ordered by path; links, devices, virtual environments and `LEFT_OUT` are passed over.

    Raises `ArchiveRefused` when there is too much, or nothing, or a file cannot be read.
    """
    tally = Tally(limits, packed=limits.total_size)
    try:
        files = tuple(_read(found, path, tally) for found in _found(path, tally))
    except OSError as error:
        raise ArchiveRefused("unreadable", f"{error.filename or path} cannot be read: {error.strerror}.") from None
    if not files:
        raise ArchiveRefused("empty", f"{path} holds no file to scan. Name the folder that the package is in.")
    return files


def _found(root: Path, tally: Tally) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, onerror=_raise):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and not _is_environment(folder, name))
        for name in sorted(names):
            tally.entry()
            found = Path(folder, name)
            if stat.S_ISREG(found.lstat().st_mode):
                yield found


def _read(found: Path, root: Path, tally: Tally) -> PackageFile:
    path = safe_path(found.relative_to(root).as_posix(), tally.limits)
    # Neither a link nor a pipe that took the file's place meanwhile is followed or waited for.
    descriptor = os.open(found, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        tally.room_for(os.fstat(descriptor).st_size, path)
        data = file.read(tally.limits.file_size + 1)
    tally.room_for(len(data), path)
    tally.unpack(len(data))
    return PackageFile(path, data)


def _is_environment(folder: str, name: str) -> bool:
    return Path(folder, name, "pyvenv.cfg").exists()


def _raise(error: OSError) -> None:
    raise error
