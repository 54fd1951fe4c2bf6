"""What an operation costs before it is run: the directives of IBM's cost specification, and where none is written.

See https://ibm.github.io/graphql-specs/cost-spec.html. Without `@cost` an object weighs 1 and a value 0; a mutation
weighs 10. Without `@listSize` a list has as many rows as its `first`, `last` or `ids` asks for, or 5.
"""

from __future__ import annotations

import strawberry
from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
)
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

SLICING_ARGUMENTS = ("first", "last", "ids")
SIZED_FIELDS = ("edges", "nodes")
ASSUMED_SIZE = 5
MUTATION_WEIGHT = "10"


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="What a field weighs in an operation's cost.", name="cost"
)
class Cost:
    """What a field weighs in an operation's cost."""

    weight: str = strawberry.directive_field("weight")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="How many rows a list has at most, as far as can be told before it is asked for.",
    name="listSize",
)
class ListSize:
    """How many rows a list has at most; an argument that is left out counts as its default, or as the assumed size.

    The rows of a connection are those of its `edges` and `nodes`, which are its sized fields.
    """

    assumed_size: int | None = strawberry.directive_field("assumedSize", default=strawberry.UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field("slicingArguments", default=strawberry.UNSET)
    sized_fields: list[str] | None = strawberry.directive_field("sizedFields", default=strawberry.UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field("requireOneSlicingArgument", default=True)


def declare_costs(graph: strawberry.Schema) -> None:
    """Write the directives to each field that should have one and has none."""
    mutation = graph._schema.mutation_type  # noqa: SLF001 - Strawberry shows it nowhere else
    for kind in graph._schema.type_map.values():  # noqa: SLF001 - likewise
        if not isinstance(kind, GraphQLObjectType):
            continue
        for field in kind.fields.values():
            declared = field.extensions.get("strawberry-definition")
            if declared is None:
                continue
            if kind is mutation:
                _declare(declared, Cost(weight=MUTATION_WEIGHT))
            if "pageInfo" not in kind.fields and (size := _size_of(field)) is not None:
                _declare(declared, size)


def _declare(field: StrawberryField, directive: Cost | ListSize) -> None:
    if not any(isinstance(known, type(directive)) for known in field.directives):
        field.directives = [*field.directives, directive]


def _size_of(field: GraphQLField) -> ListSize | None:
    kind = get_nullable_type(field.type)
    is_list = isinstance(kind, GraphQLList) and is_composite_type(get_named_type(kind))
    sized = [name for name in SIZED_FIELDS if name in kind.fields] if isinstance(kind, GraphQLObjectType) else []
    if not is_list and not sized:
        return None
    slicing = [name for name in SLICING_ARGUMENTS if name in field.args]
    return ListSize(
        assumed_size=ASSUMED_SIZE,
        slicing_arguments=slicing or strawberry.UNSET,
        sized_fields=sized or strawberry.UNSET,
        require_one_slicing_argument=False if slicing else strawberry.UNSET,
    )
