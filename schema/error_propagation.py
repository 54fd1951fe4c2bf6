"""`@experimental_disableErrorPropagation`: a root list that fails takes none of the others with it, where asked for."""

from __future__ import annotations

import strawberry
from graphql import DirectiveLocation, GraphQLDirective
from graphql.type.directives import GraphQLDisableErrorPropagationDirective

DISABLE_ERROR_PROPAGATION = GraphQLDirective(
    name=GraphQLDisableErrorPropagationDirective.name,
    locations=[DirectiveLocation.QUERY, DirectiveLocation.MUTATION, DirectiveLocation.SUBSCRIPTION],
    description=(
        "Has a field that fails be null where it stands, with its error, even if its type says that it is never null: "
        "all else stays. Without it the failure takes the nearest nullable field around it along, or all `data`."
    ),
)
"""What graphql-core's executor looks for by its name, and no schema holds by itself."""


def declare_error_propagation(graph: strawberry.Schema) -> None:
    """Put the directive into the graph."""
    known = graph._schema  # noqa: SLF001 - Strawberry takes no directives for operations
    known.directives = (*known.directives, DISABLE_ERROR_PROPAGATION)
