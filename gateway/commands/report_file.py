"""Reads a report from a file, whatever of text, HTML and PDF it is."""

from __future__ import annotations

import codecs
from pathlib import Path

from adapters.cloudsigma.local.sources.page import decoded, readable
from adapters.cloudsigma.local.sources.pdf import document
from gateway.commands.failing import CommandFailed

FILE_BYTES = 5 * 1024 * 1024


def read_report(path: Path) -> str:
    """Give the text of a file; raises CommandFailed where there is none, or too much."""
    try:
        with path.open("rb") as file:
            body = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise CommandFailed(f"{path} can't be read ({error.strerror}): give a file, an address or a CVE id") from None
    if len(body) > FILE_BYTES:
        raise CommandFailed(f"{path} is too large: give at most {FILE_BYTES} bytes")
    if body.startswith(b"%PDF-"):
        return document(body).text
    if path.suffix.lower() in {".html", ".htm"}:
        return readable(body).text
    if b"\0" in body[:4096] and not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CommandFailed(f"{path} is neither text, HTML nor PDF")
    return decoded(body)
