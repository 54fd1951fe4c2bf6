"""How long what a type or a field shows may be kept by a client, and by whom."""

from __future__ import annotations

from enum import Enum

import strawberry
from strawberry.schema_directive import Location

from schema.view import enum


class CacheScope(Enum):
    """Who may keep an answer."""

    PUBLIC = "public"
    PRIVATE = "private"


enum(
    CacheScope,
    "Who may keep an answer.",
    {"PUBLIC": "Everyone, as it is the same for all callers.", "PRIVATE": "The caller alone."},
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    name="cacheControl",
    description="How long an answer to a query by GET may be kept that shows this; the shortest time of all counts.",
)
class CacheControl:
    """How long an answer may be kept that shows this; what has no hint is asked for anew each time."""

    max_age: int = strawberry.field(description="For how many seconds.")
    scope: CacheScope = strawberry.field(description="By whom.", default=CacheScope.PRIVATE)
