"""Lists of an upstream in which a row may not fit: the others are kept, and what is missing is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar, cast, get_args, get_origin

import msgspec

from adapters.errors import InvalidPayload

logger = logging.getLogger(__name__)

S = TypeVar("S")
T = TypeVar("T")

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
LOGGED = 3
"""Rows of a list that the log tells of."""
DECODING = "decoding"
ROWS = frozenset({"items", "executions", "anomalies"})
"""What the services call the rows of a list."""

_missing: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {}
"""What is wrong with the rows that were left out when a list was read last, by service, and path and step."""


class ReadList(NamedTuple):
    """A list of a service, as one of the steps that it is read in sees it."""

    service: str
    path: str
    step: str


_noted: ContextVar[dict[ReadList, int] | None] = ContextVar("missing_rows", default=None)


def fitting(service: str, path: str, rows: Sequence[S], read: Callable[[S], T], step: str) -> list[T]:
    """Read the rows that fit; what is wrong with the others is logged when it is news.

    A list may be read in several steps, each with a name. Raises InvalidPayload where there are rows and none fits.
    """
    kept, flaws = [], []
    for place, row in enumerate(rows):
        try:
            kept.append(read(row))
        except UNREADABLE as error:
            flaws.append(f"row {place}: {error}")
        except InvalidPayload as error:
            flaws.append(f"row {place}: {error.message}")
    if flaws and not kept:
        message = f"{service} answered {path} with what does not fit: {flaws[0]}"
        raise InvalidPayload("invalid_payload", message, service)
    _note(service, path, step, tuple(flaws))
    return kept


def read_list(service: str, path: str, body: bytes | msgspec.Raw, shape: type[T]) -> T:
    """Read a list, `list[Row]` or a generic Struct around one, as far as its rows fit.

    Raises msgspec's errors where it is no list at all, and InvalidPayload where no row fits.
    """
    envelope: Any = get_origin(shape)
    (row,) = get_args(shape)
    try:
        whole = msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError:
        raw = msgspec.json.decode(body, type=envelope[msgspec.Raw])
        name = _rows_name(envelope)
        listed = getattr(raw, name) if name else raw
        rows = fitting(service, path, listed, lambda each: msgspec.json.decode(each, type=row), DECODING)
        return cast("T", msgspec.structs.replace(raw, **{name: rows}) if name else rows)
    _note(service, path, DECODING, ())
    return whole


def is_list(shape: type) -> bool:
    """Say whether a shape is one that `read_list` reads."""
    envelope: Any = get_origin(shape)
    return envelope is list or _rows_name(envelope) is not None


def _rows_name(envelope: Any) -> str | None:
    return next((name for name in getattr(envelope, "__struct_fields__", ()) if name in ROWS), None)


def missing_rows(service: str) -> str | None:
    """Say how many rows of which lists could not be read when they were read last."""
    told = [f"{len(flaws)} of {path}" for (path, _), flaws in sorted(_missing.get(service, {}).items())]
    return f"Rows that could not be read are left out: {', '.join(told)}; the log says why" if told else None


@contextmanager
def noting_missing() -> Iterator[Mapping[ReadList, int]]:
    """Give how many rows are left out of the lists that are read within, as they are read."""
    outer, noted = _noted.get(), dict[ReadList, int]()
    _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.set(outer)  # a stream may end in another context than it began in, which has no token


def tell_missing(missing: Mapping[ReadList, int]) -> None:
    """Note what was left out of a list that another has read, too."""
    if (noted := _noted.get()) is not None:
        for read, rows in missing.items():
            noted[read] = max(rows, noted.get(read, 0))


def _note(service: str, path: str, step: str, flaws: tuple[str, ...]) -> None:
    known = _missing.setdefault(service, {})
    if flaws and known.get((path, step)) != flaws:
        told = "; ".join(flaws[:LOGGED])
        logger.warning("%s: %d rows of %s do not fit and are left out: %s", service, len(flaws), path, told)
    if flaws:
        known[path, step] = flaws
        tell_missing({ReadList(service, path, step): len(flaws)})
    else:
        known.pop((path, step), None)
