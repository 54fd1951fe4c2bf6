"""Scans as SARIF 2.1.0, the format that code hosts show findings from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import msgspec

from adapters.confidence import Confidence
from adapters.sigil.models import Finding, Scan, Severity

KNOWN_THREAT = "known-threat"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
SECURITY_SEVERITY = {
    Severity.INFO: "0.0",
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}


class SarifStruct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of SARIF's shapes."""


class Text(SarifStruct, frozen=True, kw_only=True):
    """A message."""

    text: str


class Rule(SarifStruct, frozen=True, kw_only=True):
    """A reportingDescriptor."""

    id: str
    short_description: Text
    properties: dict[str, str | list[str]]


class Region(SarifStruct, frozen=True, kw_only=True):
    """Where in a file."""

    start_line: int
    snippet: Text | None = None


class Artifact(SarifStruct, frozen=True, kw_only=True):
    """An artifactLocation."""

    uri: str


class PhysicalLocation(SarifStruct, frozen=True, kw_only=True):
    """A file, and where in it."""

    artifact_location: Artifact
    region: Region | None = None


class Location(SarifStruct, frozen=True, kw_only=True):
    """A location."""

    physical_location: PhysicalLocation


class Result(SarifStruct, frozen=True, kw_only=True):
    """A finding."""

    rule_id: str
    level: str
    message: Text
    locations: list[Location]
    partial_fingerprints: dict[str, str]


class Notification(SarifStruct, frozen=True, kw_only=True):
    """What went wrong in the run itself."""

    level: str
    message: Text


def sarif_of(scans: Sequence[Scan]) -> bytes:
    """Write scans as one SARIF run: files below the path that was scanned, or below their package's name."""
    found = [(scan, name, finding) for scan in scans for name, finding in _findings(scan)]
    rules = {finding.rule: _rule(name, finding) for _, name, finding in sorted(found, key=_gravity)}
    driver = {"name": "trigraph", "version": version("trigraph"), "rules": list(rules.values())}
    failures = [
        Notification(level="error", message=_message(f"{scan.target}: {scan.error.message}"))
        for scan in scans
        if scan.error is not None
    ]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not failures, "toolExecutionNotifications": failures}],
        "results": [_result(scan, finding) for scan, _, finding in found],
        "columnKind": "unicodeCodePoints",
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _findings(scan: Scan) -> Iterator[tuple[str, Finding]]:
    """Yield the findings with their phases' names; that the package is known to be malicious is one, too."""
    for threat in scan.known_threats:
        yield (
            "known_threats",
            Finding(
                rule=KNOWN_THREAT,
                severity=Severity.CRITICAL,
                confidence=Confidence.HIGH,
                file="package.json" if scan.target.startswith("npm:") else "",
                description=f"The package is known to be malicious: {threat}",
            ),
        )
    for name, phase in scan.phases.items():
        for finding in phase.findings:
            yield name.value, finding


def _gravity(found: tuple[Scan, str, Finding]) -> int:
    return list(Severity).index(found[2].severity)


def _rule(name: str, finding: Finding) -> Rule:
    said = "The package is known to be malicious." if finding.rule == KNOWN_THREAT else finding.description
    return Rule(
        id=finding.rule,
        short_description=_message(said),
        properties={
            "tags": ["security", "supply-chain", name],
            "security-severity": SECURITY_SEVERITY[finding.severity],
        },
    )


def _result(scan: Scan, finding: Finding) -> Result:
    package = f"{scan.package_name}@{scan.package_version}" if scan.package_version else scan.target
    snippet = Text(text=finding.snippet) if finding.snippet else None
    region = Region(start_line=finding.line, snippet=snippet) if finding.line else None
    place = PhysicalLocation(artifact_location=Artifact(uri=_uri(scan, finding)), region=region)
    identity = f"{scan.ecosystem}:{scan.package_name}\0{finding.rule}\0{finding.file}\0{finding.snippet}"
    return Result(
        rule_id=finding.rule,
        level=LEVELS[finding.severity],
        message=_message(f"{package}: {finding.description}"),
        locations=[Location(physical_location=place)],
        partial_fingerprints={"finding/v1": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()},
    )


def _uri(scan: Scan, finding: Finding) -> str:
    """Name a file below the folder or archive that was scanned, or below `npm/NAME@VERSION`."""
    if scan.target.startswith("file:"):
        folder = scan.target.removeprefix("file:")
    else:
        folder = f"{scan.ecosystem}/{scan.package_name}@{scan.package_version}"
    return quote(str(PurePosixPath(Path(folder).as_posix()) / finding.file), errors="replace")


def _message(text: str) -> Text:
    """Write plain text: brackets would be read as links."""
    return Text(text=text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]"))
