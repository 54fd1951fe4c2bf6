"""An operation that a caller asks for, whichever protocol brought it."""

from __future__ import annotations

from typing import Any, NamedTuple

from strawberry.types.graphql import OperationType

from adapters.principal import Principal

Allowed = frozenset[OperationType]
"""What a protocol, or a method of it, lets an operation be."""


class Asked(NamedTuple):
    """An operation: its text is found already, and its caller may begin it."""

    principal: Principal
    text: str
    operation_name: str | None
    variables: dict[str, Any] | None
