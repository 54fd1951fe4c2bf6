from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from adapters.sigil.local.archive.limits import ArchiveRefused
from adapters.sigil.local.archive.unpack import unpack
from adapters.sigil.local.material import PackageFile

Files = dict[str, bytes]


def tar(files: Files) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def found(data: bytes, name: str) -> Files:
    return {file.path: file.data for file in unpack(data, name)}


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("x-1.0.tar", tar),
        ("x-1.0.tar.gz", lambda files: gzip.compress(tar(files))),
        ("x-1.0.tgz", lambda files: gzip.compress(tar(files))),
        ("X-1.0.TGZ", tar),
        ("x-1.0.tar.bz2", lambda files: bz2.compress(tar(files))),
        ("x-1.0.tar.xz", lambda files: lzma.compress(tar(files))),
        ("x-1.0.zip", zipped),
    ],
)
def test_every_kind_of_archive_is_unpacked_without_its_top_folder(name: str, packed: Callable[[Files], bytes]) -> None:
    """The folder in which everything lies is gone, the folders below it stay, and bytes are what they were."""
    files = {"x-1.0/setup.py": b"print()", "x-1.0/pkg/data.bin": bytes(range(256)) * 300, "x-1.0/empty": b""}
    assert found(packed(files), name) == {path.removeprefix("x-1.0/"): data for path, data in files.items()}


@pytest.mark.parametrize("name", ["x-1.0-py3-none-any.whl", "x-1.0-py3.11.egg"])
def test_a_wheel_keeps_its_folders(name: str) -> None:
    """What is installed as it lies keeps every folder, even one that all files share."""
    assert found(zipped({"pkg/__init__.py": b""}), name) == {"pkg/__init__.py": b""}


def test_an_npm_archive_loses_the_first_folder_of_each_path() -> None:
    """As npm unpacks: whatever the first folder is called, and the last file of one path wins."""
    data = gzip.compress(tar({"package/a.js": b"1", "other/a.js": b"2", "node/b.js": b"3", "top.js": b"4"}))
    assert found(data, "x-1.0.tgz") == {"a.js": b"2", "b.js": b"3", "top.js": b"4"}


def test_an_sdist_without_a_shared_folder_is_left_as_it_is() -> None:
    """Nothing is stripped where a file lies beside the folder."""
    assert found(tar({"x/setup.py": b"1", "y.py": b"2"}), "x.tar") == {"x/setup.py": b"1", "y.py": b"2"}


def test_an_archive_within_an_archive_is_a_file() -> None:
    """It is listed with its bytes, not unpacked."""
    inner = zipped({"evil.py": b"x"})
    assert unpack(zipped({"x/inner.zip": inner, "x/a": b""}), "x.zip")[0] == PackageFile("inner.zip", inner)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "x.tgz"),
        (b"<html>no such file</html>" * 40, "x.tgz"),
        (b"<html>no such file</html>" * 40, "x.whl"),
        (zipped({"a": b""}), "x.tar.gz"),
        (gzip.compress(tar({"a": b""}), mtime=0), "x.whl"),
        (zipped({"a": b""}), "x.rar"),
        (zipped({"a": b""}), "zip"),
    ],
)
def test_an_archive_that_is_not_what_its_name_says_is_refused(data: bytes, name: str) -> None:
    """Name and first bytes must agree on a format that is known."""
    with pytest.raises(ArchiveRefused) as refused:
        unpack(data, name)
    assert refused.value.code == "unknown_format"
    assert name in refused.value.message


def test_a_path_that_is_no_utf8_becomes_writable_text() -> None:
    """Odd bytes in a name are spelled out, so that reports can be written and no two names become one."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        archive.addfile(tarfile.TarInfo("x/caf\xe9.py"))
        archive.addfile(tarfile.TarInfo("x/caf\xe8.py"))
    assert [file.path for file in unpack(buffer.getvalue(), "x.tar")] == ["caf\\xe9.py", "caf\\xe8.py"]
