"""Webhooks that come in: only what is signed, and only once."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.cloudlink.account import Action, CloudScan
from adapters.cloudlink.models import BudgetAlert, Regression
from adapters.cloudlink.webhooks import (
    FRESH_SECONDS,
    REMEMBERED_SECONDS,
    Replayed,
    Unreadable,
    WebhookReceiver,
    WrongSignature,
)
from tests.doubles.scripted_cloudlink import action, alert, regression, scan

SECRET = "a-secret-of-the-test"
NOW = 1_790_000_000.0


class Clock:
    """Seconds since 1970 as a test sets them."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands."""
    return Clock()


@pytest.fixture
def receiver(clock: Clock) -> WebhookReceiver:
    """A receiver that has seen nothing."""
    return WebhookReceiver(SECRET, clock=clock)


def signed(body: bytes, secret: str = SECRET) -> tuple[bytes, str]:
    """Give a body with its signature, as the sender makes it."""
    return body, f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def told(event: str, payload: Any = None, **fields: Any) -> tuple[bytes, str]:
    """Write an event and sign it."""
    return signed(json.dumps({"event": event, "payload": payload, **fields}).encode())


def stamped(seconds: float = NOW) -> str:
    """Write a time as events have it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@pytest.mark.parametrize(
    ("event", "payload", "kind"),
    [
        ("regression.detected", regression(1), Regression),
        ("regression.resolved", regression(1, status="resolved"), Regression),
        ("action.created", action(1), Action),
        ("action.approved", action(1, "PENDING"), Action),
        ("scan.finished", scan(1, "finished"), CloudScan),
        ("budget.threshold", alert(1), BudgetAlert),
    ],
)
def test_an_event_is_read_as_what_it_tells_of(
    receiver: WebhookReceiver, event: str, payload: dict[str, Any], kind: type
) -> None:
    """With fields beyond those documented ignored."""
    read = receiver.take(*told(event, payload | {"something_new": 1}, id="e-1", timestamp=stamped()))
    assert read.name == event
    assert isinstance(read.payload, kind)


def test_a_regression_may_come_in_the_second_spelling(receiver: WebhookReceiver) -> None:
    """As the upstream writes it in places."""
    row = regression(1)
    spelled = {"baseline_cost_per_hour": row.pop("baseline_cost"), "post_deploy_cost_per_hour": row.pop("post_cost")}
    row |= spelled | {"pct_change": row.pop("change_pct"), "confidence_score": 0.9, "confidence": None}
    read = receiver.take(*told("regression.detected", row)).payload
    assert isinstance(read, Regression)
    assert (read.baseline_usd_per_hour, read.change_pct, read.confidence) == (1.0, 100.0, "high")


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("ping", {}),
        ("ping", None),
        ("regression.detected", {"regression_id": "r-1"}),
        ("action.completed", "x-1"),
        ("scan.finished", {"total_events_found": 3}),
        ("anomaly.detected", {"service": "a"}),
        ("new.event", {"a": 1}),
    ],
)
def test_a_payload_that_does_not_fit_is_left_out(receiver: WebhookReceiver, event: str, payload: Any) -> None:
    """The event itself still tells that something has changed."""
    read = receiver.take(*told(event, payload))
    assert (read.name, read.payload) == (event, None)


@pytest.mark.parametrize("wrong", ["", "sha256=", "sha256=00", "ä", "sha1=abc"])
def test_a_wrong_signature_is_refused(receiver: WebhookReceiver, wrong: str) -> None:
    """Whatever the body says."""
    body, _ = told("ping")
    with pytest.raises(WrongSignature):
        receiver.take(body, wrong)


def test_a_signature_holds_for_its_own_body_and_secret(receiver: WebhookReceiver) -> None:
    """One changed byte, another secret, a digest without the prefix: all refused, and the right one is still taken."""
    body, signature = told("ping", id="e-1", timestamp=stamped())
    for wrong_body, wrong_signature in (
        (body + b" ", signature),
        signed(body, "another secret"),
        (body, signature.removeprefix("sha256=")),
        (body, signature.upper()),
    ):
        with pytest.raises(WrongSignature):
            receiver.take(wrong_body, wrong_signature)
    assert receiver.take(body, signature).name == "ping"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event": 1}', b"\xff", b"[" * 100_000])
def test_a_signed_body_that_is_no_event_is_refused(receiver: WebhookReceiver, body: bytes) -> None:
    """With what is wrong."""
    with pytest.raises(Unreadable):
        receiver.take(*signed(body))


def test_an_id_is_taken_once(receiver: WebhookReceiver, clock: Clock) -> None:
    """Also where the body is written otherwise, for as long as its timestamp could be fresh."""
    receiver.take(*told("ping", id="e-1", timestamp=stamped()))
    with pytest.raises(Replayed):
        receiver.take(*told("ping", id="e-1", timestamp=stamped()))
    clock.now += 200
    with pytest.raises(Replayed):
        receiver.take(*told("ping", {"other": 1}, id="e-1", timestamp=stamped(clock.now)))
    receiver.take(*told("ping", id="e-2", timestamp=stamped(clock.now)))


@pytest.mark.parametrize("off", [-FRESH_SECONDS - 1, FRESH_SECONDS + 1])
def test_an_old_or_early_timestamp_is_refused(receiver: WebhookReceiver, off: float) -> None:
    """As text or as a number; one within five minutes is taken."""
    for timestamp in (stamped(NOW + off), NOW + off):
        with pytest.raises(Replayed):
            receiver.take(*told("ping", id="e-1", timestamp=timestamp))
    receiver.take(*told("ping", id="e-1", timestamp=NOW + off * 0.9))


def test_the_documented_body_is_known_by_its_digest(receiver: WebhookReceiver, clock: Clock) -> None:
    """It has neither id nor timestamp, so the same may come again after a while, and another at once."""
    body = told("scan.finished", scan(1, "finished"))
    receiver.take(*body)
    clock.now += REMEMBERED_SECONDS - 1
    with pytest.raises(Replayed):
        receiver.take(*body)
    receiver.take(*told("scan.finished", scan(2, "finished")))
    clock.now += 2
    receiver.take(*body)


def test_what_is_remembered_is_bounded(clock: Clock) -> None:
    """However much comes in."""
    receiver = WebhookReceiver(SECRET, remembered=3, clock=clock)
    for number in range(10):
        receiver.take(*told("ping", id=str(number), timestamp=stamped()))
    assert len(receiver._seen) == 3
    assert SECRET not in repr(receiver)
