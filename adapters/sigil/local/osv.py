"""Reads reports of malicious packages in the OSV format, in the layout of the OpenSSF's malicious-packages."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from adapters.http.rows import UNREADABLE
from adapters.sigil.models import Severity, Threat

LARGEST_REPORT = 4 * 1024 * 1024
DESCRIPTION_LENGTH = 4000
ECOSYSTEMS = {"npm": "npm", "PyPI": "pypi"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UnreadableReport(Exception):
    """A file that should hold an OSV report does not; the message names the file and what is wrong."""


class _Package(msgspec.Struct, frozen=True):
    ecosystem: str = ""
    name: str = ""


class _Event(msgspec.Struct, frozen=True):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None


class _Range(msgspec.Struct, frozen=True):
    type: str = ""
    events: list[_Event] = []


class _Affected(msgspec.Struct, frozen=True):
    package: _Package = _Package()
    versions: list[str] = []
    ranges: list[_Range] = []


class _Reference(msgspec.Struct, frozen=True):
    url: str = ""


class Report(msgspec.Struct, frozen=True):
    """An OSV report, as far as it is of use here."""

    id: str
    summary: str = ""
    details: str = ""
    published: datetime | None = None
    modified: datetime | None = None
    withdrawn: datetime | None = None
    affected: list[_Affected] = []
    references: list[_Reference] = []
    database_specific: dict[str, Any] = {}

    def threats(self) -> list[Threat]:
        """Give a threat for each package of npm or PyPI that the report names, however often it does."""
        named: dict[tuple[str, str], list[_Affected]] = {}
        for affected in self.affected:
            if ecosystem := ECOSYSTEMS.get(affected.package.ecosystem):
                name = affected.package.name
                key = ecosystem, name if ecosystem == "npm" else canonicalize_name(name)
                named.setdefault(key, []).append(affected)
        return [self._threat(*package, affected, alone=len(named) == 1) for package, affected in named.items()]

    def _threat(self, ecosystem: str, name: str, affected: Sequence[_Affected], *, alone: bool) -> Threat:
        text = "\n\n".join(part for part in (self.summary, self.details) if part)
        return Threat(
            id=self.id if alone else f"{self.id}:{ecosystem}:{name}",
            package_name=name,
            ecosystem=ecosystem,
            versions=_versions(affected, ecosystem),
            threat_type="malicious_package" if self.id.startswith("MAL-") else "vulnerability",
            severity=_severity(self),
            description=text[:DESCRIPTION_LENGTH] or self.id,
            indicators=_indicators(self.database_specific.get("iocs")),
            references=tuple(reference.url for reference in self.references if reference.url),
            reported_at=self.published or self.modified or EPOCH,
            source="osv",
        )


def read_reports(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each JSON report in a file, a folder (as deep as it goes), a zip or a tar."""
    if path.is_dir():
        for found in sorted(path.rglob("*.json")):
            yield str(found), found.read_bytes()[: LARGEST_REPORT + 1]
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.filename.endswith(".json"):
                    with archive.open(entry) as opened:
                        yield entry.filename, opened.read(LARGEST_REPORT + 1)
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            for member in tar:
                opened_member = tar.extractfile(member) if member.name.endswith(".json") else None
                if opened_member is not None:
                    yield member.name, opened_member.read(LARGEST_REPORT + 1)
    else:
        yield str(path), path.read_bytes()[: LARGEST_REPORT + 1]


def read_report(name: str, data: bytes) -> Report:
    """Decode a report; raises UnreadableReport."""
    if len(data) > LARGEST_REPORT:
        raise UnreadableReport(f"{name} is larger than {LARGEST_REPORT} bytes")
    try:
        return msgspec.json.decode(data, type=Report)
    except UNREADABLE as error:
        raise UnreadableReport(f"{name} is no OSV report: {error}") from None


def _versions(affected: Sequence[_Affected], ecosystem: str) -> tuple[str, ...]:
    """List versions, and ranges as expressions of the ecosystem; nothing where a range or an entry bounds nothing."""
    separator = " " if ecosystem == "npm" else ","
    listed: list[str] = []
    for each in affected:
        expressions = [separator.join(bounds) for span in each.ranges for bounds in _intervals(span)]
        if "" in expressions or not (each.versions or expressions):
            return ()
        listed += [*each.versions, *expressions]
    return tuple(dict.fromkeys(listed))


def _intervals(span: _Range) -> Iterator[list[str]]:
    """Give the bounds of each interval of a range: it begins where something was introduced, and may end."""
    if span.type not in ("SEMVER", "ECOSYSTEM"):
        return
    bounds: list[str] | None = None
    for event in span.events:
        if event.introduced is not None:
            if bounds is not None:
                yield bounds
            bounds = [] if event.introduced == "0" else [f">={event.introduced}"]
        end = f"<{event.fixed}" if event.fixed else f"<={event.last_affected}" if event.last_affected else None
        if end and bounds is not None:
            yield [*bounds, end]
            bounds = None
    if bounds is not None:
        yield bounds


def _severity(report: Report) -> Severity:
    said = str(report.database_specific.get("severity", "")).lower()
    said = {"moderate": "medium"}.get(said, said)
    return Severity(said) if said in set(Severity) else Severity.CRITICAL


def _indicators(iocs: Any) -> tuple[str, ...]:
    """Flatten lists of domains, addresses, URLs and hashes."""
    if not isinstance(iocs, dict):
        return ()
    values = (value for found in iocs.values() if isinstance(found, list) for value in found)
    return tuple(value for value in values if isinstance(value, str))[:100]
