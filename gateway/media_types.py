"""Which of the media types that `/graphql` answers in a client wants."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from gateway.reply import JSON

GRAPHQL_RESPONSE = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
KNOWN_HEADERS = 256
HEADER_LENGTH = 512
"""Characters of an `Accept` that are read; whatever comes after is not needed by any client."""


class Wanted(NamedTuple):
    """What an `Accept` asks for: the type of an answer that is one JSON text, and whether events are asked for."""

    single: str
    events: bool


def wanted_by(accept: str) -> Wanted:
    """Read an `Accept` header; plain JSON, unless the newer type is wanted as much."""
    return _wanted_by(accept[:HEADER_LENGTH])


@lru_cache(KNOWN_HEADERS)
def _wanted_by(accept: str) -> Wanted:
    wanted = dict(_qualities(accept))
    newer = wanted.get(GRAPHQL_RESPONSE, 0.0)
    single = GRAPHQL_RESPONSE if newer and newer >= wanted.get(JSON, 0.0) else JSON
    return Wanted(single, events=wanted.get(EVENT_STREAM, 0.0) > 0)


def _qualities(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        yield media_type, next((_number(piece[2:]) for piece in parameters if piece.startswith("q=")), 1.0)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
