"""Documents that are kept parsed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, parse
from strawberry.extensions import SchemaExtension

from gateway.execution.lined_source import LinedSource

LONGEST_KEPT = 16_384
"""Characters of a document: a longer one is not kept, so that callers can't fill the memory."""
KNOWN_DOCUMENTS = 256


class ParsedDocuments(SchemaExtension):
    """Parses what comes for the first time; what can't be parsed is left to be refused, for streams too."""

    def on_parse(self) -> Iterator[None]:
        """Give the document that is known, or parse it."""
        context = self.execution_context
        text = context.query or ""
        read = _known if len(text) <= LONGEST_KEPT else _parsed
        with contextlib.suppress(GraphQLError):
            context.graphql_document = read(text, **context.parse_options)
        yield


def _parsed(text: str, **options: Any) -> DocumentNode:
    return parse(LinedSource(text), **options)


_known = lru_cache(KNOWN_DOCUMENTS)(_parsed)
