"""A Python package index's page about a project, in JSON (PEP 691) or HTML (PEP 503)."""

from __future__ import annotations

from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import httpx
import msgspec

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
_SHOWS_PROVENANCE = (1, 3)
"""The version of the interface from which on a file without `provenance` has none."""


class IndexFile(msgspec.Struct, frozen=True, rename="kebab"):
    """A file of a project; `yanked` is True or the reason if it was withdrawn."""

    filename: str
    url: str
    hashes: dict[str, str] = {}
    yanked: bool | str = False
    upload_time: datetime | None = None
    provenance: str | None = None


class _Meta(msgspec.Struct, frozen=True, rename="kebab"):
    api_version: str = "1.0"


class ProjectPage(msgspec.Struct, frozen=True, rename="kebab"):
    """All files of a project."""

    files: tuple[IndexFile, ...] = ()
    meta: _Meta = _Meta()
    project_status: Any = None

    @property
    def shows_provenance(self) -> bool:
        """Whether a missing provenance means that there is none."""
        numbers = self.meta.api_version.split(".")
        return all(map(str.isdecimal, numbers)) and tuple(map(int, numbers)) >= _SHOWS_PROVENANCE

    @property
    def status(self) -> str:
        """Give the project's status as PEP 792 has it: active, archived, deprecated or quarantined."""
        told = self.project_status.get("status") if isinstance(self.project_status, dict) else self.project_status
        return told if isinstance(told, str) else "active"


def read_page(document: bytes) -> ProjectPage:
    """Read an index's answer; raises `msgspec.DecodeError` when it is neither JSON of this kind nor HTML."""
    if not document.lstrip().startswith(b"<"):
        return msgspec.json.decode(document, type=ProjectPage)
    reader = _Links()
    reader.feed(document.decode("utf-8", "replace"))
    reader.close()
    return ProjectPage(files=tuple(reader.files))


class _Links(HTMLParser):
    """Collects the files that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[IndexFile] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a link as a file; its hash stands behind the `#`."""
        told = dict(attrs)
        if tag != "a" or not (href := told.get("href")):
            return
        address, _, fragment = href.partition("#")
        algorithm, _, digest = fragment.partition("=")
        self.files.append(
            IndexFile(
                filename=_last_part(address),
                url=address,
                hashes={algorithm: digest} if digest else {},
                yanked=told["data-yanked"] or True if "data-yanked" in told else False,
                provenance=told.get("data-provenance"),
            )
        )


def _last_part(address: str) -> str:
    try:
        return httpx.URL(address).path.rpartition("/")[2]
    except httpx.InvalidURL:
        return ""
