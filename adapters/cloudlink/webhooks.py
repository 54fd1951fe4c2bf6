"""Webhooks that CloudLink sends: signed over the raw body, taken once, and read as what they tell of."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec

from adapters.cloudlink.account import Action, CloudScan
from adapters.cloudlink.decoding import regression_of
from adapters.cloudlink.models import BudgetAlert, Moment, Regression
from adapters.cloudlink.wire import RegressionShape
from adapters.errors import InvalidPayload

BODY_BYTES = 1024 * 1024
SIGNATURE = "X-Cloudlink-Signature"
FRESH_SECONDS = 300
REMEMBERED_SECONDS = 2 * FRESH_SECONDS
"""An id is of use as long as its timestamp is fresh, which may lie as far ahead as behind."""
REMEMBERED = 10_000

Payload = Regression | Action | CloudScan | BudgetAlert


class WrongSignature(Exception):
    """The body is not signed with the secret."""


class Replayed(Exception):
    """The body was taken before, or is too old to know."""


class Unreadable(Exception):
    """The body is no event."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook tells: `payload` is the new state, None where it could not be read from the event."""

    name: str
    payload: Payload | None = None


@runtime_checkable
class TakesEvents(Protocol):
    """An adapter that CloudLink's webhooks are handed to."""

    async def receive(self, event: Event) -> None:
        """Tell watchers of an event at once."""


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    event: str
    payload: msgspec.Raw = msgspec.Raw(b"null")
    id: str | None = None
    timestamp: Moment | float | None = None


class WebhookReceiver:
    """Checks what comes in, and remembers it for ten minutes; `clock` gives seconds since 1970."""

    def __init__(self, secret: str, remembered: int = REMEMBERED, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._remembered = remembered
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()

    def __repr__(self) -> str:
        return "WebhookReceiver(…)"

    def take(self, body: bytes, signature: str) -> Event:
        """Check a body against its signature and read it; raises WrongSignature, Unreadable or Replayed.

        One with an id and a timestamp is known by its id; the documented one, which has neither, by its digest.
        """
        expected = f"sha256={hmac.new(self._secret, body, hashlib.sha256).hexdigest()}"
        if not hmac.compare_digest(expected.encode(), signature.strip().encode()):
            raise WrongSignature("The signature is not that of the body under TRIGRAPH_CLOUDLINK_WEBHOOK_SECRET")
        try:
            told = msgspec.json.decode(body, type=_Body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Unreadable(f"The body is no event: {error}") from None
        now = self._clock()
        if told.id is not None and told.timestamp is not None:
            if abs(_seconds(told.timestamp) - now) > FRESH_SECONDS:
                raise Replayed(f"timestamp is not within {FRESH_SECONDS} seconds of now: send it anew")
            self._remember(f"id {told.id}", now)
        else:
            self._remember(f"sha256 {hashlib.sha256(body).hexdigest()}", now)
        return Event(name=told.event, payload=_payload(told))

    def _remember(self, mark: str, now: float) -> None:
        while self._seen and next(iter(self._seen.values())) <= now - REMEMBERED_SECONDS:
            self._seen.popitem(last=False)
        if mark in self._seen:
            raise Replayed("The event was taken before")
        self._seen[mark] = now
        if len(self._seen) > self._remembered:
            self._seen.popitem(last=False)


def _seconds(timestamp: datetime | float) -> float:
    return timestamp.timestamp() if isinstance(timestamp, datetime) else timestamp


def _payload(told: _Body) -> Payload | None:
    kind = told.event.partition(".")[0]
    try:
        if kind == "regression":
            return regression_of(msgspec.json.decode(told.payload, type=RegressionShape))
        shape = {"action": Action, "scan": CloudScan, "budget": BudgetAlert}.get(kind)
        return msgspec.json.decode(told.payload, type=shape) if shape is not None else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, InvalidPayload):
        return None
