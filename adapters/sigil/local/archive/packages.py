"""Packages out of archives: what was fetched, or what lies on this machine."""

from __future__ import annotations

from email.parser import HeaderParser
from pathlib import Path

import msgspec

from adapters.sigil.local.archive.folder import read_folder
from adapters.sigil.local.archive.limits import DEFAULT_LIMITS, ArchiveRefused, Limits, shown_size
from adapters.sigil.local.archive.unpack import unpack
from adapters.sigil.local.material import Ecosystem, Package, PackageFile, Registration, Target
from adapters.sigil.local.package_json import LARGEST, MANIFEST, read_manifest


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
        files=_readable(unpack(data, name, limits)),
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
    manifest = _manifest(_readable(files))
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


def _readable(files: tuple[PackageFile, ...]) -> tuple[PackageFile, ...]:
    """See that a package.json can be read, which npm may do where it is not read here."""
    manifest = next((file for file in files if file.path == MANIFEST), None)
    if manifest is not None and manifest.size > LARGEST:
        raise ArchiveRefused("file_too_large", f"The package's {MANIFEST} is larger than {shown_size(LARGEST)}.")
    try:
        read_manifest(manifest.data if manifest else b"")
    except RecursionError:
        raise ArchiveRefused("unreadable", f"The package's {MANIFEST} is nested too deep to be read.") from None
    return files


def _manifest(files: tuple[PackageFile, ...]) -> _Manifest:
    for file in files:
        folder, _, name = file.path.rpartition("/")
        if file.path == MANIFEST:
            named, version = map(read_manifest(file.data).get, ("name", "version"))
            if isinstance(named, str):
                return _Manifest(named, version if isinstance(version, str) else "")
        if file.path == "PKG-INFO" or (name == "METADATA" and folder.endswith(".dist-info") and "/" not in folder):
            headers = HeaderParser().parsestr(file.data.decode("utf-8", "replace"))
            return _Manifest(str(headers["Name"] or ""), str(headers["Version"] or ""))
    return _Manifest()
