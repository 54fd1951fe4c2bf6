from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.sigil.local.archive.folder import read_folder
from adapters.sigil.local.archive.limits import ArchiveRefused, Limits


def write(root: Path, **files: bytes) -> None:
    for name, data in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_a_folder_is_read_with_all_that_would_be_published(tmp_path: Path) -> None:
    """Hidden files and dist/ count, ordered by path; repositories, installed packages and environments do not."""
    write(tmp_path, b=b"2", dist__a=b"1", src__deep__c=b"3", node_modules__x=b"", venv__x=b"")
    (tmp_path / ".npmrc").write_bytes(b"4")
    write(tmp_path / ".git", config=b"")
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    read = {file.path: file.data for file in read_folder(tmp_path)}
    assert read == {".npmrc": b"4", "b": b"2", "dist/a": b"1", "src/deep/c": b"3"}


def test_links_and_pipes_are_passed_over(tmp_path: Path) -> None:
    """A link may lead anywhere, and a pipe would be waited for."""
    write(tmp_path, a=b"1")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    assert [file.path for file in read_folder(tmp_path)] == ["a"]


def test_a_folder_without_a_file_is_refused(tmp_path: Path) -> None:
    """It would pass every policy: a checkout that has failed is no clean package."""
    write(tmp_path, node_modules__x=b"1")
    with pytest.raises(ArchiveRefused, match="holds no file to scan") as refused:
        read_folder(tmp_path)
    assert refused.value.code == "empty"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(entries=1), "too_many_entries"),
        (Limits(file_size=3), "file_too_large"),
        (Limits(total_size=7), "too_large"),
        (Limits(depth=1), "path"),
    ],
)
def test_a_folder_beyond_the_limits_is_refused(tmp_path: Path, limits: Limits, code: str) -> None:
    """They are the same as for archives."""
    write(tmp_path, a=b"1234", b__c=b"1234")
    with pytest.raises(ArchiveRefused) as refused:
        read_folder(tmp_path, limits)
    assert refused.value.code == code


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With the path that could not be read."""
    with pytest.raises(ArchiveRefused, match="missing cannot be read"):
        read_folder(tmp_path / "missing")
