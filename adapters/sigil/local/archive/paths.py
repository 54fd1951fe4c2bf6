"""What an entry's path may be, and where a link leads."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from adapters.sigil.local.archive.limits import ArchiveRefused, Limits
from adapters.sigil.local.material import PackageFile

_DRIVE = re.compile(r"[A-Za-z]:")


def safe_path(name: str, limits: Limits) -> str:
    """Give an entry's path with plain `/`, empty for the root itself; a backslash counts as `/`, as on Windows.

    Raises `ArchiveRefused` for a path that leads out, is absolute or is too long.
    """
    if "\0" in name:
        raise _refused(name, "holds a NUL character")
    path = name.replace("\\", "/")
    if path.startswith("/") or _DRIVE.match(path):
        raise _refused(name, "is absolute")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _refused(name, "leads upwards")
    if len(path) > limits.path_length or len(parts) > limits.depth:
        raise _refused(name, f"has more than {limits.path_length} characters or {limits.depth} folders")
    # Bytes that are no UTF-8 came as lone surrogates, which nothing could write: spelled out they stay apart.
    return "/".join(parts).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def link_target(path: str, target: str, limits: Limits, *, symbolic: bool) -> str:
    """Give the path within the archive that a link leads to; raises `ArchiveRefused` if it leads out of it."""
    if symbolic and not target.startswith(("/", "\\")) and not _DRIVE.match(target):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), target.replace("\\", "/")))
    try:
        return safe_path(target, limits)
    except ArchiveRefused:
        raise ArchiveRefused("link", f"The archive's link {path!r} leads out of the archive.") from None


def without_first_folder(files: Iterable[PackageFile]) -> tuple[PackageFile, ...]:
    """Strip the first folder of every path, whatever it is called, as npm does; of equal paths the last wins."""
    stripped = {path: file for file in files if (path := file.path.partition("/")[2] or file.path)}
    return tuple(PackageFile(path, file.data) for path, file in stripped.items())


def without_shared_folder(files: Sequence[PackageFile]) -> tuple[PackageFile, ...]:
    """Strip the top folder if all files lie in it, as pip does with sdists."""
    tops = {file.path.partition("/")[0] for file in files}
    if len(tops) != 1 or any("/" not in file.path for file in files):
        return tuple(files)
    return tuple(PackageFile(file.path.partition("/")[2], file.data) for file in files)


def _refused(name: str, fault: str) -> ArchiveRefused:
    shown = name if len(name) <= 120 else f"{name[:120]}…"  # noqa: PLR2004 - enough to recognise it
    return ArchiveRefused("path", f"The archive's path {shown!r} {fault}.")
