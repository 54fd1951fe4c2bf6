"""Scans as SARIF 2.1.0, the format that code hosts show findings from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import PurePosixPath
from urllib.parse import quote

import msgspec

from adapters.sigil.models import Finding, PhaseName, Scan, Severity

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


def sarif_of(scans: Sequence[Scan], folder: str = "") -> bytes:
    """Write completed scans as one SARIF run; files are named below `folder`, or below their package's name."""
    found = [(scan, name, finding) for scan in scans for name in scan.phases for finding in scan.phases[name].findings]
    rules = {finding.rule: _rule(name, finding) for _, name, finding in found}
    driver = {
        "name": "trigraph",
        "version": version("trigraph"),
        "rules": list(rules.values()),
    }
    results = [_result(scan, finding, folder) for scan, _, finding in found]
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _rule(name: PhaseName, finding: Finding) -> Rule:
    tags = ["security", "supply-chain", name.value]
    return Rule(
        id=finding.rule,
        short_description=Text(text=finding.description),
        properties={"tags": tags, "security-severity": SECURITY_SEVERITY[finding.severity]},
    )


def _result(scan: Scan, finding: Finding, folder: str) -> Result:
    package = scan.target if folder else f"{scan.package_name}@{scan.package_version}"
    path = PurePosixPath(folder or f"{scan.ecosystem}/{package}") / finding.file
    snippet = Text(text=finding.snippet) if finding.snippet else None
    region = Region(start_line=finding.line, snippet=snippet) if finding.line else None
    identity = f"{package}\0{finding.rule}\0{finding.file}\0{finding.snippet}"
    return Result(
        rule_id=finding.rule,
        level=LEVELS[finding.severity],
        message=Text(text=f"{package}: {finding.description}"),
        locations=[
            Location(
                physical_location=PhysicalLocation(artifact_location=Artifact(uri=quote(str(path))), region=region)
            )
        ],
        partial_fingerprints={"finding/v1": hashlib.sha256(identity.encode()).hexdigest()},
    )
