"""Ways through a schema: for each type the shortest query that comes to it, by a list where one leads there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)


@dataclass(frozen=True)
class Step:
    """A field, and the object type that it is followed to."""

    field: str
    to: str


@dataclass(frozen=True)
class Path:
    """Steps from Query to an object type; `through_list` says that as many come of it as there are rows."""

    steps: tuple[Step, ...]
    through_list: bool

    def query(self, leaf: str) -> str:
        """Write the query that asks for `leaf` at the end."""
        text = f"__typename {leaf}"
        for step in reversed(self.steps):
            text = f"{step.field} {{ __typename ... on {step.to} {{ {text} }} }}"
        return f"{{ {text} }}"

    def found(self, data: Any) -> list[dict[str, Any]]:
        """Give the objects that an answer holds at the end."""
        found = [data]
        for step in self.steps:
            found = [one for each in found for one in _flat(each[step.field]) if one["__typename"] == step.to]
        return found

    def __str__(self) -> str:
        return ".".join(step.field for step in self.steps)


@dataclass(frozen=True)
class Edge:
    """A field of an object type."""

    of: str
    name: str
    field: GraphQLField

    @property
    def leaf(self) -> str:
        """What is asked for of it."""
        return f"{self.name} {{ __typename }}" if is_composite_type(get_named_type(self.field.type)) else self.name

    def __str__(self) -> str:
        return f"{self.of}.{self.name}"


def edges_of(schema: GraphQLSchema) -> list[Edge]:
    """Give every field of every object type but the roots."""
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return [
        Edge(name, field_name, field)
        for name, kind in sorted(schema.type_map.items())
        if isinstance(kind, GraphQLObjectType) and kind not in roots and not name.startswith("__")
        for field_name, field in kind.fields.items()
    ]


def paths_of(schema: GraphQLSchema) -> dict[str, Path]:
    """Give a path to each object type that a query without arguments comes to."""
    assert schema.query_type is not None
    paths: dict[tuple[str, bool], Path] = {}
    waiting = deque([(schema.query_type, Path((), through_list=False))])
    while waiting:
        kind, path = waiting.popleft()
        for name, field in kind.fields.items():
            if any(map(is_required_argument, field.args.values())):
                continue
            for to in _objects(schema, get_named_type(field.type)):
                longer = Path((*path.steps, Step(name, to.name)), path.through_list or _is_list(field))
                if (to.name, longer.through_list) not in paths:
                    paths[to.name, longer.through_list] = longer
                    waiting.append((to, longer))
    return {name: paths.get((name, True)) or path for (name, _), path in paths.items()}


def onward(schema: GraphQLSchema, edge: Edge, path: Path) -> Iterator[tuple[str, Path]]:
    """Give the types that an edge leads to, and the paths there."""
    for to in _objects(schema, get_named_type(edge.field.type)):
        yield to.name, Path((*path.steps, Step(edge.name, to.name)), path.through_list or _is_list(edge.field))


def _objects(schema: GraphQLSchema, kind: GraphQLNamedType) -> list[GraphQLObjectType]:
    if is_abstract_type(kind):
        return list(schema.get_possible_types(kind))
    return [kind] if isinstance(kind, GraphQLObjectType) else []


def _is_list(field: GraphQLField) -> bool:
    kind = field.type
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)


def _flat(value: Any) -> list[dict[str, Any]]:
    rows = value if isinstance(value, list) else [value]
    return [row for row in rows if row is not None]
