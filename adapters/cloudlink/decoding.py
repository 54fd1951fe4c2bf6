"""From CloudLink's answers to models and errors: the one place that knows what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import httpx
import msgspec

from adapters.cloudlink.account import AuditEvent
from adapters.cloudlink.models import Detection, Regression
from adapters.cloudlink.wire import AuditShape, DetectionShape, ErrorShape, Flaw, RegressionShape
from adapters.errors import AdapterError, InvalidInput, InvalidPayload, NotAllowed
from adapters.http.refusals import refusal
from adapters.http.rows import UNREADABLE, fitting, is_list, read_list
from adapters.http.upstream import Answer

T = TypeVar("T")

SERVICE = "CloudLink"
CODES = {401: "not_allowed", 403: "not_allowed", 404: "not_found", 409: "conflict", 429: "rate_limit_exceeded"}
HOURS_OF_A_MONTH = 720
SCORES = (("high", 0.8), ("medium", 0.5))
"""Words for a confidence that is told as a score only, from the least score on."""


def decode(answer: Answer, shape: type[T], path: str) -> T:
    """Read an answer as a `shape`; raises the error that the answer stands for."""
    if answer.status >= httpx.codes.BAD_REQUEST:
        raise _error_of(answer, path)
    try:
        if is_list(shape):
            return read_list(SERVICE, path, answer.body, shape)
        return msgspec.json.decode(answer.body, type=shape)
    except UNREADABLE as error:
        raise _unfit(path, str(error)) from error


def regressions_of(shapes: Sequence[RegressionShape], path: str = "/regressions") -> list[Regression]:
    """Give the regressions that were read; one without its figures is left out."""
    return fitting(SERVICE, path, shapes, lambda shape: regression_of(shape, path), "figures")


def audit_events_of(shapes: Sequence[AuditShape]) -> list[AuditEvent]:
    """Give the rows of the audit trail that were read; one without an id is left out."""
    return fitting(SERVICE, "/audit", shapes, audit_event_of, "ids")


def regression_of(shape: RegressionShape, path: str = "/regressions") -> Regression:
    """Give the regression that was read, in whichever spelling; raises InvalidPayload where a figure is missing."""
    before = _first(shape.baseline_cost, shape.baseline_cost_per_hour)
    after = _first(shape.post_cost, shape.post_deploy_cost_per_hour)
    change = _first(shape.change_pct, shape.pct_change)
    if before is None or after is None or change is None:
        raise _unfit(path, f"regression {shape.regression_id[:80]!r} has no baseline_cost, post_cost or change_pct")
    impact = shape.monthly_impact if shape.monthly_impact is not None else (after - before) * HOURS_OF_A_MONTH
    word, score = _confidence(shape)
    return Regression(
        id=shape.regression_id,
        deploy_id=shape.deploy_id,
        service=shape.service,
        baseline_usd_per_hour=before,
        post_deploy_usd_per_hour=after,
        change_pct=change,
        monthly_impact_usd=impact,
        detected_at=shape.detected_at,
        status=shape.status,
        confidence=word,
        confidence_score=score,
        version=shape.version,
        environment=shape.environment,
        deployed_at=shape.deployed_at,
        source=shape.source,
        deploy_metadata=shape.deploy_metadata,
    )


def detection_of(shape: DetectionShape, path: str) -> Detection:
    """Give what a look for regressions came to."""
    return Detection(
        regressions_detected=shape.regressions_detected,
        deploys_analyzed=shape.deploys_analyzed,
        regressions=tuple(regression_of(regression, path) for regression in shape.regressions),
    )


def audit_event_of(shape: AuditShape) -> AuditEvent:
    """Give the row of the audit trail that was read; raises InvalidPayload where it has no id."""
    identifier = shape.result_id or shape.event_id
    if identifier is None:
        raise _unfit("/audit", "a row has no result_id")
    return AuditEvent(
        id=identifier,
        event_type=shape.event_type,
        at=shape.completed_at,
        actor=shape.actor,
        action_id=shape.action_id,
        action_type=shape.action_type,
        resource_id=shape.resource_id,
        status=shape.status,
        detail=shape.detail,
    )


def _first(*figures: float | None) -> float | None:
    return next((figure for figure in figures if figure is not None), None)


def _confidence(shape: RegressionShape) -> tuple[str, float | None]:
    score = shape.confidence_score
    if isinstance(shape.confidence, str):
        return shape.confidence, score
    score = shape.confidence if score is None else score
    return next((word for word, least in SCORES if score is not None and score >= least), "low"), score


def _unfit(path: str, why: str) -> InvalidPayload:
    return InvalidPayload("invalid_payload", f"{SERVICE} answered {path} with what does not fit: {why}", SERVICE)


def _error_of(answer: Answer, path: str) -> AdapterError:
    if answer.status == httpx.codes.UNAUTHORIZED:
        return NotAllowed("not_allowed", f"{SERVICE} does not accept the token: check TRIGRAPH_CLOUDLINK_TOKEN")
    told = f"{SERVICE} answered {path} with HTTP {answer.status}"
    try:
        detail = msgspec.json.decode(answer.body, type=ErrorShape).detail
    except UNREADABLE as error:
        if answer.status not in CODES:
            message = f"{told} and what does not fit, check TRIGRAPH_CLOUDLINK: {error}"
            return InvalidPayload("invalid_payload", message, SERVICE)
        detail = told
    if isinstance(detail, list):
        return _invalid(detail)
    return refusal(answer, CODES.get(answer.status, "validation_error"), detail)


def _invalid(flaws: list[Flaw]) -> InvalidInput:
    """Name every flaw, and the first one's field; FastAPI leads to a field from the part of the request it lies in."""
    fields = [".".join(map(str, flaw.loc[1:] or flaw.loc)) for flaw in flaws]
    sentences = [
        flaw.msg if field in flaw.msg else f"{field}: {flaw.msg}" for field, flaw in zip(fields, flaws, strict=True)
    ]
    return InvalidInput("validation_error", "; ".join(sentences), next(iter(fields), None))
