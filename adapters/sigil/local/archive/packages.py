"""Packages out of archives: what was fetched, or what lies on this machine."""

from __future__ import annotations

from email.parser import HeaderParser
from pathlib import Path

import msgspec

from adapters.sigil.local.archive.folder import read_folder
from adapters.sigil.local.archive.limits import DEFAULT_LIMITS, ArchiveRefused, Limits, shown_size
from adapters.sigil.local.archive.unpack import unpack
from adapters.sigil.local.material import Ecosystem, Package, PackageFile, Registration, Target


class _Manifest(msgspec.Struct, frozen=True):
    name: str = ""
    version: str = ""


def unpacked_package(
    target: Target,
    version: str,
    archive: tuple[str, bytes],
    registration: Registration | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Package:
    """Unpack one archive, its file name and bytes, of a release; raises `ArchiveRefused`."""
    name, data = archive
    return Package(
        ecosystem=target.ecosystem,
        name=target.name,
        version=version,
        files=unpack(data, name, limits),
        archive=name,
        registration=registration,
    )


def local_package(target: Target, limits: Limits = DEFAULT_LIMITS) -> Package:
    """Read the folder or archive that a FILE target names; raises `ArchiveRefused`.

    Name and version are those of its `package.json` or Python metadata, else its own name and none.
    """
    path = Path(target.name)
    try:
        files = read_folder(path, limits) if path.is_dir() else unpack(_read(path, limits), path.name, limits)
    except OSError as error:
        raise ArchiveRefused("unreadable", f"{path} cannot be read: {error.strerror}.") from None
    manifest = _manifest(files)
    return Package(
        ecosystem=Ecosystem.FILE,
        name=manifest.name or path.resolve().name,
        version=manifest.version,
        files=files,
        archive=path.name,
    )


def _read(path: Path, limits: Limits) -> bytes:
    if not path.is_file():
        raise ArchiveRefused("unreadable", f"{path} is neither a folder nor a file.")
    with path.open("rb") as file:
        data = file.read(limits.total_size + 1)
    if len(data) > limits.total_size:
        raise ArchiveRefused("too_large", f"{path} is larger than {shown_size(limits.total_size)}.")
    return data


def _manifest(files: tuple[PackageFile, ...]) -> _Manifest:
    for file in files:
        folder, _, name = file.path.rpartition("/")
        if file.path == "package.json":
            try:
                return msgspec.json.decode(file.data, type=_Manifest)
            except msgspec.DecodeError:
                continue
        if file.path == "PKG-INFO" or (name == "METADATA" and folder.endswith(".dist-info") and "/" not in folder):
            headers = HeaderParser().parsestr(file.data.decode("utf-8", "replace"))
            return _Manifest(str(headers["Name"] or ""), str(headers["Version"] or ""))
    return _Manifest()
