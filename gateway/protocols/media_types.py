"""Which of the media types that `/graphql` answers in a client wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from gateway.protocols.reply import JSON

GRAPHQL_RESPONSE = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
ANSWERS = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)
"""What any query can be answered by."""
MULTIPART = "multipart/mixed"
DEFER_SPEC = "deferSpec=20220824"
INCREMENTAL_SPEC = "incrementalSpec=v0.2"
KNOWN_HEADERS = 256
HEADER_LENGTH = 512
"""Characters of an `Accept` that are read; whatever comes after is not needed by any client."""


class Wanted(NamedTuple):
    """What an `Accept` asks for: the type of an answer that is one JSON text, events, parts, multipart subscriptions.

    `prefers_events` says that events are wanted more than JSON, or as much and named first; `parts` is the
    specification by which an answer may come in parts, empty where it may not.
    """

    single: str
    events: bool
    prefers_events: bool
    parts: str
    subscription: bool


class _Range(NamedTuple):
    media_type: str
    parameters: Mapping[str, str]

    @property
    def quality(self) -> float:
        try:
            return float(self.parameters.get("q", "1"))
        except ValueError:
            return 0.0


def wanted_by(accept: str) -> Wanted:
    """Read an `Accept` header; plain JSON, unless the newer type is wanted as much."""
    return _wanted_by(accept[:HEADER_LENGTH])


@lru_cache(KNOWN_HEADERS)
def _wanted_by(accept: str) -> Wanted:
    ranges = [each for each in _ranges(accept) if each.quality > 0]
    qualities = {each.media_type: each.quality for each in ranges}
    newer = qualities.get(GRAPHQL_RESPONSE, 0.0)
    best = max((each for each in ranges if each.media_type in ANSWERS), key=attrgetter("quality"), default=None)
    multipart = [each.parameters for each in ranges if each.media_type == MULTIPART]
    return Wanted(
        single=GRAPHQL_RESPONSE if newer and newer >= qualities.get(JSON, 0.0) else JSON,
        events=EVENT_STREAM in qualities,
        prefers_events=best is not None and best.media_type == EVENT_STREAM,
        parts=next((_parts(each) for each in multipart if "subscriptionspec" not in each), ""),
        subscription=any(each.get("subscriptionspec", "").startswith("1.") for each in multipart),
    )


def _parts(parameters: Mapping[str, str]) -> str:
    return DEFER_SPEC if "deferspec" in parameters else INCREMENTAL_SPEC


def _ranges(accept: str) -> Iterator[_Range]:
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        pairs = (piece.partition("=") for piece in parameters)
        yield _Range(media_type, {name.strip(): value.strip(' "') for name, _, value in pairs})
