"""From CloudSigma's answers to models and errors: the one place that knows what its codes mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import httpx
import msgspec

from adapters.cloudsigma.models import DetectionGap, Ioc, Notice, Output, OutputMetadata, Rule, Ttp
from adapters.cloudsigma.wire import Failure, Problem, Success
from adapters.errors import AdapterError, InvalidPayload, NotAllowed
from adapters.http.refusals import refusal
from adapters.http.rows import UNREADABLE, is_list, read_list
from adapters.http.upstream import Answer

T = TypeVar("T")

SERVICE = "CloudSigma"
GATEWAY_CODES = {401: "Unauthorized", 403: "Forbidden", 429: "RateLimitExceeded"}
"""What the gateway in front of the upstream answers by itself, in no envelope."""


class _RawOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    rules: list[msgspec.Raw] = []
    ttps: list[msgspec.Raw] = []
    iocs: list[msgspec.Raw] = []
    detection_gaps: list[msgspec.Raw] = []
    pipeline_notices: list[msgspec.Raw] = []
    metadata: OutputMetadata = OutputMetadata()


def decode(answer: Answer, shape: type[T], path: str) -> T:
    """Read the data of an answer as a `shape`; raises the error that the answer stands for."""
    if answer.status >= httpx.codes.BAD_REQUEST:
        raise _error_of(answer, path)
    if not is_list(shape):
        return _decode(answer.body, Success[shape], path).data  # type: ignore[valid-type] # a type at run time
    data = _decode(answer.body, Success[msgspec.Raw], path).data
    return _fitted(lambda: read_list(SERVICE, path, data, shape), path)


def decode_output(raw: bytes | msgspec.Raw, path: str) -> Output:
    """Read an execution's output; an element that does not fit is left out, and a notice says so."""
    output = _decode(raw, _RawOutput, path)
    unreadable: list[Notice] = []
    return Output(
        rules=_readable(output.rules, Rule, "rule", unreadable),
        ttps=_readable(output.ttps, Ttp, "ttp", unreadable),
        iocs=_readable(output.iocs, Ioc, "ioc", unreadable),
        detection_gaps=_readable(output.detection_gaps, DetectionGap, "detection gap", unreadable),
        pipeline_notices=(*_readable(output.pipeline_notices, Notice, "notice", unreadable), *unreadable),
        metadata=output.metadata,
    )


def _decode(raw: bytes | msgspec.Raw, shape: type[T], path: str) -> T:
    return _fitted(lambda: msgspec.json.decode(raw, type=shape), path)


def _fitted(read: Callable[[], T], path: str) -> T:
    try:
        return read()
    except UNREADABLE as error:
        message = f"{SERVICE} answered {path} with what does not fit: {error}"
        raise InvalidPayload("PipelineFailed", message, SERVICE) from error


def _readable(elements: Sequence[msgspec.Raw], shape: type[T], name: str, unreadable: list[Notice]) -> tuple[T, ...]:
    fitting = []
    for position, element in enumerate(elements):
        try:
            fitting.append(msgspec.json.decode(element, type=shape))
        except UNREADABLE as error:
            message = f"The {name} at position {position} could not be read: {error}"
            unreadable.append(Notice(code="UnreadableElement", message=message, severity="warning"))
    return tuple(fitting)


def _error_of(answer: Answer, path: str) -> AdapterError:
    told = f"{SERVICE} answered {path} with HTTP {answer.status}"
    try:
        problem = msgspec.json.decode(answer.body, type=Failure).error
    except UNREADABLE as error:
        if answer.status not in GATEWAY_CODES:
            message = f"{told} and what does not fit, check TRIGRAPH_CLOUDSIGMA: {error}"
            return InvalidPayload("PipelineFailed", message, SERVICE)
        problem = Problem(code=GATEWAY_CODES[answer.status])
    code, message = problem.code, problem.message or told
    if answer.status == httpx.codes.UNAUTHORIZED:
        return NotAllowed(code, f"{SERVICE} does not accept the token: check TRIGRAPH_CLOUDSIGMA_TOKEN")
    return refusal(answer, code, message)
