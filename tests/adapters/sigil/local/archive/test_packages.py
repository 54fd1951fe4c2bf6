from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from adapters.sigil.local.archive.limits import ArchiveRefused, Limits
from adapters.sigil.local.archive.packages import local_package, unpacked_package
from adapters.sigil.local.material import Ecosystem, PackageFile, Registration, Target
from adapters.sigil.local.package_json import LARGEST


def file_target(path: Path) -> Target:
    return Target(ecosystem=Ecosystem.FILE, name=str(path))


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path.replace("__", "/"), text)
    return buffer.getvalue()


def test_a_fetched_archive_becomes_a_package() -> None:
    """With what the registry said, and the name of the archive that was unpacked."""
    target = Target(ecosystem=Ecosystem.PYPI, name="x", specifier=">=1")
    told = Registration(author="A")
    package = unpacked_package(target, "1.0", ("x-1.0-py3-none-any.whl", zipped(a="1")), told)
    assert (package.name, package.version, package.archive) == ("x", "1.0", "x-1.0-py3-none-any.whl")
    assert (package.files, package.registration) == ((PackageFile("a", b"1"),), told)


def test_a_folder_is_named_by_its_manifest(tmp_path: Path) -> None:
    """package.json tells name and version; one that is broken tells nothing."""
    (tmp_path / "package.json").write_text('{"name": "@s/x", "version": "1.2.3"}')
    package = local_package(file_target(tmp_path))
    assert (package.ecosystem, package.name, package.version) == (Ecosystem.FILE, "@s/x", "1.2.3")
    (tmp_path / "package.json").write_text('{"name": ')
    package = local_package(file_target(tmp_path))
    assert (package.name, package.version) == (tmp_path.name, "")


def test_an_archive_on_this_machine_is_unpacked(tmp_path: Path) -> None:
    """A wheel tells its name and version in its metadata."""
    wheel = tmp_path / "anything.whl"
    metadata = {"x-1.0.dist-info__METADATA": "Metadata-Version: 2.1\nName: x\nVersion: 1.0\n\nName: y\n"}
    wheel.write_bytes(zipped(x__init="", **metadata))
    package = local_package(file_target(wheel))
    assert (package.name, package.version, package.archive) == ("x", "1.0", "anything.whl")
    assert [file.path for file in package.files] == ["x/init", "x-1.0.dist-info/METADATA"]


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A path that is not there, and a file beyond the limit."""
    with pytest.raises(ArchiveRefused, match="neither a folder nor a file"):
        local_package(file_target(tmp_path / "missing"))
    (tmp_path / "big.zip").write_bytes(bytes(11))
    with pytest.raises(ArchiveRefused, match="larger than 10 bytes"):
        local_package(file_target(tmp_path / "big.zip"), Limits(total_size=10))


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "unreadable"),
        (b" " * (LARGEST + 1), "file_too_large"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(manifest: bytes, code: str, tmp_path: Path) -> None:
    """As npm reads it, it may hold a hook: fetched or not, it must not pass as one that says nothing."""
    (tmp_path / "package.json").write_bytes(manifest)
    with pytest.raises(ArchiveRefused) as refused:
        local_package(file_target(tmp_path))
    assert refused.value.code == code
    archive = ("x-1.0.zip", zipped(x__a="", **{"x__package.json": manifest.decode()}))
    with pytest.raises(ArchiveRefused) as refused:
        unpacked_package(Target(ecosystem=Ecosystem.NPM, name="x"), "1.0", archive)
    assert refused.value.code == code
