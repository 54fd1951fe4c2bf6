"""What is known of the documents that came last, in memory that has an end."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from graphql import DocumentNode

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

LONGEST_KEPT = 16_384
"""Characters of a document: a longer one is not kept, so that callers can't fill the memory."""
KNOWN_DOCUMENTS = 256
KNOWN_TOKENS = 65_536
"""Tokens of all documents that are kept: each takes some 600 bytes once it is parsed, so 40 MB in all."""


class KnownDocuments(Generic[K, T]):
    """What was made of documents, by key; the least recently used make room where they are too many or too much."""

    def __init__(self, most: int = KNOWN_DOCUMENTS, most_tokens: int = KNOWN_TOKENS) -> None:
        self._most = most
        self._most_tokens = most_tokens
        self._known: OrderedDict[K, tuple[T, int]] = OrderedDict()
        self.tokens = 0

    def __len__(self) -> int:
        return len(self._known)

    def find(self, key: K) -> T | None:
        """Give what is known."""
        if (known := self._known.get(key)) is None:
            return None
        self._known.move_to_end(key)
        return known[0]

    def keep(self, key: K, made: T, document: DocumentNode) -> T:
        """Keep what was made of a document that is not known, and give it."""
        self._known[key] = made, document.token_count
        self.tokens += document.token_count
        while self._known and (len(self._known) > self._most or self.tokens > self._most_tokens):
            _, (_, tokens) = self._known.popitem(last=False)
            self.tokens -= tokens
        return made
