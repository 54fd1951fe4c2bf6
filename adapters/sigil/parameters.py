"""Reading the parameters of Sigil's lists; a bad value is refused with the parameter's name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from adapters.errors import InvalidInput
from adapters.sigil.models import Severity, Verdict
from adapters.sigil.port import ScanFilter, ThreatFilter
from adapters.sigil.wire import Moment

E = TypeVar("E", bound=StrEnum)

PER_PAGE = 20
MOST_PER_PAGE = 100
LAST_PAGE = 1_000_000
WAIT_SECONDS = 10
ECOSYSTEMS = ("npm", "pypi")


def numbers(given: Mapping[str, str]) -> tuple[int, int]:
    """Read `page` and `per_page`."""
    return _number(given, "page", 1, 1, LAST_PAGE), _number(given, "per_page", PER_PAGE, 1, MOST_PER_PAGE)


def waiting_seconds(given: Mapping[str, str]) -> int:
    """Read `wait`, how many seconds an answer may wait for the result."""
    return _number(given, "wait", WAIT_SECONDS, 0, WAIT_SECONDS)


def scan_filter(given: Mapping[str, str]) -> ScanFilter:
    """Read `verdict`, `target`, `from` and `to`."""
    return ScanFilter(
        verdict=_choice(given, "verdict", Verdict),
        target=given.get("target") or None,
        since=_moment(given, "from"),
        until=_moment(given, "to"),
    )


def threat_filter(given: Mapping[str, str]) -> ThreatFilter:
    """Read `search`, `severity` and `ecosystem`."""
    ecosystem = given.get("ecosystem")
    if ecosystem is not None and ecosystem not in ECOSYSTEMS:
        raise _refusal("ecosystem", ecosystem, f"choose from {', '.join(ECOSYSTEMS)}")
    return ThreatFilter(
        search=given.get("search") or None, severity=_choice(given, "severity", Severity), ecosystem=ecosystem
    )


def _number(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most):  # noqa: PLR2004 - more digits than any limit has
        raise _refusal(name, text, f"give a number from {least} to {most}")
    return int(text)


def _choice(given: Mapping[str, str], name: str, kind: type[E]) -> E | None:
    text = given.get(name)
    if text is not None and text not in tuple(kind):
        raise _refusal(name, text, f"choose from {', '.join(kind)}")
    return kind(text) if text is not None else None


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        return msgspec.convert(text.replace(" ", "+"), Moment).astimezone(UTC)  # a plus sign that nobody escaped
    except (msgspec.ValidationError, OverflowError):
        raise _refusal(name, text, "give a time as RFC 3339 has it, such as 2026-01-31T12:00:00Z") from None


def _refusal(name: str, text: str, cure: str) -> InvalidInput:
    return InvalidInput("validation_error", f"{name} is {text[:50]!r}: {cure}", name)
