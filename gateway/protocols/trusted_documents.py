"""Trusted documents: texts of a manifest, which clients name instead of sending; on demand nothing else is executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from gateway.configuration.settings import Settings, SettingsError
from gateway.protocols.refusals import Refused

APOLLO = "apollo-persisted-query-manifest"
PREFIX = "sha256:"
"""What the specification of persisted documents puts before a hash, and manifests leave out."""


class _Operation(msgspec.Struct):
    id: str
    body: str


class _ApolloManifest(msgspec.Struct):
    operations: list[_Operation]


class TrustedDocuments:
    """The documents of a manifest by their names."""

    def __init__(self, texts: Mapping[str, str], *, only: bool = False) -> None:
        self._texts = texts
        self._trusted = frozenset(texts.values())
        self._only = only

    def find(self, name: str) -> str | None:
        """Give the text of a name, if the manifest has it."""
        return self._texts.get(name) or self._texts.get(name.removeprefix(PREFIX))

    def refuse_other(self, text: str | None) -> None:
        """Raise Refused for a text that may not be executed, as only those of the manifest may."""
        if self._only and text not in self._trusted:
            message = "Only documents of the gateway's manifest are executed: name one of them by its id"
            raise Refused(403, "DOCUMENT_NOT_TRUSTED", message)


def trusted_documents_of(settings: Settings) -> TrustedDocuments:
    """Read the manifest that the settings name; raises SettingsError, saying what is wrong with it."""
    path = settings.trusted_documents
    if settings.only_trusted_documents and path is None:
        raise SettingsError(
            "TRIGRAPH_ONLY_TRUSTED_DOCUMENTS is True, and there is no manifest: name one in TRIGRAPH_TRUSTED_DOCUMENTS"
        )
    texts = _texts(path) if path is not None else {}
    return TrustedDocuments(texts, only=settings.only_trusted_documents)


def _texts(path: Path) -> Mapping[str, str]:
    try:
        manifest: Any = msgspec.json.decode(path.read_bytes())
        if isinstance(manifest, dict) and manifest.get("format") == APOLLO:
            return {each.id: each.body for each in msgspec.convert(manifest, _ApolloManifest).operations}
        return msgspec.convert(manifest, dict[str, str])
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"TRIGRAPH_TRUSTED_DOCUMENTS is {str(path)!r}: {error}. Name a file that holds `{{ID: TEXT}}`, as Relay's "
            f"compiler writes it, or a manifest of the format {APOLLO}"
        ) from None
