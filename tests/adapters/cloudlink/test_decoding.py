"""What CloudLink's answers mean."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from adapters.cloudlink.decoding import audit_event_of, decode, detection_of, regression_of
from adapters.cloudlink.models import Budget
from adapters.cloudlink.wire import AuditShape, DetectionShape, RegressionShape, answer_of
from adapters.errors import AdapterError, InvalidInput, InvalidPayload, LimitExceeded, NotAllowed
from adapters.http.upstream import Answer
from tests.doubles.scripted_cloudlink import moment, regression


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()}), body)


def error_of(given: Answer) -> AdapterError:
    with pytest.raises(AdapterError) as raised:
        decode(given, Budget, "/budgets")
    return raised.value


def shape_of(**fields: Any) -> RegressionShape:
    return msgspec.convert(regression(1) | fields, RegressionShape)


def test_what_is_written_is_read_as_the_same() -> None:
    """A regression survives the wire, with both spellings on it."""
    told = regression_of(shape_of(confidence_score=0.7, version="1", deployed_at=moment(0), deploy_metadata={"a": 1}))
    body = msgspec.json.encode(answer_of(told))
    assert regression_of(msgspec.json.decode(body, type=RegressionShape)) == told


@pytest.mark.parametrize(
    ("given", "word", "score"),
    [
        ({"confidence": "medium"}, "medium", None),
        ({"confidence": "medium", "confidence_score": 0.9}, "medium", 0.9),
        ({"confidence": 0.85}, "high", 0.85),
        ({"confidence": None, "confidence_score": 0.6}, "medium", 0.6),
        ({"confidence": None, "confidence_score": 0.1}, "low", 0.1),
        ({"confidence": None}, "low", None),
    ],
)
def test_a_confidence_may_be_a_word_or_a_score(given: dict[str, Any], word: str, score: float | None) -> None:
    """A word where only the score is told."""
    told = regression_of(shape_of(**given))
    assert (told.confidence, told.confidence_score) == (word, score)


def test_an_impact_that_is_not_told_follows_from_the_costs() -> None:
    """Over 720 hours."""
    assert regression_of(shape_of(monthly_impact=None)).monthly_impact_usd == 720


@pytest.mark.parametrize("missing", ["baseline_cost", "post_cost", "change_pct"])
def test_a_regression_without_a_figure_is_no_regression(missing: str) -> None:
    """The error names the row."""
    with pytest.raises(InvalidPayload, match="r-1"):
        regression_of(shape_of(**{missing: None}))


def test_a_detection_may_be_a_count_only() -> None:
    """As documented."""
    found = detection_of(msgspec.convert({"regressions_detected": 2}, DetectionShape), "/regression/run")
    assert (found.regressions_detected, found.deploys_analyzed, found.regressions) == (2, 0, ())


def test_an_event_without_an_id_is_no_event() -> None:
    """Of either name."""
    with pytest.raises(InvalidPayload):
        audit_event_of(msgspec.convert({"event_type": "a", "completed_at": moment(0)}, AuditShape))


def test_a_list_of_flaws_names_every_one() -> None:
    """With the first one's field as the field."""
    flaws = [
        {"loc": ["body", "records", 0, "hour"], "msg": "Field required", "type": "missing"},
        {"loc": ["query", "limit"], "msg": "limit is 0: give more", "type": "value_error"},
    ]
    error = error_of(answer(422, msgspec.json.encode({"detail": flaws})))
    assert isinstance(error, InvalidInput)
    assert (error.code, error.field) == ("validation_error", "records.0.hour")
    assert error.message == "records.0.hour: Field required; limit is 0: give more"


def test_a_wrong_token_names_its_setting() -> None:
    """Whatever the answer says."""
    error = error_of(answer(401, b"<html>"))
    assert isinstance(error, NotAllowed)
    assert "TRIGRAPH_CLOUDLINK_TOKEN" in error.message


def test_a_used_up_rate_says_when_to_come_back() -> None:
    """Also where something in front of the service says it."""
    for body in (b'{"detail": "slow down"}', b"<html>"):
        error = error_of(answer(429, body, Retry_After="30"))
        assert isinstance(error, LimitExceeded)
        assert (error.code, error.retry_after_seconds) == ("rate_limit_exceeded", 30)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"budget_id": 1}', b"\xff"])
def test_an_answer_of_another_shape_names_its_path(body: bytes) -> None:
    """It is the service's fault."""
    error = error_of(answer(200, body))
    assert isinstance(error, InvalidPayload)
    assert "/budgets" in error.message
