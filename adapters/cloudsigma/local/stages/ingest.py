"""Stage 1, ingest: from a URL, a CVE id or a text to the text of a report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.material import Report
from adapters.cloudsigma.local.sources import nvd, page, pdf
from adapters.cloudsigma.local.sources.fetch import Fetched, Kind, Limits, fetch
from adapters.cloudsigma.local.sources.nvd import Nvd
from adapters.cloudsigma.models import GenerateRequest, InputType, Notice
from adapters.http.public import Resolver, port_of, public_client, resolve

Run = Callable[..., Awaitable[Any]]
"""Runs a plain function with arguments off the event loop, in a thread or another process."""

MAX_CHARACTERS = 250_000
READING_SECONDS = 60.0
"""For a page's text, the wait for a free worker included."""
MAX_REFERENCES = 2
REFERENCE_LIMITS = Limits(size=500_000)
REFERENCE_HOSTS = frozenset(
    {
        "nvd.nist.gov",
        "cve.mitre.org",
        "www.cisa.gov",
        "github.com",
        "msrc.microsoft.com",
        "access.redhat.com",
        "security.googleblog.com",
        "aws.amazon.com",
        "cloud.google.com",
    }
)

_LINE_ENDS = str.maketrans({"\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0), 0xFEFF) if chr(code) not in "\t\n"}


@dataclass(frozen=True)
class Sources:
    """Ingest's collaborators: `pages` fetches what callers name, `records` only asks the configured database."""

    pages: httpx.AsyncClient
    records: httpx.AsyncClient
    nvd: Nvd = field(default_factory=Nvd)
    run: Run = asyncio.to_thread


@asynccontextmanager
async def open_sources(
    database: Nvd | None = None,
    *,
    run: Run = asyncio.to_thread,
    allowed: frozenset[str] = frozenset(),
    resolver: Resolver = resolve,
) -> AsyncIterator[Sources]:
    """Build guarded clients for the running event loop and close them at the end.

    `allowed` are `host:port` pairs that callers may name although they are private; the database's own is always
    permitted, but to the database client alone.
    """
    database = database or Nvd()
    base = httpx.URL(database.base)
    own = frozenset({f"{base.raw_host.decode()}:{port_of(base)}"})
    async with (
        public_client(allowed=allowed, resolver=resolver) as pages,
        public_client(allowed=own, resolver=resolver) as records,
    ):
        yield Sources(pages=pages, records=records, nvd=database, run=run)


async def ingest(request: GenerateRequest, sources: Sources) -> Report:
    """Get the report's text; raises `PipelineFailure` with a documented code and what to do about it."""
    match request:
        case GenerateRequest(input_type=InputType.URL, url=str(url)):
            return await _from_url(url, sources)
        case GenerateRequest(input_type=InputType.CVE, cve_id=str(cve_id)):
            return await _from_cve(cve_id, sources)
        case GenerateRequest(input_type=InputType.TEXT, text=str(text)):
            return _report(text)
        case _:
            raise PipelineFailure("ValidationError", f"No {request.input_type.value} was given.")


def clean(text: str) -> str:
    """Unify line ends and drop control characters and what cannot be written as UTF-8."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_ENDS)
    return unified.translate(_CONTROLS).encode(errors="ignore").decode().strip()


def _report(text: str, title: str | None = None, source: str | None = None, notices: tuple[Notice, ...] = ()) -> Report:
    cleaned = clean(text)
    if not cleaned:
        raise PipelineFailure("ValidationError", "There is no readable text in the input. Paste the report's text.")
    if len(cleaned) > MAX_CHARACTERS:
        notices += (_truncated(f"Only the first {MAX_CHARACTERS:,} of {len(cleaned):,} characters were read."),)
    title = clean(title) if title else None
    return Report(text=cleaned[:MAX_CHARACTERS], title=title or None, source=source, notices=notices)


async def _from_url(url: str, sources: Sources) -> Report:
    return await _read(await fetch(sources.pages, url), sources.run)


async def _read(fetched: Fetched, run: Run) -> Report:
    try:
        async with asyncio.timeout(READING_SECONDS):
            return await _readers[fetched.kind](fetched, run)
    except TimeoutError:
        raise PipelineFailure(
            "PipelineFailed", f"The page was not read within {READING_SECONDS:g} seconds. Try again, or paste its text."
        ) from None


async def _read_text(fetched: Fetched, run: Run) -> Report:
    return _report(await run(page.decoded, fetched.body, fetched.charset), source=fetched.url)


async def _read_html(fetched: Fetched, run: Run) -> Report:
    found = await run(page.readable, fetched.body, fetched.charset, fetched.url)
    return _report(found.text, found.title, fetched.url)


async def _read_pdf(fetched: Fetched, run: Run) -> Report:
    found = await run(pdf.document, fetched.body)
    notices: tuple[Notice, ...] = ()
    if found.pages_read < found.pages:
        notices = (_truncated(f"Only the first {found.pages_read} of {found.pages} pages were read."),)
    return _report(found.text, found.title, fetched.url, notices)


_readers = {Kind.TEXT: _read_text, Kind.HTML: _read_html, Kind.PDF: _read_pdf}


async def _from_cve(cve_id: str, sources: Sources) -> Report:
    cve = await nvd.record(sources.records, cve_id, sources.nvd)
    urls = [url for url in cve.urls() if _is_followed(url)][:MAX_REFERENCES]
    followed = await asyncio.gather(*(_reference(url, sources) for url in urls))
    texts = [f"{cve.id}\n\n{cve.text()}", *(part.text for part in followed if isinstance(part, Report))]
    notices = [notice for part in followed for notice in ((part,) if isinstance(part, Notice) else part.notices)]
    if cve.vuln_status == "Rejected":
        notices.append(Notice(code="CveRejected", severity="warning", message=f"{cve.id} was withdrawn."))
    return _report("\n\n".join(texts), cve.id, f"https://nvd.nist.gov/vuln/detail/{cve.id}", tuple(notices))


def _is_followed(url: str) -> bool:
    try:
        return httpx.URL(url).host in REFERENCE_HOSTS
    except httpx.InvalidURL:
        return False


async def _reference(url: str, sources: Sources) -> Report | Notice:
    try:
        fetched = await fetch(sources.pages, url, limits=REFERENCE_LIMITS, hosts=REFERENCE_HOSTS)
        return await _read(fetched, sources.run)
    except PipelineFailure as failure:
        return Notice(code="ReferenceUnavailable", message=f"The reference {url} was left out: {failure.message}")


def _truncated(message: str) -> Notice:
    return Notice(code="InputTruncated", severity="warning", message=message)
