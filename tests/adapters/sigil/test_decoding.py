from __future__ import annotations

import httpx
import msgspec
import pytest

from adapters.errors import InvalidInput, InvalidPayload, LimitExceeded, NotAllowed, NotFound, Refused
from adapters.http.upstream import Answer
from adapters.sigil.decoding import decode, scan_of
from adapters.sigil.models import PhaseName, Scan, ScanStatus
from adapters.sigil.wire import ScanShape, answer_of

DOCUMENTED = b"""{"id": "scan_1", "status": "completed", "target": "npm:express@4.18.2", "score": 0, "verdict": "clean",
  "phases": {"install_hooks": {"score": 0, "findings": []}, "tomorrows_phase": {"score": 1, "findings": []}},
  "duration_ms": 1200, "created_at": "2026-01-01T00:00:00Z", "tomorrows_field": {}}"""


def answer(body: bytes, status: int = 200, **headers: str) -> Answer:
    return Answer(status, httpx.Headers(headers), body)


def decode_scan(body: bytes) -> Scan:
    return scan_of(decode(answer(body), ScanShape, "/v1/scans"))


def refused(status: int, **headers: str) -> Answer:
    body = msgspec.json.encode({"error": {"code": "some_code", "message": "A sentence.", "status": status}})
    return answer(body, status, **headers)


def test_a_documented_scan_is_read() -> None:
    """Without the fields that are ours, and with some of tomorrow's."""
    scan = decode_scan(DOCUMENTED)
    assert (scan.score, scan.verdict, scan.duration_ms) == (0, "clean", 1200)
    assert list(scan.phases) == [PhaseName.INSTALL_HOOKS]


def test_a_scan_comes_back_as_it_was_written() -> None:
    """All six phases are on the wire, and those that were not done are not done on the other side."""
    running = msgspec.structs.replace(decode_scan(DOCUMENTED), status=ScanStatus.RUNNING, score=None, verdict=None)
    written = msgspec.json.encode(answer_of(running))
    assert list(msgspec.json.decode(written)["phases"]) == list(PhaseName)
    assert decode_scan(written) == running


def test_where_a_phase_does_not_say_that_it_is_done_its_content_does() -> None:
    """An upstream without our field shows empty phases while it runs."""
    told = DOCUMENTED.replace(b'"completed"', b'"running"', 1)
    assert decode_scan(told).phases == {}
    assert list(decode_scan(told.replace(b'"score": 0, "findings"', b'"score": 4, "findings"')).phases) != []


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", DOCUMENTED.replace(b"00Z", b"00"), DOCUMENTED.replace(b'"clean"', b'"spotless"')]
)
def test_what_does_not_fit_is_an_invalid_payload(body: bytes) -> None:
    """Also a time without a zone, and a verdict that nobody knows."""
    with pytest.raises(InvalidPayload, match="/v1/scans"):
        decode(answer(body), ScanShape, "/v1/scans")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, NotAllowed), (404, NotFound), (422, InvalidInput), (400, InvalidInput), (429, LimitExceeded)],
)
def test_a_refusal_keeps_its_code_and_sentence(status: int, kind: type[Refused]) -> None:
    """Its kind is the status's."""
    with pytest.raises(kind) as raised:
        decode(refused(status), Scan, "/v1/scans")
    assert (raised.value.code, raised.value.message) == ("some_code", "A sentence.")


def test_a_limit_says_when_to_come_back() -> None:
    """As `Retry-After` has it."""
    with pytest.raises(LimitExceeded) as raised:
        decode(refused(429, **{"retry-after": "60"}), Scan, "/v1/scans")
    assert raised.value.retry_after_seconds == 60


def test_a_token_that_is_not_accepted_names_the_setting() -> None:
    """The operator is told where to look."""
    with pytest.raises(NotAllowed, match="TRIGRAPH_SIGIL_TOKEN"):
        decode(refused(401), Scan, "/v1/scans")


def test_a_refusal_in_no_envelope_is_read_by_its_status() -> None:
    """Something in front of the upstream may answer by itself; what it can't mean is no answer."""
    with pytest.raises(LimitExceeded) as raised:
        decode(answer(b"slow down", 429), Scan, "/v1/scans")
    assert raised.value.code == "rate_limit_exceeded"
    with pytest.raises(InvalidPayload, match="TRIGRAPH_SIGIL"):
        decode(answer(b"teapot", 418), Scan, "/v1/scans")
