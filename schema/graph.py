"""The graph: the three roots put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

import schema.analytics_enums
import schema.enums  # noqa: F401 - puts the enums into the graph
from resolvers.cursor import Cursor
from schema.cache_control import CacheControl
from schema.cost import Cost, ListSize, declare_costs
from schema.error_propagation import declare_error_propagation
from schema.mutation import Mutation
from schema.node import CURSOR
from schema.query import Query
from schema.roles import RequiresRole, demand_marks, mark_reads
from schema.subscription import Subscription


def build_graph(
    extensions: Sequence[Callable[[], SchemaExtension]] = (), schema_class: type[strawberry.Schema] = strawberry.Schema
) -> strawberry.Schema:
    """Build the schema, with what the edge adds to its execution; raises TypeError for a change that names no role."""
    demand_marks(Mutation)
    mark_reads(Query)
    mark_reads(Subscription)
    graph = schema_class(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[CacheControl, Cost, ListSize, RequiresRole],
        config=StrawberryConfig(scalar_map={Cursor: CURSOR}, enable_experimental_incremental_execution=True),
        extensions=list(extensions),
    )
    declare_costs(graph)
    declare_error_propagation(graph)
    return graph
