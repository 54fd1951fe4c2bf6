from __future__ import annotations

import io
from collections.abc import Callable

import pypdf
import pytest

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.sources.pdf import document


def test_text_and_title_of_a_pdf_are_read(write_pdf: Callable[[int], bytes]) -> None:
    """Every page's text is there, in order."""
    read = document(write_pdf(3))
    assert (
        read.text
        == "Page 1 shows PowerShell at work.\n\nPage 2 shows PowerShell at work.\n\nPage 3 shows PowerShell at work."
    )
    assert (read.title, read.pages, read.pages_read) == ("Field notes", 3, 3)


def test_no_more_pages_are_read_than_allowed(write_pdf: Callable[[int], bytes]) -> None:
    """A long document is cut, and says how far it was read."""
    read = document(write_pdf(3), max_pages=2)
    assert (read.pages, read.pages_read) == (3, 2)
    assert "Page 3" not in read.text


def test_a_document_that_takes_too_long_is_cut_after_a_page(write_pdf: Callable[[int], bytes]) -> None:
    """When time is up, what was read so far is the result."""
    read = document(write_pdf(3), max_seconds=0)
    assert (read.pages, read.pages_read) == (3, 1)


@pytest.mark.parametrize(
    "body", [b"%PDF-1.7", b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\ntrailer <</Root 1 0 R>>", b"%PDF-" + bytes(500)]
)
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_pdf_is_told(body: bytes) -> None:
    """What pypdf stumbles over is one clear failure."""
    with pytest.raises(PipelineFailure) as raised:
        document(body)
    assert raised.value.code == "InvalidInputType"


def test_a_locked_pdf_is_told(write_pdf: Callable[[int], bytes]) -> None:
    """Without its password a PDF cannot be read, and the sentence says so."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(write_pdf(3)))
    writer.encrypt("secret", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    with pytest.raises(PipelineFailure, match="password"):
        document(locked.getvalue())
