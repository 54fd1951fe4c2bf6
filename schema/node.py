"""What many types share: Relay's Node and PageInfo, problems, the Cursor."""

from __future__ import annotations

import strawberry

from adapters import paging
from resolvers import problems
from schema.view import plain, view

CURSOR = strawberry.scalar(
    name="Cursor",
    description="Opaque position in an event stream: hand the last one seen back as `after` and nothing is missed.",
    serialize=str,
    parse_value=str,
)


@strawberry.interface(description="A thing with a global id.")
class Node:
    """A thing with a global id."""

    id: strawberry.ID = plain("The global id, for `node`.")


@view(paging.PageInfo, "What lies around a page of a connection.")
class PageInfo:
    """What lies around a page of a connection."""

    has_next_page: bool = plain("Whether rows follow.")
    has_previous_page: bool = plain("Whether rows come before.")
    start_cursor: str | None = plain("The cursor of the first row: `before` for the page in front.")
    end_cursor: str | None = plain("The cursor of the last row: `after` for the page behind.")


@strawberry.interface(description="An expected failure, returned as data.")
class Problem:
    """An expected failure, returned as data."""

    code: str = plain("What went wrong, as the service names it.")
    message: str = plain("What went wrong, and what to do.")


@view(problems.InvalidInput, "The input is not acceptable.")
class InvalidInput(Problem):
    """The input is not acceptable."""

    field: str | None = plain("The part of the input that is meant.")


@view(problems.LimitExceeded, "A rate or a quota is used up.")
class LimitExceeded(Problem):
    """A rate or a quota is used up."""

    limit: int | None = plain("The limit.")
    retry_after_seconds: int | None = plain("When to come back.")


@view(problems.NotAllowed, "The caller may not do this.")
class NotAllowed(Problem):
    """The caller may not do this."""


@view(problems.NotFound, "There is no such thing for this caller.")
class NotFound(Problem):
    """There is no such thing for this caller."""


@view(problems.Conflict, "The thing is not in a state that permits this.")
class Conflict(Problem):
    """The thing is not in a state that permits this."""
