"""What the steps of a scan hand to each other."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Ecosystem(StrEnum):
    """Where packages come from; FILE is a folder or archive on this machine."""

    NPM = "npm"
    PYPI = "pypi"
    FILE = "file"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What to scan, as asked: `specifier` is a version or range, empty for the latest; a path is the name of a FILE."""

    ecosystem: Ecosystem
    name: str
    specifier: str = ""


class Attestation(StrEnum):
    """What is known of a release's provenance attestation."""

    PRESENT = "present"
    MISSING = "missing"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A published version, and when it was."""

    version: str
    published_at: datetime | None = None
    maintainers: tuple[str, ...] = ()
    attestation: Attestation = Attestation.UNKNOWN
    has_install_script: bool = False


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What the registry says of a package; `releases` oldest first, the scanned one among them.

    `dependencies` are the names that npm's registry lists for the scanned one, optional ones included; None if unknown.
    """

    releases: tuple[Release, ...] = ()
    maintainers: tuple[str, ...] = ()
    author: str | None = None
    repository: str | None = None
    homepage: str | None = None
    description: str | None = None
    attested_repository: str | None = None
    deprecated: bool = False
    dependencies: tuple[str, ...] | None = None


class Stored(msgspec.Struct, frozen=True):
    """Bytes that lie in a file of this machine until they are needed."""

    file: str
    offset: int
    size: int

    def read(self) -> bytes:
        """Read them."""
        with open(self.file, "rb", buffering=0) as file:  # noqa: PTH123 - a Path for each file of a package takes longer
            file.seek(self.offset)
            return file.read(self.size)


class PackageFile(msgspec.Struct, frozen=True):
    """A published file: `path` is relative to the package's root, with `/`."""

    path: str
    content: bytes | Stored

    @property
    def data(self) -> bytes:
        """The file's bytes; what is stored is read anew each time."""
        content = self.content
        return content if isinstance(content, bytes) else content.read()

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        content = self.content
        return len(content) if isinstance(content, bytes) else content.size


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A package, unpacked: every published file of one archive, its top folder (`package/`, `name-1.0/`) stripped.

    `archive` names the file that was unpacked, e.g. `requests-2.32.3-py3-none-any.whl`.
    """

    ecosystem: Ecosystem
    name: str
    version: str
    files: tuple[PackageFile, ...]
    archive: str = ""
    registration: Registration | None = None
