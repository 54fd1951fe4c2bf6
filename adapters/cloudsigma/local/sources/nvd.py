"""The record of a CVE from the National Vulnerability Database, by its JSON API 2.0."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx
import msgspec

from adapters.cloudsigma.local.failure import PipelineFailure
from adapters.cloudsigma.local.sources.fetch import Limits, fetch

DEFAULT_BASE = "https://services.nvd.nist.gov"
MAX_PRODUCTS = 20
_CPE_SEPARATOR = re.compile(r"(?<!\\):")
_TELLING_TAGS = frozenset({"Exploit", "Technical Description", "Third Party Advisory", "Vendor Advisory"})
_LIMITS = Limits(redirects=0)


@dataclass(frozen=True)
class Nvd:
    """Where the database is asked, and with which key; without one it answers five requests in half a minute."""

    base: str = DEFAULT_BASE
    api_key: str | None = field(default=None, repr=False)


class NvdStruct(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of the API's shapes: camelCase, every field optional."""


class LocalisedText(NvdStruct, frozen=True, kw_only=True):
    """A text in one language."""

    lang: str = ""
    value: str = ""


class Weakness(NvdStruct, frozen=True, kw_only=True):
    """A CWE id, as a text in a language."""

    description: tuple[LocalisedText, ...] = ()


class CvssData(NvdStruct, frozen=True, kw_only=True):
    """One scoring of the vulnerability."""

    version: str = ""
    vector_string: str = ""
    base_score: float | None = None
    base_severity: str | None = None


class CvssMetric(NvdStruct, frozen=True, kw_only=True):
    """A scoring, with the severity where version 2 keeps it."""

    cvss_data: CvssData = CvssData()
    base_severity: str | None = None


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """Scorings by version of CVSS."""

    v4: tuple[CvssMetric, ...] = msgspec.field(name="cvssMetricV40", default=())
    v31: tuple[CvssMetric, ...] = msgspec.field(name="cvssMetricV31", default=())
    v30: tuple[CvssMetric, ...] = msgspec.field(name="cvssMetricV30", default=())
    v2: tuple[CvssMetric, ...] = msgspec.field(name="cvssMetricV2", default=())

    def newest(self) -> CvssMetric | None:
        """Give the first scoring by the newest version there is."""
        return next((metric for metrics in (self.v4, self.v31, self.v30, self.v2) for metric in metrics), None)


class CpeMatch(NvdStruct, frozen=True, kw_only=True):
    """A product in CPE 2.3 notation."""

    vulnerable: bool = True
    criteria: str = ""


class Node(NvdStruct, frozen=True, kw_only=True):
    """Products that are alternatives to each other."""

    cpe_match: tuple[CpeMatch, ...] = ()


class Configuration(NvdStruct, frozen=True, kw_only=True):
    """A combination of products that is affected."""

    nodes: tuple[Node, ...] = ()


class Reference(NvdStruct, frozen=True, kw_only=True):
    """A page about the vulnerability."""

    url: str = ""
    tags: tuple[str, ...] = ()


class Cve(NvdStruct, frozen=True, kw_only=True):
    """The record itself; `vuln_status` is `Rejected` for an id that was withdrawn."""

    id: str
    vuln_status: str = ""
    descriptions: tuple[LocalisedText, ...] = ()
    metrics: Metrics = Metrics()
    weaknesses: tuple[Weakness, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    references: tuple[Reference, ...] = ()

    def text(self) -> str:
        """Put the record into sentences: description, severity, weaknesses, affected products."""
        parts = (_english(self.descriptions), self._severity(), self._weaknesses(), self._products())
        return "\n\n".join(part for part in parts if part)

    def urls(self) -> tuple[str, ...]:
        """List the references without repeats, those that tell most first."""
        telling_first = sorted(self.references, key=lambda reference: _TELLING_TAGS.isdisjoint(reference.tags))
        return tuple(dict.fromkeys(reference.url for reference in telling_first))

    def _severity(self) -> str:
        metric = self.metrics.newest()
        if metric is None or metric.cvss_data.base_score is None:
            return ""
        data = metric.cvss_data
        severity = data.base_severity or metric.base_severity or "unrated"
        return f"CVSS {data.version} base score {data.base_score:g} ({severity.lower()}), vector {data.vector_string}."

    def _weaknesses(self) -> str:
        found = dict.fromkeys(_english(weakness.description) for weakness in self.weaknesses)
        ids = [name for name in found if name.startswith("CWE-")]
        return f"Weakness: {', '.join(ids)}." if ids else ""

    def _products(self) -> str:
        matches = (match for part in self.configurations for node in part.nodes for match in node.cpe_match)
        names = dict.fromkeys(_product(match.criteria) for match in matches if match.vulnerable)
        shown = [name for name in names if name][:MAX_PRODUCTS]
        return f"Affected products: {', '.join(shown)}." if shown else ""


class _Item(NvdStruct, frozen=True, kw_only=True):
    cve: Cve


class _Answer(NvdStruct, frozen=True, kw_only=True):
    vulnerabilities: tuple[_Item, ...] = ()


def _english(texts: tuple[LocalisedText, ...]) -> str:
    return next((text.value.strip() for text in texts if text.lang.startswith("en")), "")


def _product(criteria: str) -> str:
    match [part.replace("\\", "").replace("_", " ") for part in _CPE_SEPARATOR.split(criteria)]:
        case ["cpe", "2.3", _, vendor, product, *_]:
            return product if product.startswith(vendor) else f"{vendor} {product}"
        case _:
            return ""


async def record(client: httpx.AsyncClient, cve_id: str, nvd: Nvd) -> Cve:
    """Look a CVE up; raises `PipelineFailure` when it is unknown or the database gives no usable answer."""
    url = f"{nvd.base.rstrip('/')}/rest/json/cves/2.0?cveId={cve_id}"
    headers = {"Accept": "application/json"} | ({"apiKey": nvd.api_key} if nvd.api_key else {})
    try:
        fetched = await fetch(client, url, limits=_LIMITS, headers=headers)
        answer = msgspec.json.decode(fetched.body, type=_Answer)
    except (PipelineFailure, msgspec.DecodeError) as error:
        if isinstance(error, PipelineFailure) and error.code == "NotFound":
            raise _unknown(cve_id) from error
        raise PipelineFailure(
            "PipelineFailed",
            "The vulnerability database (NVD) gave no usable answer. Try again in a minute, or paste an advisory.",
        ) from error
    found = next((item.cve for item in answer.vulnerabilities if item.cve.id == cve_id), None)
    if found is None:
        raise _unknown(cve_id)
    return found


def _unknown(cve_id: str) -> PipelineFailure:
    return PipelineFailure(
        "NotFound",
        f"The vulnerability database (NVD) has no {cve_id}. Check the number; new ones may take days to appear.",
    )
