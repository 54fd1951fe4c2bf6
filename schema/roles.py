"""The roles that callers have, and the mark on fields that need one."""

from __future__ import annotations

from enum import StrEnum

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from schema.view import enum


class Role(StrEnum):
    """What a caller may do; each role may do what the ones before it may."""

    CALLER = "caller"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


enum(
    Role,
    "What a caller may do; each role may do what the ones before it may.",
    {
        "CALLER": "Ask who one is: whoever is let in has it.",
        "VIEWER": "Read what is the caller's and the tenant's.",
        "OPERATOR": "Start work, and change what it leads to.",
        "ADMIN": "Give access to cloud accounts and addresses, decide on actions, and read the audit trail.",
    },
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="requiresRole", description="The role without which a field says no."
)
class RequiresRole:
    """The role without which a field says no."""

    role: Role = strawberry.field(description="The role.")


CALLER, VIEWER, OPERATOR, ADMIN = (RequiresRole(role=role) for role in Role)
"""The marks, for the declaration of a field."""


def role_needed(field: StrawberryField) -> Role | None:
    """Say which role a field needs; None where it has no mark."""
    return next((mark.role for mark in field.directives if isinstance(mark, RequiresRole)), None)


def mark_reads(root: type) -> None:
    """Let viewers have the fields of a root that say nothing else."""
    for field in _fields(root):
        if role_needed(field) is None:
            field.directives = [*field.directives, VIEWER]


def demand_marks(root: type) -> None:
    """Raise TypeError for a field without a mark: what changes something says who may."""
    for field in _fields(root):
        if role_needed(field) is None:
            raise TypeError(f"{root.__name__}.{field.python_name} has no role: declare one, as in `edge(…, OPERATOR)`")


def _fields(root: type) -> list[StrawberryField]:
    definition: StrawberryObjectDefinition = root.__strawberry_definition__  # type: ignore[attr-defined] # its roots have one
    return definition.fields
