"""Unpacking by what an archive's name and its first bytes say."""

from __future__ import annotations

from adapters.sigil.local.archive.limits import DEFAULT_LIMITS, ArchiveRefused, Limits
from adapters.sigil.local.archive.paths import without_first_folder, without_shared_folder
from adapters.sigil.local.archive.tar import tar_files
from adapters.sigil.local.archive.zip import zip_files
from adapters.sigil.local.material import PackageFile

INSTALLED_AS_THEY_ARE = (".whl", ".egg")
ZIPS = (*INSTALLED_AS_THEY_ARE, ".zip")
TARS = (".tgz", ".tar.gz", ".tar", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_COMPRESSED_STARTS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_TAR_MARK = slice(257, 262)


def unpack(data: bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> tuple[PackageFile, ...]:
    """Unpack an archive in memory; its top folder is stripped, archives within it stay files.

    `name` decides the family, as it does for npm and pip: `.tgz` is unpacked as npm does it (the first folder of each
    path goes, links are left out), other tars and zips lose a folder that all share, wheels and eggs nothing.
    Holds `data` and what it unpacks to, no more. Raises `ArchiveRefused`.
    """
    lower = name.lower()
    if lower.endswith(TARS) and _is_tar(data):
        if lower.endswith(".tgz"):
            return without_first_folder(tar_files(data, limits, follow_links=False))
        return without_shared_folder(tar_files(data, limits, follow_links=True))
    if lower.endswith(ZIPS) and data.startswith(_ZIP_STARTS):
        files = zip_files(data, limits)
        return tuple(files) if lower.endswith(INSTALLED_AS_THEY_ARE) else without_shared_folder(files)
    if lower.endswith(TARS + ZIPS):
        raise ArchiveRefused("unknown_format", f"{name} does not hold what its name says, or nothing at all.")
    raise ArchiveRefused("unknown_format", f"{name} is no archive that is read. Known are {', '.join(TARS + ZIPS)}.")


def _is_tar(data: bytes) -> bool:
    return data.startswith(_COMPRESSED_STARTS) or data[_TAR_MARK] == b"ustar"
