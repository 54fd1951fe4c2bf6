"""Expected failures as data: the members of a mutation's result union."""

from __future__ import annotations

import msgspec

from adapters import errors


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
            field = error.field and (fields or {}).get(error.field, error.field)
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
