from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.sources.nvd import Cve, Nvd, record
from adapters.http.public import public_client

if TYPE_CHECKING:
    from tests.adapters.conftest import Loopback

PATH = "/rest/json/cves/2.0"
RECORD: dict[str, Any] = {
    "id": "CVE-2031-12345",
    "vulnStatus": "Analyzed",
    "somethingNew": {"a": [1]},
    "descriptions": [
        {"lang": "es", "value": "Un fallo."},
        {"lang": "en", "value": "A flaw in the Gadget server lets a remote attacker execute arbitrary code."},
    ],
    "metrics": {
        "cvssMetricV2": [
            {"cvssData": {"version": "2.0", "vectorString": "AV:N", "baseScore": 10}, "baseSeverity": "HIGH"}
        ],
        "cvssMetricV31": [
            {
                "cvssData": {
                    "version": "3.1",
                    "vectorString": "CVSS:3.1/AV:N",
                    "baseScore": 9.8,
                    "baseSeverity": "CRITICAL",
                }
            }
        ],
    },
    "weaknesses": [
        {"description": [{"lang": "en", "value": "CWE-502"}]},
        {"description": [{"lang": "en", "value": "NVD-CWE-noinfo"}]},
        {"description": [{"lang": "en", "value": "CWE-502"}]},
    ],
    "configurations": [
        {
            "nodes": [
                {
                    "cpeMatch": [
                        {"vulnerable": True, "criteria": "cpe:2.3:a:acme:gadget_server:1.0:*:*:*:*:*:*:*"},
                        {"vulnerable": True, "criteria": "cpe:2.3:a:acme:gadget_server:1.1:*:*:*:*:*:*:*"},
                        {"vulnerable": True, "criteria": "cpe:2.3:o:colon\\:corp:os:-:*:*:*:*:*:*:*"},
                        {"vulnerable": False, "criteria": "cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*"},
                        {"vulnerable": True, "criteria": "garbage"},
                    ]
                }
            ]
        }
    ],
    "references": [
        {"url": "https://one.example/", "tags": ["Patch"]},
        {"url": "https://two.example/", "tags": ["Exploit", "Third Party Advisory"]},
        {"url": "https://one.example/"},
    ],
}


def answer(*records: dict[str, Any]) -> str:
    """Wrap records as the API does."""
    return json.dumps({"resultsPerPage": len(records), "vulnerabilities": [{"cve": one} for one in records]})


@pytest.fixture
async def client(loopback: Loopback) -> AsyncIterator[httpx.AsyncClient]:
    """Reach the loopback server as the database."""
    async with public_client(allowed=loopback.allowed("nvd.example"), resolver=loopback.resolve) as guarded:
        yield guarded


async def failure(client: httpx.AsyncClient, loopback: Loopback) -> PipelineFailure:
    """Ask for what must fail."""
    with pytest.raises(PipelineFailure) as raised:
        await record(client, "CVE-2031-12345", Nvd(loopback.url("", "nvd.example")))
    return raised.value


async def test_a_record_is_asked_by_id_with_the_key(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """The path, the query and the header are the API's own."""
    loopback.page(PATH, answer(RECORD), "application/json")
    found = await record(client, "CVE-2031-12345", Nvd(loopback.url("/", "nvd.example"), "a-key"))
    assert found.id == "CVE-2031-12345"
    assert loopback.asked[0].target == f"{PATH}?cveId=CVE-2031-12345"
    assert loopback.asked[0].headers["apikey"] == "a-key"


async def test_without_a_key_no_key_is_sent(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """The key is optional."""
    loopback.page(PATH, answer(RECORD), "application/json")
    await record(client, "CVE-2031-12345", Nvd(loopback.url("", "nvd.example")))
    assert "apikey" not in loopback.asked[0].headers


def test_a_key_is_not_shown() -> None:
    """Settings that are printed do not give the key away."""
    assert "a-key" not in repr(Nvd(api_key="a-key"))


def test_the_record_reads_as_text() -> None:
    """Description, newest scoring, weaknesses and vulnerable products, each once."""
    assert msgspec.convert(RECORD, Cve).text() == (
        "A flaw in the Gadget server lets a remote attacker execute arbitrary code.\n\n"
        "CVSS 3.1 base score 9.8 (critical), vector CVSS:3.1/AV:N.\n\n"
        "Weakness: CWE-502.\n\n"
        "Affected products: acme gadget server, colon:corp os."
    )


def test_severity_of_an_old_record_is_found() -> None:
    """Version 2 keeps the severity beside its data."""
    old = RECORD | {"metrics": {"cvssMetricV2": RECORD["metrics"]["cvssMetricV2"]}}
    assert "CVSS 2.0 base score 10 (high), vector AV:N." in msgspec.convert(old, Cve).text()


def test_a_bare_record_reads_as_nothing() -> None:
    """A record that only has its id is no error."""
    assert msgspec.convert({"id": "CVE-2031-12345"}, Cve).text() == ""


def test_telling_references_come_first() -> None:
    """An exploit write-up goes before a patch, and nothing twice."""
    assert msgspec.convert(RECORD, Cve).urls() == ("https://two.example/", "https://one.example/")


@pytest.mark.parametrize("body", [answer(), answer(RECORD | {"id": "CVE-2031-54321"})])
async def test_an_answer_without_the_record_means_unknown(
    loopback: Loopback, client: httpx.AsyncClient, body: str
) -> None:
    """An empty answer, or another record, is not the one asked for."""
    loopback.page(PATH, body, "application/json")
    failed = await failure(client, loopback)
    assert failed.code == "NotFound"
    assert "has no CVE-2031-12345" in failed.message


async def test_not_found_means_unknown(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """The API answers 404 for numbers that were never given."""
    loopback.page(PATH, status=404)
    assert (await failure(client, loopback)).code == "NotFound"


@pytest.mark.parametrize("status", [403, 429, 500, 503, 302])
async def test_a_database_in_trouble_is_told(loopback: Loopback, client: httpx.AsyncClient, status: int) -> None:
    """Overload and outage are the pipeline's trouble, said without internals."""
    loopback.page(PATH, status=status, Location=loopback.url("/", "nvd.example"))
    failed = await failure(client, loopback)
    assert failed.code == "PipelineFailed"
    assert "NVD" in failed.message
    assert not any(internal in failed.message for internal in ("nvd.example", str(loopback.port)))
    assert len(loopback.asked) == 1


@pytest.mark.parametrize(
    "body", ["<html>maintenance", "{", '{"vulnerabilities": [{"cve": {}}]}', '{"vulnerabilities": 3}']
)
async def test_an_answer_of_another_shape_is_told(loopback: Loopback, client: httpx.AsyncClient, body: str) -> None:
    """What is not the API's JSON is no usable answer."""
    loopback.page(PATH, body, "application/json")
    assert (await failure(client, loopback)).code == "PipelineFailed"


async def test_a_database_that_is_down_is_told(loopback: Loopback, client: httpx.AsyncClient) -> None:
    """Nobody listening is trouble too."""
    await loopback.stop()
    assert (await failure(client, loopback)).code == "PipelineFailed"
