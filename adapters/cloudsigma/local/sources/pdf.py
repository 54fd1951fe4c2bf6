"""Text of a PDF, within limits."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass

from adapters.cloudsigma.local.failure import PipelineFailure

MAX_PAGES = 200
MAX_SECONDS = 15.0


@dataclass(frozen=True)
class Document:
    """What was read of a PDF: `pages_read` of `pages`."""

    text: str
    title: str | None
    pages: int
    pages_read: int


def document(body: bytes, *, max_pages: int = MAX_PAGES, max_seconds: float = MAX_SECONDS) -> Document:
    """Read a PDF page by page until a limit is met; raises `PipelineFailure` if it is broken or locked."""
    try:
        return _read(body, max_pages, time.monotonic() + max_seconds)
    except PipelineFailure:
        raise
    except Exception as error:  # pypdf raises whatever a broken file makes it stumble over
        raise PipelineFailure(
            "InvalidInputType", "The PDF is damaged or locked and cannot be read. Paste its text."
        ) from error


def _read(body: bytes, max_pages: int, deadline: float) -> Document:
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(body))
    if reader.is_encrypted and not reader.decrypt(""):
        raise PipelineFailure("InvalidInputType", "The PDF is locked with a password. Paste its text.")
    texts: list[str] = []
    for page in reader.pages[:max_pages]:
        if texts and time.monotonic() > deadline:
            break
        texts.append(page.extract_text())
    title = str((reader.metadata and reader.metadata.title) or "")
    return Document("\n\n".join(texts).strip(), title or None, len(reader.pages), len(texts))
