"""From Sigil's answers to models and errors: the one place that knows what its codes mean."""

from __future__ import annotations

from typing import TypeVar

import httpx
import msgspec

from adapters.errors import AdapterError, InvalidPayload, NotAllowed
from adapters.http.refusals import refusal
from adapters.http.rows import UNREADABLE, is_list, read_list
from adapters.http.upstream import Answer
from adapters.sigil.models import Phase, PhaseName, Scan, ScanStatus
from adapters.sigil.wire import Failure, PhaseShape, PhaseStatus, Problem, ScanShape

T = TypeVar("T")

SERVICE = "Sigil"
GATEWAY_CODES = {401: "unauthorized", 403: "plan_required", 404: "not_found", 429: "rate_limit_exceeded"}
"""What something in front of the upstream answers by itself, in no envelope."""


def decode(answer: Answer, shape: type[T], path: str) -> T:
    """Read an answer as a `shape`; raises the error that the answer stands for."""
    if answer.status >= httpx.codes.BAD_REQUEST:
        raise _error_of(answer, path)
    try:
        if is_list(shape):
            return read_list(SERVICE, path, answer.body, shape)
        return msgspec.json.decode(answer.body, type=shape)
    except UNREADABLE as error:
        message = f"{SERVICE} answered {path} with what does not fit: {error}"
        raise InvalidPayload("invalid_payload", message, SERVICE) from error


def scan_of(shape: ScanShape) -> Scan:
    """Give the scan that was read, with the phases that are done."""
    fields = {name: getattr(shape, name) for name in Scan.__struct_fields__}
    done = {
        name: Phase(score=phase.score, findings=phase.findings)
        for name in PhaseName
        if (phase := shape.phases.get(name)) is not None and _is_done(phase, shape.status)
    }
    return Scan(**fields | {"phases": done})


def _is_done(phase: PhaseShape, status: ScanStatus) -> bool:
    """Say whether a phase has ended; where the service doesn't, by whether there is anything in it."""
    if phase.status is not None:
        return phase.status is PhaseStatus.COMPLETED
    return status is ScanStatus.COMPLETED or phase.score > 0 or bool(phase.findings)


def _error_of(answer: Answer, path: str) -> AdapterError:
    told = f"{SERVICE} answered {path} with HTTP {answer.status}"
    try:
        problem = msgspec.json.decode(answer.body, type=Failure).error
    except UNREADABLE as error:
        if answer.status not in GATEWAY_CODES:
            message = f"{told} and what does not fit, check TRIGRAPH_SIGIL: {error}"
            return InvalidPayload("invalid_payload", message, SERVICE)
        problem = Problem(code=GATEWAY_CODES[answer.status])
    if answer.status == httpx.codes.UNAUTHORIZED:
        return NotAllowed(problem.code, f"{SERVICE} does not accept the token: check TRIGRAPH_SIGIL_TOKEN")
    return refusal(answer, problem.code, problem.message or told)
