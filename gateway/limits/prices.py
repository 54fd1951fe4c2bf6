"""What each field of the graph costs, as `@cost` and `@listSize` say; `schema.cost` has their defaults."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_object_type,
)

from schema.cost import Cost, ListSize

MOST_ROWS = 1_000_000
"""What no list has; a larger number is counted as this."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a field costs: the weight of one, of which type it is, and how many there are.

    `slicing` holds the rows that each slicing argument asks for by default, `sized` the fields below which have them.
    """

    weight: float
    kind: str
    is_list: bool
    assumed_size: int
    slicing: Mapping[str, int | None]
    sized: frozenset[str]


class Prices(NamedTuple):
    """What the fields of each type cost, and which types are those of objects, of which each has only one."""

    fields: Mapping[str, Mapping[str, Price]]
    objects: frozenset[str]


def prices_of(graph: GraphQLSchema) -> Prices:
    """Read the prices off a graph; introspection has none, but a limit of its own."""
    fields = {
        name: {field_name: _price_of(field) for field_name, field in kind.fields.items()}
        for name, kind in graph.type_map.items()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__")
    }
    return Prices(fields, frozenset(name for name, kind in graph.type_map.items() if is_object_type(kind)))


def rows_of(value: object) -> int | None:
    """Say for how many rows a slicing argument asks; None where it is none that a list can be cut by."""
    match value:
        case bool():
            return None
        case int():
            return max(0, min(value, MOST_ROWS))
        case float() if math.isfinite(value):
            return max(0, min(int(value), MOST_ROWS))
        case list() | tuple():
            return len(value)
    return None


def _price_of(field: GraphQLField) -> Price:
    declared: Any = field.extensions.get("strawberry-definition")
    directives = declared.directives if declared is not None else ()
    cost = next((directive for directive in directives if isinstance(directive, Cost)), None)
    size = next((directive for directive in directives if isinstance(directive, ListSize)), ListSize())
    kind = get_named_type(field.type)
    is_list = isinstance(get_nullable_type(field.type), GraphQLList)
    slicing = [name for name in size.slicing_arguments or () if name in field.args]
    return Price(
        weight=float(cost.weight) if cost is not None else float(is_composite_type(kind)),
        kind=kind.name,
        is_list=is_list,
        assumed_size=size.assumed_size or 1,
        slicing={name: rows_of(field.args[name].default_value) for name in slicing},
        sized=frozenset(size.sized_fields or ()),
    )
