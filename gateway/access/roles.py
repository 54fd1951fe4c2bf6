"""Whether a caller's roles let it have a field: asked before the field's own resolver is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLUnionType, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from adapters import errors
from adapters.principal import Principal
from resolvers import problems
from schema.roles import Role, role_needed

CODE = "role_required"
RANKS: dict[str, int] = {role: rank for rank, role in enumerate(Role)}
HELD = {**RANKS, "owner": RANKS[Role.ADMIN]}
"""Roles by what they may do; the first of a team at Sigil is an admin here."""


def may(principal: Principal, role: Role) -> bool:
    """Say whether a caller has a role, or one that may do more."""
    return RANKS[role] <= max((HELD.get(held, 0) for held in principal.roles), default=0)


def guard_fields(graph: strawberry.Schema) -> None:
    """Let only those have a field with a mark who have the role."""
    for _, field, role in marked_fields(graph):
        if field.subscribe is not None:
            field.subscribe = _guarded(field, field.subscribe, role)
        elif field.resolve is not None:
            field.resolve = _guarded(field, field.resolve, role)


def marked_fields(graph: strawberry.Schema) -> Iterator[tuple[str, GraphQLField, Role]]:
    """Give the fields that need a role, by their names as in `Query.viewer`."""
    for name, kind in graph._schema.type_map.items():  # noqa: SLF001 - Strawberry shows it nowhere else
        if not isinstance(kind, GraphQLObjectType):
            continue
        for field_name, field in kind.fields.items():
            declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            role = declared and role_needed(declared)
            if role:
                yield f"{name}.{field_name}", field, role


def roles_table(graph: strawberry.Schema) -> str:
    """Write which fields each role opens, as docs/access.md shows it."""
    rows = ["| role | fields |", "|---|---|"]
    opened = {role: [name for name, _, needed in marked_fields(graph) if needed is role] for role in Role}
    rows += [f"| `{role}` | {', '.join(f'`{name}`' for name in names)} |" for role, names in opened.items()]
    return "\n".join(rows)


def _guarded(field: GraphQLField, resolve: Callable[..., Any], role: Role) -> Callable[..., Any]:
    kind = get_named_type(field.type)
    members = kind.types if isinstance(kind, GraphQLUnionType) else ()
    tells = any(member.name == problems.NotAllowed.__name__ for member in members)

    def resolve_if_allowed(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        principal: Principal = info.context.principal
        if may(principal, role):
            return resolve(source, info, **arguments)
        has = "+".join(principal.roles) or "none"
        message = f"{info.parent_type.name}.{info.field_name} needs the role `{role}`, and yours is {has}"
        if tells:
            return problems.NotAllowed(code=CODE, message=message)
        raise errors.NotAllowed(CODE, message)

    return resolve_if_allowed
