"""Reports in files: text, HTML, PDF, and what is none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.commands.failing import CommandFailed
from gateway.commands.report_file import FILE_BYTES, read_report

SENTENCE = "The actors used PowerShell to download a second stage from their own server, and ran it at once."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_its_encoding(encoding: str, tmp_path: Path) -> None:
    """A text in another encoding than ours is the same text, if its first bytes say so."""
    path = tmp_path / "report.txt"
    path.write_text(f"Bericht über Ärger: {SENTENCE}", encoding=encoding)
    assert read_report(path) == f"Bericht über Ärger: {SENTENCE}"


def test_html_is_read_as_its_main_text(tmp_path: Path) -> None:
    """Markup and scripts are no part of the report."""
    path = tmp_path / "report.HTML"
    path.write_text(f"<html><body><script>var x</script><article><p>{SENTENCE}</p><p>{SENTENCE}</p></article></body>")
    text = read_report(path)
    assert SENTENCE in text
    assert "<p>" not in text
    assert "var x" not in text


@pytest.mark.parametrize("name", ["missing.txt", "folder", "x" * 300])
def test_what_cannot_be_read_is_told(name: str, tmp_path: Path) -> None:
    """The sentence names the file, why, and what could be given."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(CommandFailed, match=rf"{name} can't be read \(.+\): give a file, an address or a CVE id"):
        read_report(tmp_path / name)


def test_a_binary_is_no_report(tmp_path: Path) -> None:
    """An executable is refused before anything is made of it."""
    path = tmp_path / "tool.exe"
    path.write_bytes(b"MZ\x90\0\3\0\0\0" * 100)
    with pytest.raises(CommandFailed, match="neither text, HTML nor PDF"):
        read_report(path)


@pytest.mark.parametrize("path", [Path("/dev/zero"), None])
def test_no_more_than_the_limit_is_read(path: Path | None, tmp_path: Path) -> None:
    """A file that is too large is refused, and so is one without an end."""
    if path is None:
        path = tmp_path / "large.txt"
        path.write_bytes(b"a" * (FILE_BYTES + 1))
    with pytest.raises(CommandFailed, match=f"is too large: give at most {FILE_BYTES} bytes"):
        read_report(path)
