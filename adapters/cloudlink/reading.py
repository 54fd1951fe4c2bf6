"""Reading what a request brings; what does not fit is told as flaws, each with where it lies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from adapters.cloudlink.models import Moment
from adapters.cloudlink.wire import Flaw
from adapters.errors import InvalidInput

T = TypeVar("T")

MOMENTS = frozenset({"since"})
_PLACE = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`\Z")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]*)`")
_STEP = re.compile(r"[^.\[\]]+")


class Flawed(Exception):
    """The request does not fit; `flaw` says what and where."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.msg)
        self.flaw = flaw


def read_query(given: Mapping[str, str], shape: type[T]) -> T:
    """Read parameters; raises Flawed."""
    texts = {name: _moment(name, text) if name in MOMENTS else text for name, text in given.items()}
    try:
        return msgspec.convert(texts, shape, strict=False)
    except msgspec.ValidationError as error:
        raise Flawed(_flaw("query", str(error))) from None


def read_json(body: bytes, shape: type[T]) -> T:
    """Read a body; raises Flawed."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Flawed(_flaw("body", str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Flawed(Flaw(loc=["body"], msg=f"The body is no JSON: {error}", type="json_invalid")) from None


def flaw_of(refused: InvalidInput, place: str) -> Flaw:
    """Say where the part of a request lies that was refused."""
    return Flaw(loc=[place, *_steps(refused.field or "")], msg=refused.message, type="value_error")


def _moment(name: str, text: str) -> datetime:
    try:
        return msgspec.convert(text.replace(" ", "+"), Moment)  # a plus sign that nobody escaped
    except msgspec.ValidationError as error:
        raise Flawed(Flaw(loc=["query", name], msg=str(error), type="value_error")) from None


def _flaw(place: str, told: str) -> Flaw:
    found = _PLACE.search(told)
    steps = _steps(found["path"]) if found else []
    missing = _MISSING.match(told)
    if missing:
        return Flaw(loc=[place, *steps, missing["name"]], msg="Field required", type="missing")
    return Flaw(loc=[place, *steps], msg=told[: found.start()] if found else told, type="value_error")


def _steps(path: str) -> list[Any]:
    return [int(step) if step.isdecimal() else step for step in _STEP.findall(path)]
