"""From answers to models and errors: tolerant of what is new, clear about what is wrong."""

from __future__ import annotations

import json
from typing import Any

import httpx
import msgspec
import pytest

from adapters.cloudsigma.decoding import decode, decode_output
from adapters.cloudsigma.models import Execution, ExecutionStatus, InputType, Platform, Usage
from adapters.cloudsigma.wire import ExecutionList
from adapters.errors import (
    AdapterError,
    Conflict,
    InvalidInput,
    InvalidPayload,
    LimitExceeded,
    NotAllowed,
    NotFound,
)
from adapters.http.rows import missing_rows
from adapters.http.upstream import Answer

PATH = "/v1/usage"
ROW = {"executionArn": "arn:1", "status": "RUNNING", "startDate": "2026-02-10T12:00:00Z"}
DEEP = b'{"unknown": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()}), content)


def refused(code: str, status: int, **headers: str) -> Answer:
    return answer({"success": False, "error": {"code": code, "message": "The sentence"}}, status, **headers)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "InvalidInputType", InvalidInput),
        (400, "ValidationError", InvalidInput),
        (400, "InvalidUrl", InvalidInput),
        (400, "InvalidCveId", InvalidInput),
        (400, "InputTooLarge", InvalidInput),
        (403, "Forbidden", NotAllowed),
        (403, "AccessDenied", NotAllowed),
        (404, "NotFound", NotFound),
        (409, "Conflict", Conflict),
        (429, "TierLimitExceeded", LimitExceeded),
        (429, "RateLimitExceeded", LimitExceeded),
        (429, "DailyLimitExceeded", LimitExceeded),
    ],
)
def test_every_documented_code_becomes_its_error(status: int, code: str, error: type[AdapterError]) -> None:
    """The upstream's own code and sentence are kept."""
    with pytest.raises(error) as caught:
        decode(refused(code, status), Usage, PATH)
    assert (caught.value.code, caught.value.message) == (code, "The sentence")


def test_a_limit_says_when_to_come_back() -> None:
    """Retry-After, where it was sent."""
    with pytest.raises(LimitExceeded) as caught:
        decode(refused("RateLimitExceeded", 429, Retry_After="42"), Usage, PATH)
    assert caught.value.retry_after_seconds == 42
    with pytest.raises(LimitExceeded) as caught:
        decode(refused("RateLimitExceeded", 429), Usage, PATH)
    assert caught.value.retry_after_seconds is None


def test_a_refused_token_is_said_by_the_name_of_its_setting() -> None:
    """Whatever the upstream's own sentence is."""
    with pytest.raises(NotAllowed) as caught:
        decode(refused("Unauthorized", 401), Usage, PATH)
    assert caught.value.code == "Unauthorized"
    assert caught.value.message == "CloudSigma does not accept the token: check TRIGRAPH_CLOUDSIGMA_TOKEN"


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [(401, NotAllowed, "Unauthorized"), (403, NotAllowed, "Forbidden"), (429, LimitExceeded, "RateLimitExceeded")],
)
@pytest.mark.parametrize("body", [{"message": "Forbidden"}, b"<html>", b"", {"error": {}}, {"error": "no"}])
def test_what_a_gateway_answers_by_itself_has_the_documented_code(
    body: object, status: int, error: type[AdapterError], code: str
) -> None:
    """A gateway in front knows nothing of the envelope."""
    with pytest.raises(error) as caught:
        decode(answer(body, status), Usage, PATH)
    assert caught.value.code == code
    assert caught.value.message


@pytest.mark.parametrize("status", [400, 404, 405, 409, 422])
@pytest.mark.parametrize("body", [b"<html>Not here</html>", {"message": "Not Found"}, b"", DEEP])
def test_an_error_page_is_not_the_services_word(body: object, status: int) -> None:
    """A wrong address does not look as if an execution were missing: the sentence names the setting."""
    with pytest.raises(
        InvalidPayload, match=r"CloudSigma answered /v1/usage with HTTP \d+ .*check TRIGRAPH_CLOUDSIGMA"
    ):
        decode(answer(body, status), Usage, PATH)


def test_an_error_without_a_sentence_gets_one() -> None:
    """Nobody is shown an empty message."""
    with pytest.raises(NotFound) as caught:
        decode(answer({"success": False, "error": {"code": "NotFound"}}, 404), Usage, PATH)
    assert caught.value.message == "CloudSigma answered /v1/usage with HTTP 404"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<!doctype html><title>Sign in</title>", "malformed"),
        (b"", "truncated"),
        (b'{"success": true, "data": {"used": 1', "truncated"),
        (b'{"success": true, "data": {"tier": "\xff"}}', "utf-8"),
        (DEEP, "recursion"),
        ([], "Expected `object`, got `array`"),
        ({"success": True}, "`data`"),
        ({"success": False, "error": {"code": "NotFound"}}, "`data`"),
        ({"data": None}, r"\$\.data"),
        ({"data": {"used": 1, "limit": 2, "tier": "pro"}}, r"`periodStart` - at `\$\.data`"),
        ({"data": {"used": "1", "limit": 2, "tier": "pro", "periodStart": "2026-02-01T00:00:00Z"}}, r"\$\.data\.used"),
        ({"data": {"used": 1, "limit": 2, "tier": "pro", "periodStart": "today"}}, r"\$\.data\.periodStart"),
        ({"data": {"used": 1, "limit": 2, "tier": "pro", "periodStart": "2026-02-01T00:00:00"}}, r"periodStart"),
    ],
)
def test_an_answer_that_does_not_fit_names_service_path_and_field(body: object, told: str) -> None:
    """One clear error, whatever came."""
    with pytest.raises(InvalidPayload, match=told) as caught:
        decode(answer(body), Usage, PATH)
    assert caught.value.message.startswith("CloudSigma answered /v1/usage with what does not fit: ")
    assert caught.value.service == "CloudSigma"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({**ROW, "status": "ABORTED"}, "row 1: Invalid enum value 'ABORTED' - at `$.status`"),
        ({**ROW, "startDate": "2026-02-10T12:00:00"}, "at `$.startDate`"),
        ({"status": "RUNNING", "startDate": ROW["startDate"]}, "`executionArn`"),
    ],
)
def test_a_wrong_line_of_the_history_is_left_out_and_named(
    row: dict[str, Any], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By its position and field; the others are kept."""
    body = {"data": {"executions": [ROW, row]}}
    listed = decode(answer(body), ExecutionList[Execution], "/v1/executions").executions
    assert [execution.arn for execution in listed] == [ROW["executionArn"]]
    assert told in caplog.text
    assert missing_rows("CloudSigma") == (
        "Rows that could not be read are left out: 1 of /v1/executions; the log says why"
    )


def test_unknown_fields_are_ignored() -> None:
    """In the envelope and in the data."""
    data = {**ROW, "region": "eu-west-2", "stopDate": None, "errorMessage": None}
    execution = decode(answer({"success": True, "requestId": "r1", "data": data}), Execution, PATH)
    assert (execution.arn, execution.status) == ("arn:1", ExecutionStatus.RUNNING)
    assert (execution.stage, execution.progress, execution.error) == (None, None, None)


def output_of(**parts: Any) -> bytes:
    return json.dumps(parts).encode()


def test_an_output_of_the_known_shape_is_read_whole() -> None:
    """Every part comes through, with what is not said at its default."""
    output = decode_output(
        output_of(
            rules=[{"id": "r1", "title": "A rule", "platform": "aws", "queries": {"splunk": "q"}, "score": 7}],
            ttps=[{"techniqueId": "T1059.001", "confidence": "high"}],
            iocs=[{"type": "ipv4", "value": "203.0.113.7"}],
            detectionGaps=[{"techniqueId": "T1053", "reason": "nothing to see"}],
            pipelineNotices=[{"code": "Note", "message": "Noted"}],
            metadata={"inputType": "cve", "rulesGenerated": 1, "modelVersion": "7"},
            costs={"tokens": 1000},
        ),
        PATH,
    )
    (rule,), (ttp,), (ioc,), (gap,), (notice,) = (
        output.rules,
        output.ttps,
        output.iocs,
        output.detection_gaps,
        output.pipeline_notices,
    )
    assert (rule.id, rule.platform, rule.queries) == ("r1", Platform.AWS, {"splunk": "q"})
    assert (ttp.technique_id, ioc.value, gap.reason, notice.code) == (
        "T1059.001",
        "203.0.113.7",
        "nothing to see",
        "Note",
    )
    assert (output.metadata.input_type, output.metadata.rules_generated) == (InputType.CVE, 1)


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("rules", "rule"),
        ("ttps", "ttp"),
        ("iocs", "ioc"),
        ("detectionGaps", "detection gap"),
        ("pipelineNotices", "notice"),
    ],
)
@pytest.mark.parametrize("odd", ["text", 5, None, {}, {"id": 7, "techniqueId": 7, "type": 7, "code": 7}])
def test_an_element_of_unknown_shape_is_left_out_and_a_notice_says_so(part: str, name: str, odd: object) -> None:
    """The other elements are read all the same."""
    good = {"id": "r1", "techniqueId": "T1", "reason": "-", "type": "ipv4", "value": "v", "code": "c", "message": "m"}
    output = decode_output(output_of(**{part: [odd, good, odd]}), PATH)
    *before, first, second = output.pipeline_notices
    told = (f"The {name} at position 0 could not be read: ", f"The {name} at position 2 could not be read: ")
    assert first.message.startswith(told[0])
    assert second.message.startswith(told[1])
    assert (first.code, first.severity) == ("UnreadableElement", "warning")
    read = [*output.rules, *output.ttps, *output.iocs, *output.detection_gaps, *before]
    assert len(read) == 1


def test_a_platform_of_tomorrow_costs_one_rule_only() -> None:
    """The notice says which value was not known."""
    output = decode_output(output_of(rules=[{"id": "r1", "platform": "ibm-cloud"}, {"id": "r2"}]), PATH)
    assert [rule.id for rule in output.rules] == ["r2"]
    assert "'ibm-cloud'" in output.pipeline_notices[0].message


def test_an_empty_output_is_an_output() -> None:
    """Nothing is required of it."""
    output = decode_output(b"{}", PATH)
    assert (output.rules, output.pipeline_notices, output.metadata.rules_generated) == ((), (), 0)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"[]", "Expected `object`"),
        (b'{"rules": {}}', r"\$\.rules"),
        (b'{"metadata": {"rulesGenerated": "five"}}', r"\$\.metadata\.rulesGenerated"),
    ],
)
def test_an_output_that_is_none_is_said(raw: bytes, told: str) -> None:
    """Its documented frame is not up for guessing."""
    with pytest.raises(InvalidPayload, match=told):
        decode_output(msgspec.Raw(raw), "/v1/status/arn")
