"""Documents that are kept parsed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from graphql import GraphQLError
from strawberry.extensions import ParserCache

LONGEST_KEPT = 16_384
"""Characters of a document: a longer one is not kept, so that callers can't fill the memory."""


class ParsedDocuments(ParserCache):
    """Strawberry's cache; what can't be parsed is left to be refused where nothing is kept, for streams too."""

    def on_parse(self) -> Iterator[None]:
        """Give the document that is known, or parse it."""
        context = self.execution_context
        if len(context.query or "") <= LONGEST_KEPT:
            with contextlib.suppress(GraphQLError):
                context.graphql_document = self.cached_parse_document(context.query, **context.parse_options)
        yield
