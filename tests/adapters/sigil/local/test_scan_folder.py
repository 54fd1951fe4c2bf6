"""What the steps of a scan hand to each other through its folder."""

from __future__ import annotations

from pathlib import Path

from adapters.sigil.local.analysis import Readings
from adapters.sigil.local.code.facts import CodeFacts
from adapters.sigil.local.material import Ecosystem, Package, PackageFile, Stored
from adapters.sigil.local.scan_folder import (
    Read,
    keep_package,
    keep_part,
    keep_read,
    kept_packages,
    kept_part,
    kept_read,
)

_FILES = (PackageFile("a.py", b"import os\n"), PackageFile("empty", b""), PackageFile("b.bin", b"\0" * 5))


def _package(*files: PackageFile) -> Package:
    return Package(ecosystem=Ecosystem.PYPI, name="sample", version="1.0.0", files=files)


def test_a_package_comes_back_with_its_bytes_left_in_the_folder(tmp_path: Path) -> None:
    """Every file has its size at once and its bytes when they are asked for."""
    kept = keep_package(tmp_path, 0, _package(*_FILES))

    (package,) = kept_packages(tmp_path)

    assert package == kept
    assert all(isinstance(file.content, Stored) for file in package.files)
    assert [(file.path, file.data, file.size) for file in package.files] == [
        (file.path, file.data, len(file.data)) for file in _FILES
    ]


def test_what_both_archives_hold_is_read_once(tmp_path: Path) -> None:
    """Equal code is one reading with a place for each copy; what is no code is not read."""
    readings = Readings()
    for number, files in enumerate((_FILES, (PackageFile("src/a.py", b"import os\n"), *_FILES[2:]))):
        readings.add(number, zip(files, keep_package(tmp_path, number, _package(*files)).files, strict=True))

    keep_part(tmp_path, 0, readings.every())
    code, empty = kept_part(tmp_path, 0)

    assert (code.file.data, code.places) == (b"import os\n", [(0, "a.py"), (1, "src/a.py")])
    assert (empty.file.data, empty.places) == (b"", [(0, "empty")])


def test_what_was_read_comes_back(tmp_path: Path) -> None:
    """The facts of all parts come back with their places."""
    read = [Read([(0, f"{name}.py")], CodeFacts(imports=(name,)), ()) for name in ("os", "re")]

    for index, each in enumerate(read):
        keep_read(tmp_path, index, (each,))

    assert sorted(kept_read(tmp_path), key=lambda each: each.places) == read
