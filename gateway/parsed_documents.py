"""Documents that are kept parsed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from graphql import GraphQLError
from strawberry.extensions import ParserCache


class ParsedDocuments(ParserCache):
    """Strawberry's cache; what can't be parsed is left to be refused where nothing is kept, for streams too."""

    def on_parse(self) -> Iterator[None]:
        """Give the document that is known, or parse it."""
        context = self.execution_context
        with contextlib.suppress(GraphQLError):
            context.graphql_document = self.cached_parse_document(context.query, **context.parse_options)
        yield
