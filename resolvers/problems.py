"""Expected failures as data: the members of a mutation's result union."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import msgspec
from strawberry.utils.str_converters import to_camel_case

from adapters import errors
from resolvers.context import Info

T = TypeVar("T")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An expected failure; `code` is the service's own."""

    code: str
    message: str


class InvalidInput(Problem, frozen=True, kw_only=True):
    """The input is not acceptable; `field` names the part of it."""

    field: str | None = None


class LimitExceeded(Problem, frozen=True, kw_only=True):
    """A rate or quota is used up."""

    limit: int | None = None
    retry_after_seconds: int | None = None


class NotAllowed(Problem, frozen=True, kw_only=True):
    """The caller may not do this."""


class NotFound(Problem, frozen=True, kw_only=True):
    """There is no such thing for this caller."""


class Conflict(Problem, frozen=True, kw_only=True):
    """The thing is not in a state that permits this."""


def problem_of(error: errors.Refused, fields: dict[str, str] | None = None) -> Problem:
    """Turn a refusal into data; `fields` maps the service's names of fields to the graph's."""
    match error:
        case errors.InvalidInput():
            field = error.field and (fields or {}).get(error.field, graph_field(error.field))
            return InvalidInput(code=error.code, message=error.message, field=field)
        case errors.LimitExceeded():
            return LimitExceeded(
                code=error.code,
                message=error.message,
                limit=error.limit,
                retry_after_seconds=error.retry_after_seconds,
            )
        case errors.NotAllowed():
            return NotAllowed(code=error.code, message=error.message)
        case errors.Conflict():
            return Conflict(code=error.code, message=error.message)
    return NotFound(code=error.code, message=error.message)


def graph_field(field: str | None) -> str | None:
    """Name a field as the graph does: `records.3.cost_usd` is `records.3.costUsd`."""
    return field and ".".join(to_camel_case(part) for part in field.split("."))


async def answered(info: Info, answer: Awaitable[T], *expected: type[errors.Refused]) -> T | Problem:
    """Await what a mutation changes; a refusal that its union has a member for is data, any other is raised.

    What was loaded before is forgotten: the rest of the operation sees the change.
    """
    try:
        return await answer
    except expected as refusal:
        return problem_of(refusal)
    finally:
        info.context.renew_loaders()
