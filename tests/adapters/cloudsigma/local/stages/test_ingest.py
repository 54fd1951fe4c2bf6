from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.sources.nvd import Nvd
from adapters.cloudsigma.local.stages import ingest as stage
from adapters.cloudsigma.local.stages.ingest import Sources, clean, ingest, open_sources
from adapters.cloudsigma.models import GenerateRequest, InputType, Notice

if TYPE_CHECKING:
    from tests.adapters.conftest import Loopback

PARAGRAPH = "<p>The operators moved laterally with PsExec and dumped credentials from LSASS memory.</p>"
PAGE = f"<html><head><title>Field report</title></head><body><article>{PARAGRAPH * 5}</article></body></html>"


@pytest.fixture
async def sources(loopback: Loopback) -> AsyncIterator[Sources]:
    """Let callers reach `reports.example` and `github.com`, and the stage its database, all on the loopback server."""
    async with open_sources(
        Nvd(loopback.url("", "nvd.example")),
        allowed=loopback.allowed("reports.example", "github.com", "www.cisa.gov", "aws.amazon.com"),
        resolver=loopback.resolve,
    ) as opened:
        yield opened


def by_url(url: str) -> GenerateRequest:
    """Ask for a page."""
    return GenerateRequest(input_type=InputType.URL, url=url)


def by_text(text: str) -> GenerateRequest:
    """Hand in a text."""
    return GenerateRequest(input_type=InputType.TEXT, text=text)


BY_CVE = GenerateRequest(input_type=InputType.CVE, cve_id="CVE-2031-12345")


async def failure(request: GenerateRequest, sources: Sources) -> PipelineFailure:
    """Ingest what must fail."""
    with pytest.raises(PipelineFailure) as raised:
        await ingest(request, sources)
    return raised.value


def cve(*references: str, status: str = "Analyzed") -> str:
    """Answer as the database does, with references to these pages."""
    described = [{"lang": "en", "value": "A flaw lets a remote attacker execute arbitrary code."}]
    urls = [{"url": url} for url in references]
    one = {"id": "CVE-2031-12345", "vulnStatus": status, "descriptions": described, "references": urls}
    return json.dumps({"vulnerabilities": [{"cve": one}]})


async def test_a_text_is_taken_as_it_is(sources: Sources) -> None:
    """A text keeps its words; line ends are unified and control characters go."""
    report = await ingest(by_text("One\r\ntwo\rthree\x00\x07 \tfour\x0cfive \ud800é\x9b\ufeff"), sources)
    assert report.text == "One\ntwo\nthree \tfour\nfive é"
    assert (report.title, report.source, report.notices) == (None, None, ())


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00\x01\x02", "\ufeff"])
async def test_a_text_without_text_fails(sources: Sources, text: str) -> None:
    """Nothing readable is said to be so."""
    assert (await failure(by_text(text), sources)).code == "ValidationError"


def test_what_is_clean_stays() -> None:
    """Letters of any script and emoji are no control characters."""
    text = "Größe\t攻撃\nЖизнь 👩‍💻"
    assert clean(text) == text


async def test_a_page_becomes_its_main_text(loopback: Loopback, sources: Sources) -> None:
    """Text, title and final address of a page make the report."""
    loopback.page("/old", status=301, Location="/report")
    loopback.page("/report", PAGE)
    report = await ingest(by_url(loopback.url("/old")), sources)
    assert "moved laterally with PsExec" in report.text
    assert "<p>" not in report.text
    assert (report.title, report.source) == ("Field report", loopback.url("/report"))


async def test_plain_text_is_read_as_it_is(loopback: Loopback, sources: Sources) -> None:
    """A text file needs no main text to be found."""
    loopback.page("/iocs.txt", "evil[.]example\r\n<b>203.0.113.7</b>", "text/plain")
    assert (await ingest(by_url(loopback.url("/iocs.txt")), sources)).text == "evil[.]example\n<b>203.0.113.7</b>"


async def test_a_page_that_is_not_utf8_is_read(loopback: Loopback, sources: Sources) -> None:
    """The page's own charset is heeded."""
    page = PAGE.replace("The operators", "Die Täter aus Łódź").encode("iso-8859-2")
    loopback.page("/", page, "text/html; charset=iso-8859-2")
    assert "Die Täter aus Łódź moved laterally" in (await ingest(by_url(loopback.url("/")), sources)).text


async def test_a_pdf_is_read(loopback: Loopback, sources: Sources, write_pdf: Callable[[int], bytes]) -> None:
    """A report may be a PDF."""
    loopback.page("/report.pdf", write_pdf(3), "application/pdf")
    report = await ingest(by_url(loopback.url("/report.pdf")), sources)
    assert "Page 2 shows PowerShell at work." in report.text
    assert (report.title, report.notices) == ("Field notes", ())


async def test_a_long_pdf_is_read_in_part(
    loopback: Loopback, sources: Sources, write_pdf: Callable[[int], bytes]
) -> None:
    """What was not read is told in a notice."""
    loopback.page("/", write_pdf(201), "application/pdf")
    report = await ingest(by_url(loopback.url("/")), sources)
    assert "Page 200 " in report.text
    assert "Page 201 " not in report.text
    assert [notice.message for notice in report.notices] == ["Only the first 200 of 201 pages were read."]


async def test_a_very_long_text_is_cut_with_a_notice(loopback: Loopback, sources: Sources) -> None:
    """A page may be larger than what the later stages take."""
    loopback.page("/", "word " * 60_000, "text/plain")
    report = await ingest(by_url(loopback.url("/")), sources)
    assert len(report.text) == 250_000
    assert [notice.code for notice in report.notices] == ["InputTruncated"]


@pytest.mark.parametrize(
    "url", ["http://inside.example/", "http://127.0.0.1/", "http://169.254.169.254/", "http://[::1]/"]
)
async def test_a_private_address_is_refused(sources: Sources, url: str) -> None:
    """A caller cannot make the pipeline look inside, and the sentence tells no inner address."""
    failed = await failure(by_url(url), sources)
    assert failed.code == "InvalidUrl"
    assert "public" in failed.message
    assert "10.0.0.5" not in failed.message


async def test_the_databases_host_is_private_to_callers(loopback: Loopback, sources: Sources) -> None:
    """That the operator's database may be inside does not open it to callers."""
    loopback.page("/rest/json/cves/2.0", cve(), "application/json")
    assert (await failure(by_url(loopback.url("/rest/json/cves/2.0", "nvd.example")), sources)).code == "InvalidUrl"
    assert loopback.asked == []


async def test_a_redirect_to_a_private_address_is_refused(loopback: Loopback, sources: Sources) -> None:
    """A permitted page cannot redirect inside."""
    loopback.page("/", status=302, Location="http://inside.example/admin")
    assert (await failure(by_url(loopback.url("/")), sources)).code == "InvalidUrl"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"body": b"x" * 6_000_000}, "InputTooLarge"),
        ({"body": b"\x7fELF\x02\x01\x01\0\0", "content_type": "application/octet-stream"}, "InvalidInputType"),
        ({"body": b"%PDF-1.4 nothing else", "content_type": "application/pdf"}, "InvalidInputType"),
        ({"body": b"<html><body><img src=x></body></html>"}, "ValidationError"),
        ({"body": b""}, "ValidationError"),
        ({"status": 404}, "NotFound"),
        ({"status": 500}, "PipelineFailed"),
    ],
)
async def test_what_cannot_be_read_has_its_code(
    loopback: Loopback, sources: Sources, answer: dict[str, Any], code: str
) -> None:
    """Too large, a binary, a broken PDF, an empty page, missing, in trouble: each a documented code and a sentence."""
    loopback.page("/", **answer)
    failed = await failure(by_url(loopback.url("/")), sources)
    assert failed.code == code
    assert failed.message.endswith((".", ". Try again later."))


async def test_reading_is_bounded_in_time(
    loopback: Loopback, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page over which a worker broods ends the execution with a sentence."""

    async def brooding(_function: Callable[..., Any], *_arguments: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(stage, "READING_SECONDS", 0.05)
    loopback.page("/", PAGE)
    slow = Sources(pages=sources.pages, records=sources.records, run=brooding)
    failed = await failure(by_url(loopback.url("/")), slow)
    assert (failed.code, "was not read" in failed.message) == ("PipelineFailed", True)


async def test_reading_can_happen_in_another_process(loopback: Loopback, sources: Sources) -> None:
    """Everything that crosses to a worker and back can be pickled, failures too."""
    loopback.page("/", PAGE)
    loopback.page("/broken.pdf", b"%PDF-1.4 nothing else", "application/pdf")
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:

        async def run(function: Callable[..., Any], *arguments: Any) -> Any:
            return await asyncio.get_running_loop().run_in_executor(pool, function, *arguments)

        remote = Sources(pages=sources.pages, records=sources.records, run=run)
        assert (await ingest(by_url(loopback.url("/")), remote)).title == "Field report"
        failed = await failure(by_url(loopback.url("/broken.pdf")), remote)
    assert failed.code == "InvalidInputType"
    assert pickle.loads(pickle.dumps(failed)).message == failed.message


async def test_a_cve_becomes_its_record_and_two_references(loopback: Loopback, sources: Sources) -> None:
    """The record comes first, then at most two pages from the hosts that are followed."""
    loopback.page("/a", PAGE.replace("PsExec", "WMI"))
    loopback.page("/b", "Proof of concept", "text/plain")
    loopback.page("/c", "Never read", "text/plain")
    references = [
        "https://blog.example/x",
        "not a url",
        loopback.url("/a", "github.com"),
        loopback.url("/b", "www.cisa.gov"),
        loopback.url("/c", "aws.amazon.com"),
    ]
    loopback.page("/rest/json/cves/2.0", cve(*references), "application/json")
    report = await ingest(BY_CVE, sources)
    assert report.text.startswith("CVE-2031-12345\n\nA flaw lets a remote attacker execute arbitrary code.")
    assert report.text.index("with WMI") < report.text.index("Proof of concept")
    assert "Never read" not in report.text
    assert (report.title, report.source) == ("CVE-2031-12345", "https://nvd.nist.gov/vuln/detail/CVE-2031-12345")
    assert report.notices == ()


async def test_a_reference_that_fails_is_a_notice(loopback: Loopback, sources: Sources) -> None:
    """A missing page, one of over 500 KB: the record alone is enough to go on."""
    loopback.page("/large", b"x" * 500_001, "text/plain")
    missing, large = loopback.url("/missing", "github.com"), loopback.url("/large", "github.com")
    loopback.page("/rest/json/cves/2.0", cve(missing, large), "application/json")
    report = await ingest(BY_CVE, sources)
    assert report.text.endswith("execute arbitrary code.")
    assert [notice.code for notice in report.notices] == ["ReferenceUnavailable", "ReferenceUnavailable"]
    assert "500 KB" in report.notices[1].message


async def test_a_reference_may_not_lead_away(loopback: Loopback, sources: Sources) -> None:
    """A redirect off the list of hosts is not followed, although the host is public."""
    loopback.page("/", status=302, Location=loopback.url("/elsewhere"))
    loopback.page("/elsewhere", "Never read", "text/plain")
    loopback.page("/rest/json/cves/2.0", cve(loopback.url("/", "github.com")), "application/json")
    report = await ingest(BY_CVE, sources)
    assert "Never read" not in report.text
    assert [notice.code for notice in report.notices] == ["ReferenceUnavailable"]


async def test_a_withdrawn_cve_is_noticed(loopback: Loopback, sources: Sources) -> None:
    """A rejected record is read, with a warning."""
    loopback.page("/rest/json/cves/2.0", cve(status="Rejected"), "application/json")
    report = await ingest(BY_CVE, sources)
    assert report.notices == (Notice(code="CveRejected", severity="warning", message="CVE-2031-12345 was withdrawn."),)


async def test_a_cve_that_does_not_exist_fails(loopback: Loopback, sources: Sources) -> None:
    """An unknown number is told as such."""
    loopback.page("/rest/json/cves/2.0", '{"totalResults": 0, "vulnerabilities": []}', "application/json")
    failed = await failure(BY_CVE, sources)
    assert (failed.code, "CVE-2031-12345" in failed.message) == ("NotFound", True)


async def test_a_database_that_is_down_fails(loopback: Loopback, sources: Sources) -> None:
    """Without the database there is no record."""
    await loopback.stop()
    failed = await failure(BY_CVE, sources)
    assert (failed.code, "NVD" in failed.message) == ("PipelineFailed", True)


async def test_a_request_without_its_input_fails(sources: Sources) -> None:
    """A request that was never validated is not guessed at."""
    assert (await failure(GenerateRequest(input_type=InputType.URL), sources)).code == "ValidationError"
