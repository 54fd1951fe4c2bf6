"""Automatic persisted queries: a client sends a text once with its hash, and from then on the hash alone.

The protocol is Apollo's. Texts are kept in this process only: a client that is told PERSISTED_QUERY_NOT_FOUND sends the
text again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.execution.known_documents import LONGEST_KEPT
from gateway.protocols.refusals import Refused

ENTRY_BYTES = 512
"""What an entry costs besides its text."""


class PersistedQuery(msgspec.Struct, rename="camel"):
    """What `extensions.persistedQuery` holds."""

    version: int
    sha256_hash: str


class PersistedQueryNotFound(Refused):
    """The hash is not known here; Apollo's clients look for this message, and send the text."""

    def __init__(self) -> None:
        super().__init__(200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")


class PersistedQueries:
    """The texts of each tenant by their SHA-256, up to `most` bytes; the least recently used make room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._texts: OrderedDict[tuple[str, str], str] = OrderedDict()

    @property
    def size(self) -> int:
        """How many bytes are in use."""
        return self._size

    def find(self, tenant: str, digest: str) -> str:
        """Give the text of a hash; raises PersistedQueryNotFound, or Refused where none are kept at all."""
        if not self._most:
            raise Refused(400, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
        text = self._texts.get((tenant, digest))
        if text is None:
            raise PersistedQueryNotFound
        self._texts.move_to_end((tenant, digest))
        return text

    def keep(self, tenant: str, digest: str, text: str) -> None:
        """Keep a text, unless it is too long; raises Refused where the hash is another text's."""
        encoded = text.encode(errors="surrogatepass")
        if hashlib.sha256(encoded).hexdigest() != digest:
            raise Refused(400, "BAD_REQUEST", "provided sha does not match query")
        if len(text) > LONGEST_KEPT or (tenant, digest) in self._texts:
            return
        self._texts[tenant, digest] = text
        self._size += _cost(text)
        while self._size > self._most:
            _, gone = self._texts.popitem(last=False)
            self._size -= _cost(gone)


def persisted_query_in(extensions: Mapping[str, Any] | None) -> PersistedQuery | None:
    """Read what a request says of a persisted query; raises Refused for what no version of the protocol has."""
    given = (extensions or {}).get("persistedQuery")
    if given is None:
        return None
    try:
        persisted = msgspec.convert(given, PersistedQuery)
    except msgspec.ValidationError:
        message = "`extensions.persistedQuery` must hold `version`, a number, and `sha256Hash`, a string"
        raise Refused(400, "BAD_REQUEST", message) from None
    if persisted.version != 1:
        raise Refused(400, "BAD_REQUEST", f"Persisted queries have the version 1, not {persisted.version}")
    return persisted


def _cost(text: str) -> int:
    return len(text.encode(errors="surrogatepass")) + ENTRY_BYTES
