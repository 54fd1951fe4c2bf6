"""Reads a report from a file, whatever of text, HTML and PDF it is."""

from __future__ import annotations

from pathlib import Path

from adapters.cloudsigma.local.sources.page import decoded, readable
from adapters.cloudsigma.local.sources.pdf import document
from gateway.failing import CommandFailed

FILE_BYTES = 5 * 1024 * 1024


def read_report(path: Path) -> str:
    """Give the text of a file; raises CommandFailed where there is none, or too much."""
    try:
        size = path.stat().st_size
        body = path.read_bytes() if size <= FILE_BYTES else b""
    except OSError as error:
        raise CommandFailed(f"{path} can't be read ({error.strerror}): give a file, an address or a CVE id") from None
    if size > FILE_BYTES:
        raise CommandFailed(f"{path} has {size} bytes: at most {FILE_BYTES} are read")
    if body.startswith(b"%PDF-"):
        return document(body).text
    if path.suffix.lower() in {".html", ".htm"}:
        return readable(body).text
    if b"\0" in body[:4096]:
        raise CommandFailed(f"{path} is neither text, HTML nor PDF")
    return decoded(body)
